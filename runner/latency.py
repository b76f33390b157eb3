"""How long rows took, as a histogram of fixed size whose percentiles are right to one part in a hundred. Pure; no clock.

Buckets are as wide as a 64th of the power of two they lie in (of microseconds), so a bucket's middle is off by less than one
part in 128 of any value in it, from 64 microseconds up to 52 days. Histograms of several workers are merged by adding them up.
"""

from __future__ import annotations

from collections.abc import Mapping

_BITS = 6
_STEPS = 1 << _BITS
_LONGEST = (1 << 42) - 1  # microseconds
_MICROSECONDS = 1_000_000

PERCENTILES = {"latency_p50": 0.5, "latency_p90": 0.9, "latency_p99": 0.99, "latency_p999": 0.999}
"""The percentiles that are reported, by the name of their metric."""


class LatencyHistogram:
    """Counts of rows by how long they took. ``counts`` are by bucket; empty buckets have none."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: dict[int, int] = dict(counts or {})

    def add(self, seconds: float, rows: int) -> None:
        """So many rows took so long. Nothing takes less than no time, or more than 52 days."""
        bucket = _bucket(min(_LONGEST, max(0, round(seconds * _MICROSECONDS))))
        self.counts[bucket] = self.counts.get(bucket, 0) + rows

    def merge(self, counts: Mapping[int, int]) -> None:
        """Add those of another histogram."""
        for bucket, rows in counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + rows

    def percentile(self, share: float) -> float | None:
        """So many seconds at most took this share (0 to 1) of the rows; None when there are none."""
        total = sum(self.counts.values())
        if not total:
            return None
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= share * total:
                break
        return value_of_bucket(bucket)

    @property
    def rows(self) -> int:
        """How many were counted."""
        return sum(self.counts.values())

    def percentiles(self) -> dict[str, float]:
        """All of :data:`PERCENTILES`; empty when nothing was counted."""
        found = {name: self.percentile(share) for name, share in PERCENTILES.items()}
        return {name: value for name, value in found.items() if value is not None}


def value_of_bucket(bucket: int) -> float:
    """The seconds that stand for what is in a bucket: its middle."""
    return _middle(bucket) / _MICROSECONDS


def _bucket(microseconds: int) -> int:
    power = max(0, microseconds.bit_length() - _BITS - 1)
    return power * _STEPS + (microseconds >> power)


def _middle(bucket: int) -> float:
    power = max(0, bucket // _STEPS - 1)
    first = (bucket - power * _STEPS) << power
    return first + ((1 << power) - 1) / 2
