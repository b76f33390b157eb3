"""What the header says about all jobs together, kept up to date with every job that changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from runner.states import ExecutionState
from tui.data.models import JobView

_S = ExecutionState
CHANGING = (_S.STARTING, _S.RESTARTING, _S.SAVEPOINTING, _S.STOPPING, _S.CANCELING)


class Tally(msgspec.Struct, frozen=True):
    """Jobs by state, the rates of those that are not over (None: nothing measured), and the ids of those that need someone."""

    by_state: Mapping[ExecutionState, int] = msgspec.field(default_factory=dict)
    rows_in_per_second: float | None = None
    rows_out_per_second: float | None = None
    needing: tuple[str, ...] = ()

    @property
    def changing(self) -> bool:
        """Whether some job is between two states."""
        return any(self.by_state.get(state, 0) for state in CHANGING)

    @classmethod
    def of(cls, views: Iterable[JobView]) -> Tally:
        """Count anew."""
        shown = tuple(views)
        count = Count()
        for view in shown:
            count.change(None, view)
        return count.tally({view.id: place for place, view in enumerate(shown)})


class Count:
    """Counts one job more or less at a time. Rates are summed up anew, so that nothing is rounded twice."""

    def __init__(self) -> None:
        self._by_state: Counter[ExecutionState] = Counter()
        self._in: dict[str, float] = {}
        self._out: dict[str, float] = {}
        self._needing: set[str] = set()

    def change(self, before: JobView | None, after: JobView | None) -> None:
        """A job is another one now; None: it was not there, it has gone."""
        if before is not None:
            self._by_state[before.state] -= 1
            if after is None:
                self._leave_out(before.id)
        if after is not None:
            self._by_state[after.state] += 1
            totals, over = after.totals, after.state.is_terminal
            _keep(self._in, after.id, None if over else totals.rows_in_per_second)
            _keep(self._out, after.id, None if over else totals.rows_out_per_second)
            (self._needing.add if after.need else self._needing.discard)(after.id)

    def tally(self, places: Mapping[str, int]) -> Tally:
        """As things stand; those that need someone in the order of their places."""
        return Tally(
            {state: number for state, number in self._by_state.items() if number},
            _sum(self._in),
            _sum(self._out),
            tuple(sorted(self._needing, key=places.__getitem__)),
        )

    def _leave_out(self, job_id: str) -> None:
        self._in.pop(job_id, None)
        self._out.pop(job_id, None)
        self._needing.discard(job_id)


def _keep(rates: dict[str, float], job_id: str, rate: float | None) -> None:
    if rate is None:
        rates.pop(job_id, None)
    else:
        rates[job_id] = rate


def _sum(rates: Mapping[str, float]) -> float | None:
    return math.fsum(rates.values()) if rates else None
