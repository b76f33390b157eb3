"""What was asked for and has not come about yet: how far it is, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runner.client import ApiError, Client
from runner.operation import Operation, OperationOutcome
from tui.actions.wish import Wish
from tui.data.done import Done
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import duration, span

_MOST = 200
_LOOKS = 16
"""So many operations are asked for by their id in one look."""
_PATIENCE = 2.0
"""After so many times the usual time it is worth asking whether it is stuck."""


class Begun(msgspec.Struct, frozen=True):
    """A wish with the last that is known of its operation."""

    wish: Wish
    operation: Operation


class Seen(msgspec.Struct, frozen=True):
    """One look at the daemon: what is under way, whoever asked for it, and those of ours that are not any more."""

    under_way: tuple[Operation, ...]
    over: tuple[Operation, ...]


def look(ids: Sequence[str], daemon: Client) -> Seen:
    """Ask for the open operations, and for ours that are no longer among them. Raises what the client raises."""
    under_way = daemon.operations(is_open=True, limit=_MOST).operations
    known = {operation.id for operation in under_way}
    missing = [one for one in ids if one not in known][:_LOOKS]
    return Seen(under_way, tuple(found for one in missing if (found := _find(one, daemon)) is not None))


def _find(operation_id: str, daemon: Client) -> Operation | None:
    try:
        return daemon.operation(operation_id)
    except ApiError as error:
        if error.status != 404:
            raise
        return Operation(
            id=operation_id,
            kind="",
            phase="the daemon has forgotten it",
            started_at=0.0,
            finished_at=0.0,
            outcome=OperationOutcome.ABANDONED,
        )


class UnderWay:
    """The operations that this program has begun, and those of others that are open."""

    def __init__(self) -> None:
        self._mine: dict[str, Begun] = {}
        self._others: tuple[Operation, ...] = ()
        self.last_deleted: Wish | None = None
        """The deletion that can be taken back next, on whatever screen it was asked for."""

    def add(self, begun: Begun) -> None:
        """One more; of very many the oldest is no longer followed."""
        self._mine[begun.operation.id] = begun
        if len(self._mine) > _MOST:
            del self._mine[next(iter(self._mine))]

    @property
    def ids(self) -> tuple[str, ...]:
        """Those of ours."""
        return tuple(self._mine)

    def hear(self, seen: Seen, now: float) -> list[Done]:
        """Take in a look; returns those of ours that have ended."""
        for operation in seen.under_way:
            if operation.id in self._mine:
                self._mine[operation.id] = msgspec.structs.replace(self._mine[operation.id], operation=operation)
        self._others = tuple(one for one in seen.under_way if one.id not in self._mine)
        ended = [(self._mine.pop(one.id), one) for one in seen.over if one.finished_at is not None and one.id in self._mine]
        return [done_of(begun.wish, one, now) for begun, one in ended]

    def open(self) -> tuple[Operation, ...]:
        """Everything that is under way, the oldest first."""
        found = (*(one.operation for one in self._mine.values()), *self._others)
        return tuple(sorted(found, key=lambda one: one.started_at))


def done_of(wish: Wish, operation: Operation, now: float) -> Done:
    """How it ended."""
    took = None if not operation.started_at else (operation.finished_at or now) - operation.started_at
    outcome = operation.outcome or OperationOutcome.ABANDONED
    error = operation.error.message if operation.error else ""
    message = error or operation.phase
    return Done(now, wish.target.job_id, wish.target.name, wish.verb.value, wish.command, outcome, message, took)


def is_slow(operation: Operation, now: float) -> bool:
    """Whether it takes much longer than usual."""
    usual = operation.usual_seconds
    return usual is not None and now - operation.started_at > max(usual, 1.0) * _PATIENCE


def operation_line(operation: Operation, now: float, cancel_key: str) -> Line:
    """``◐ savepoint orders  RUNNING: prepare  12s  usually 4s``, and what to do when it takes too long."""
    spans = [
        Span(" ◐ ", Tone.AMBER),
        Span(f"{operation.kind} ", Tone.STRONG),
        Span(f"{operation.job_name}  ", Tone.TEXT),
        Span(f"{operation.phase}  ", Tone.MUTED),
    ]
    if operation.progress is not None:
        spans.append(Span(f"{operation.progress:.0%}  ", Tone.TEXT))
    spans.append(Span(span(now - operation.started_at), Tone.TEXT))
    if operation.usual_seconds is not None:
        spans.append(Span(f"  usually {duration(operation.usual_seconds)}", Tone.MUTED))
    if is_slow(operation, now) and operation.kind != "cancel":
        spans.append(Span(f"  stuck? {cancel_key} cancels", Tone.AMBER_STRONG))
    return line(*spans)
