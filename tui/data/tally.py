"""What the header says about all jobs together, counted once per look in the feed's thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from runner.states import ExecutionState
from tui.data.models import JobView

_S = ExecutionState
CHANGING = (_S.STARTING, _S.RESTARTING, _S.SAVEPOINTING, _S.STOPPING, _S.CANCELING)


@dataclass(frozen=True, slots=True)
class Tally:
    """Jobs by state, the rates of those that are not over (None: nothing measured), and the ids of those that need someone."""

    by_state: Mapping[ExecutionState, int] = field(default_factory=dict)
    rows_in_per_second: float | None = None
    rows_out_per_second: float | None = None
    needing: tuple[str, ...] = ()

    @property
    def changing(self) -> bool:
        """Whether some job is between two states."""
        return any(self.by_state.get(state, 0) for state in CHANGING)

    @classmethod
    def of(cls, views: Sequence[JobView]) -> Tally:
        """Count."""
        live = [view.totals for view in views if not view.state.is_terminal]
        return cls(
            Counter(view.state for view in views),
            _sum(totals.rows_in_per_second for totals in live),
            _sum(totals.rows_out_per_second for totals in live),
            tuple(view.id for view in views if view.need),
        )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
