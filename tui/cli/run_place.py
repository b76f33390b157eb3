"""Where a run's daemon is: the one that is up, or one inside this process; and what happens when it goes."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from runner.endpoint import DaemonUnreachable
from runner.home import Home, HomeLocked
from runner.launch import answers
from runner.supervisor.early_fork import dismiss, fork_early
from tui.cli.garbage import look_again, put_off
from tui.cli.run_follow import Outcome, RunFollower
from tui.cli.terminal import say

if TYPE_CHECKING:
    from runner.client import Client
    from runner.near_client import NearClient

_CONNECT_SECONDS = 20.0
_RETURN_SECONDS = 5.0
_STEP_SECONDS = 0.05
_GOES_ON = "the job goes on from its last checkpoint when the next daemon starts: flowdeck up"


def prepare(home: Home) -> None:
    """Begin what takes a while and is needed if no daemon is up, before the job file is read. For a process that does nothing
    but this, before anything else."""
    put_off()
    with contextlib.suppress(OSError):  # what is wrong with the home is said when it is used
        if home.holder() is None:
            fork_early()


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
        look_again()
        dismiss()  # who has a daemon needs no fork server
        if (connected := _connect(home)) is None:
            continue
        with connected as client:
            embedded = client.status().embedded
            try:
                return follower.follow(client)
            except DaemonUnreachable as error:
                if not embedded and not _is_succeeded(home):
                    error.hint = _GOES_ON
                    raise


def _follow_embedded(home: Home, follower: RunFollower) -> Outcome:
    from runner.daemon import EmbeddedDaemon  # a whole daemon: imported only when there is none yet

    def work(client: NearClient) -> Outcome:
        look_again(seldom=True)
        try:
            outcome = follower.follow(client)
        except DaemonUnreachable as error:  # somebody shut this process's daemon down
            error.hint = _GOES_ON
            raise
        _tell_others(client)
        return outcome

    return EmbeddedDaemon(home).run(work)


def _tell_others(client: NearClient) -> None:
    """Jobs that others started in this process's daemon end with it."""
    running = client.status().running
    if running:
        jobs = "1 other job" if running == 1 else f"{running} other jobs"
        say(f"{jobs} of this home will go on when the next daemon starts (flowdeck up)")


def _connect(home: Home) -> Client | None:
    """A client of the daemon that holds the home, which may be starting; None when nobody holds the home any more."""
    from runner.client import Client  # what speaks HTTP: imported only when there is a daemon to speak to

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


def _is_succeeded(home: Home) -> bool:
    """Whether a daemon answers (again) soon after the one before has ended, which may take a while."""
    ending = time.monotonic() + _CONNECT_SECONDS
    while home.holder() is not None and not answers(home) and time.monotonic() < ending:
        time.sleep(_STEP_SECONDS)
    returning = time.monotonic() + _RETURN_SECONDS
    while not answers(home):
        if time.monotonic() > returning:
            return False
        time.sleep(_STEP_SECONDS)
    return True
