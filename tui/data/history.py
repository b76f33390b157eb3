"""The daemon's metric history of one job over one window, as plain rows of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.model import MetricSeries

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Values of the whole execution by metric name, oldest first; a gap is None."""

    window: int
    values: dict[str, Values] = field(default_factory=dict)

    @classmethod
    def of(cls, window: int, series: Sequence[MetricSeries]) -> History:
        """From the daemon's answer; series of single plugins are left out."""
        return cls(window, {one.name: tuple(point.value for point in one.points) for one in series if not one.plugin})

    def get(self, name: str) -> Values:
        """The values of a metric; empty when it was not measured."""
        return self.values.get(name, ())

    def peak(self, name: str, now: float | None = None) -> float | None:
        """The largest value of the window, what is measured ``now`` included; None when nothing was measured in it."""
        measured = [value for value in self.get(name) if value is not None]
        return max((*measured, *(() if now is None else (now,)))) if measured else None
