"""The daemon's metric history of one job over one window, as plain rows of values; and what happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from runner.client import Client
from runner.model import CheckpointKind, CheckpointStatus, MetricSeries
from runner.observation import LatencySummary

Values = tuple[float | None, ...]
_MOST_CHECKPOINTS = 200


class History(msgspec.Struct, frozen=True):
    """Values of the whole execution by metric name, oldest first; a gap is None. ``start`` is the time of the first."""

    window: int
    values: dict[str, Values] = msgspec.field(default_factory=dict)
    start: float = 0.0

    @classmethod
    def of(cls, window: int, series: Sequence[MetricSeries]) -> History:
        """From the daemon's answer; series of single plugins are left out."""
        whole = [one for one in series if not one.plugin and one.points]
        start = min((one.points[0].at for one in whole), default=0.0)
        return cls(window, {one.name: tuple(point.value for point in one.points) for one in whole}, start)

    def get(self, name: str) -> Values:
        """The values of a metric; empty when it was not measured."""
        return self.values.get(name, ())

    def peak(self, name: str, now: float | None = None) -> float | None:
        """The largest value of the window, what is measured ``now`` included; None when nothing was measured in it."""
        measured = [value for value in self.get(name) if value is not None]
        return max((*measured, *(() if now is None else (now,)))) if measured else None

    def middle(self, name: str) -> float | None:
        """The median of what was measured."""
        measured = [value for value in self.get(name) if value is not None]
        return median(measured) if measured else None

    def share(self, moment: float) -> float:
        """Where a time is in the window, from 0 to 1."""
        return min(max((moment - self.start) / self.window, 0.0), 1.0)

    def at(self, name: str, moment: float) -> float | None:
        """What was measured at a time; None in a gap and outside the window."""
        values = self.get(name)
        if not values or not 0 <= moment - self.start <= self.window:
            return None
        return values[min(int(self.share(moment) * len(values)), len(values) - 1)]


class Happened(msgspec.Struct, frozen=True):
    """What happened to a job: marks with their times, the sign first, and how long its rows took in the window."""

    window: int
    marks: tuple[tuple[str, float], ...] = ()
    latency: LatencySummary = LatencySummary()


def read_happened(client: Client, job_id: str, execution_id: str, window: int) -> Happened:
    """Checkpoints, savepoints, failed ones and restarts. Blocks for three answers."""
    marks = [
        (
            "✗" if one.status is CheckpointStatus.FAILED else "◆" if one.kind is CheckpointKind.SAVEPOINT else "┬",
            one.triggered_at,
        )
        for one in client.checkpoints(job_id, limit=_MOST_CHECKPOINTS)
    ]
    marks += [("↻", one.started_at) for one in client.attempts(execution_id) if one.number > 1]
    return Happened(window, tuple(marks), client.metrics(job_id, window, 1).latency)
