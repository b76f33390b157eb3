"""Two minutes of rates per job: filled from the daemon's history once, then from every snapshot. Gaps stay gaps."""

from __future__ import annotations

from collections.abc import Iterable

from runner.model import MetricPoint
from tui.data.models import Trend

BUCKET_SECONDS = 5
BUCKETS = 24
WINDOW_SECONDS = BUCKET_SECONDS * BUCKETS


class Trends:
    """A ring of buckets per key. Buckets are aligned to the clock, so that the drawing moves once in five seconds."""

    def __init__(self) -> None:
        self._rings: dict[str, dict[int, tuple[float, int]]] = {}

    def knows(self, key: str) -> bool:
        """Whether anything was recorded for ``key``."""
        return key in self._rings

    def record(self, key: str, at: float, value: float | None) -> None:
        """Add one measurement; None (nothing measured) leaves its bucket as it is."""
        ring = self._rings.setdefault(key, {})
        bucket = int(at // BUCKET_SECONDS)
        if value is not None:
            total, count = ring.get(bucket, (0.0, 0))
            ring[bucket] = (total + value, count + 1)
        for old in [number for number in ring if number <= bucket - BUCKETS]:
            del ring[old]

    def backfill(self, key: str, points: Iterable[MetricPoint]) -> None:
        """Fill the buckets that nothing was recorded in from the daemon's history."""
        ring = self._rings.setdefault(key, {})
        for point in points:
            if point.value is not None:
                ring.setdefault(int(point.at // BUCKET_SECONDS), (point.value, 1))

    def forget(self, keep: Iterable[str]) -> None:
        """Drop every key that is not in ``keep``."""
        kept = set(keep)
        self._rings = {key: ring for key, ring in self._rings.items() if key in kept}

    def view(self, key: str, at: float) -> Trend:
        """The means of the last buckets up to ``at``, oldest first, None for a gap; empty when nothing was ever recorded."""
        ring = self._rings.get(key)
        if ring is None:
            return ()
        last = int(at // BUCKET_SECONDS)
        means = (ring.get(bucket) for bucket in range(last - BUCKETS + 1, last + 1))
        return tuple(mean[0] / mean[1] if mean else None for mean in means)
