"""The order of the job list, and when it may change.

By default: failed first, then what runs by name, then what ended, the latest first. This depends on how a job stands, never on
its rates, so rows do not jump about. A column can be chosen instead; its order is renewed now and then, and not while somebody
is pressing keys.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from runner.model import Job
from runner.states import ExecutionState
from tui.query.fields import FIELDS

RENEWED_EVERY = 2.0
"""Seconds for which an order by a column stays, and for which it also stays after a key was pressed."""


def order_key(job: Job) -> tuple[int, float, str, str]:
    """Sort by this for the default order."""
    execution = job.execution
    if execution is None:
        return (1, 0.0, job.name.casefold(), job.id)
    if execution.state is ExecutionState.FAILED:
        return (0, 0.0, job.name.casefold(), job.id)
    if not execution.state.is_terminal:
        return (1, 0.0, job.name.casefold(), job.id)
    return (2, -(execution.finished_at or execution.state_since), job.name.casefold(), job.id)


class Order(msgspec.Struct, frozen=True):
    """By a field, or with none by default. Amounts begin with the largest, texts with the first; ``reverse`` turns that."""

    field: str = ""
    reverse: bool = False

    @property
    def marked(self) -> tuple[str, bool]:
        """Its field, and whether the smallest stands first."""
        field = FIELDS.get(self.field)
        return self.field, self.reverse if field is not None and field.is_amount else not self.reverse

    def arranged(self, jobs: Sequence[Job], now: float) -> list[Job]:
        """The jobs in this order; those of which nobody knows the value come last either way."""
        field = FIELDS.get(self.field)
        if field is None:
            return sorted(jobs, key=order_key, reverse=self.reverse)
        values = [(field.read(job, now), job) for job in jobs]
        known = [(value, job) for value, job in values if value is not None]
        unknown = [job for value, job in values if value is None]
        if field.is_amount:
            known.sort(key=lambda pair: (float(pair[0]), pair[1].id), reverse=not self.reverse)
        else:
            known.sort(key=lambda pair: (str(pair[0]).casefold(), pair[1].id), reverse=self.reverse)
        return [job for _, job in known] + unknown


class Arrangement:
    """Keeps the jobs where they are between two renewals. Chosen and touched in one thread, arranged in another.

    ``ticking`` measures how long the jobs have stood: seconds that only grow.
    """

    def __init__(self, ticking: Callable[[], float] = time.monotonic) -> None:
        self._ticking = ticking
        self.order = Order()
        self._places: dict[str, int] = {}
        self._renewed_at = float("-inf")
        self._touched_at = float("-inf")

    def choose(self, order: Order) -> None:
        """Another order, from the next look on."""
        self.order = order
        self._renewed_at = float("-inf")
        self._touched_at = float("-inf")

    def touch(self) -> None:
        """A key was pressed: the rows stay for a while."""
        self._touched_at = self._ticking()

    def may_move(self, *, unsorted: bool) -> bool:
        """Whether jobs may stand elsewhere when they are arranged now, though none came or went. ``unsorted``: in the default
        order some would; values of columns are others all the time."""
        return (unsorted or bool(self.order.field) or self._renewed_at == float("-inf")) and self._is_renewable(self._ticking())

    def _is_renewable(self, tick: float) -> bool:
        return tick - self._renewed_at >= RENEWED_EVERY and tick - self._touched_at >= RENEWED_EVERY

    def arrange(self, jobs: Sequence[Job], now: float) -> list[Job]:
        """The jobs as they are to be shown. Those that are new stand at the end until the order is renewed."""
        tick = self._ticking()
        if self._is_renewable(tick):
            arranged = self.order.arranged(jobs, now)
            self._places = {job.id: place for place, job in enumerate(arranged)}
            self._renewed_at = tick
            return arranged
        last = len(self._places)
        return sorted(jobs, key=lambda job: self._places.get(job.id, last))
