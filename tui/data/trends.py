"""Two minutes of rates per job: filled from the daemon's history once, then from every snapshot. Gaps stay gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from runner.model import MetricPoint
from tui.data.models import Trend

BUCKET_SECONDS = 5
BUCKETS = 24
WINDOW_SECONDS = BUCKET_SECONDS * BUCKETS


class _Ring:
    """The means of the last buckets, oldest first; ``count`` measurements make up the ``last`` one."""

    __slots__ = ("count", "last", "values")

    def __init__(self, last: int) -> None:
        self.last = last
        self.count = 0
        self.values: list[float | None] = [None] * BUCKETS

    def move_to(self, bucket: int) -> None:
        """Let buckets that are too old fall out."""
        steps = bucket - self.last
        if steps > 0:
            self.values = [*self.values[steps:], *[None] * min(steps, BUCKETS)]
            self.last, self.count = bucket, 0


class Trends:
    """A ring of buckets per key. Buckets are aligned to the clock, so that the drawing moves once in five seconds."""

    def __init__(self) -> None:
        self._rings: dict[str, _Ring] = {}

    def knows(self, key: str) -> bool:
        """Whether anything was recorded for ``key``."""
        return key in self._rings

    def record(self, key: str, at: float, value: float | None) -> None:
        """Add one measurement; None (nothing measured) leaves its bucket as it is."""
        ring = self._at(key, at)
        if value is not None:
            ring.values[-1] = ((ring.values[-1] or 0.0) * ring.count + value) / (ring.count + 1)
            ring.count += 1

    def backfill(self, key: str, points: Iterable[MetricPoint]) -> None:
        """Fill the buckets that nothing was recorded in from the daemon's history."""
        for point in points:
            ring = self._rings.get(key) or self._at(key, point.at)
            place = int(point.at // BUCKET_SECONDS) - ring.last + BUCKETS - 1
            if point.value is not None and 0 <= place < BUCKETS and ring.values[place] is None:
                ring.values[place] = point.value

    def forget(self, keep: Collection[str]) -> None:
        """Drop every key that is not in ``keep``."""
        for key in [key for key in self._rings if key not in keep]:
            del self._rings[key]

    def view(self, key: str, at: float) -> Trend:
        """The means of the last buckets up to ``at``, oldest first, None for a gap; empty when nothing was ever recorded."""
        return tuple(self._at(key, at).values) if key in self._rings else ()

    def summed(self, keys: Iterable[str], at: float) -> Trend:
        """All of these together: a bucket is unknown only when nothing was measured in it."""
        totals: list[float | None] = [None] * BUCKETS
        for key in keys:
            for index, value in enumerate(self.view(key, at)):
                if value is not None:
                    totals[index] = (totals[index] or 0.0) + value
        return tuple(totals)

    def _at(self, key: str, at: float) -> _Ring:
        bucket = int(at // BUCKET_SECONDS)
        ring = self._rings.get(key)
        if ring is None:
            ring = self._rings[key] = _Ring(bucket)
        ring.move_to(bucket)
        return ring
