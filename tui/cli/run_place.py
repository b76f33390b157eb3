"""Where a run's daemon is: the one that is up, or one inside this process; and what happens when it goes."""

from __future__ import annotations

import time

from runner.client import Client, DaemonUnreachable
from runner.home import Home, HomeLocked
from tui.cli.run_follow import Outcome, RunFollower
from tui.cli.terminal import say

_CONNECT_SECONDS = 20.0
_RETURN_SECONDS = 5.0
_STEP_SECONDS = 0.05


def follow_anywhere(home: Home, follower: RunFollower) -> Outcome:
    """Follow the run through the daemon that is up, or with one inside this process.

    A daemon that is part of another ``flowdeck run`` ends with that: then the run goes on in this process. An ordinary daemon
    that goes has five seconds to be followed by another. Raises what starting a daemon and :meth:`RunFollower.follow` raise.
    """
    while True:
        if home.holder() is None:
            try:
                return _follow_embedded(home, follower)
            except HomeLocked:  # somebody was faster: go through that one
                continue
        if (connected := _connect(home)) is None:
            continue
        with connected as client:
            embedded = client.status().embedded
            try:
                return follower.follow(client)
            except DaemonUnreachable as error:
                if home.holder() is not None:
                    raise  # it is there and does not answer: trying for ever would not help
                if not embedded and not _comes_back(home):
                    error.hint = "the job goes on from its last checkpoint when a daemon starts: flowdeck up"
                    raise


def _follow_embedded(home: Home, follower: RunFollower) -> Outcome:
    from runner.daemon import EmbeddedDaemon  # a whole daemon: imported only when there is none yet

    def work() -> Outcome:
        with Client.connect(home, start=False) as client:
            outcome = follower.follow(client)
            _tell_others(client)
            return outcome

    return EmbeddedDaemon(home).run(work)


def _tell_others(client: Client) -> None:
    """Jobs that others started in this process's daemon end with it."""
    running = client.status().running
    if running:
        say(f"{running} other jobs of this home pause now; flowdeck up goes on with them")


def _connect(home: Home) -> Client | None:
    """A client of the daemon that holds the home, which may be starting; None when nobody holds the home any more."""
    deadline = time.monotonic() + _CONNECT_SECONDS
    while True:
        try:
            return Client.connect(home, start=False)
        except DaemonUnreachable as error:
            if (holder := home.holder()) is None:
                return None
            if time.monotonic() > deadline:
                error.hint = f"process {holder} holds the home and does not answer"
                raise
            time.sleep(_STEP_SECONDS)


def _comes_back(home: Home) -> bool:
    deadline = time.monotonic() + _RETURN_SECONDS
    while home.holder() is None and time.monotonic() < deadline:
        time.sleep(_STEP_SECONDS)
    return home.holder() is not None
