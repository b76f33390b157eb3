"""Carrying a wish out: one request, and when its reply is lost, one question instead of a second request."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from runner.client import ApiError, Client
from runner.operation import Operation
from spec.errors import FlowdeckError
from tui.actions.wish import Wish
from tui.data.clean import clean_lines
from tui.data.daemon import FAILURES, ReadOnly

_NEVER_SENT = (FileNotFoundError, ConnectionRefusedError)
_SKEW = 1.0
"""Seconds that the daemon's clock may be behind."""


class Outcome(msgspec.Struct, frozen=True):
    """What to tell the person. ``done`` False: it did not happen (or nobody knows), ``message`` and ``hint`` say why.
    ``operation``: it has begun, and this is what will tell how it ends."""

    title: str
    message: str
    hint: str = ""
    done: bool = True
    operation: Operation | None = None


Work = Callable[[Client], Outcome]


def carry_out(wish: Wish) -> Work:
    """The request for ``wish``, with its failures in words. A refusal is final; after a lost reply the daemon is asked what
    became of it."""

    def work(daemon: Client) -> Outcome:
        try:
            return begun(wish, wish.begin(daemon))
        except FAILURES as error:
            if isinstance(error, ApiError | ReadOnly) or isinstance(error.__cause__, _NEVER_SENT):
                return refused(wish, error)
            return _look(wish, daemon, clean_lines(str(error)))

    return work


def begun(wish: Wish, operation: Operation | None) -> Outcome:
    """It was taken; without an operation it is done."""
    title = f"{wish.verb.capitalize()} of {wish.target.name}"
    return Outcome(title, "asked for" if operation else "done", operation=operation)


def refused(wish: Wish, error: BaseException) -> Outcome:
    """It was certainly not done."""
    hint = clean_lines(error.hint) if isinstance(error, FlowdeckError) else ""
    return Outcome(f"No {wish.verb} of {wish.target.name}", clean_lines(str(error)), hint, done=False)


def _look(wish: Wish, daemon: Client, lost: str) -> Outcome:
    """What became of a request that was not answered."""
    try:
        operation = None if wish.is_done_at_once else _newest(wish, daemon)
        happened = operation is not None or (wish.is_done_at_once and wish.has_happened(daemon))
    except FAILURES as error:
        message = f"The reply was lost ({lost}). The daemon does not say either: {clean_lines(str(error))}"
        return Outcome(f"Nobody knows whether the {wish.verb} of {wish.target.name} happened", message, done=False)
    if happened:
        title = f"{wish.verb.capitalize()} of {wish.target.name}"
        return Outcome(title, "The reply was lost, but it was taken.", operation=operation)
    message = "The reply was lost. The daemon shows no sign of it: the job is as it was."
    return Outcome(f"No {wish.verb} of {wish.target.name}", message, done=False)


def _newest(wish: Wish, daemon: Client) -> Operation | None:
    """The operation that the wish has become, if the daemon has one that began after the key was pressed."""
    found = daemon.operations(job=wish.target.job_id, kind=wish.verb.value, limit=1).operations
    return next((one for one in found if one.started_at >= wish.target.at - _SKEW), None)
