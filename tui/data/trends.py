"""Two minutes of rates per job: filled from the daemon's history once, then from what the daemon says. Gaps stay gaps.

The daemon says a rate when it is another one: it holds until the next is said, as long as somebody listens. So only those that
change cost anything, however many there are.
"""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from runner.model import MetricPoint

Trend = tuple[float | None, ...]
BUCKET_SECONDS: Final = 5
BUCKETS: Final = 24
WINDOW_SECONDS: Final = BUCKET_SECONDS * BUCKETS
_SILENCE: Final = 2.0 * BUCKET_SECONDS
"""Seconds without a look after which nobody knows what was in between."""
_GAP: Final = math.nan
_ONE: Final = struct.Struct("<f")
_ALL: Final = struct.Struct(f"<{BUCKETS}f")
_SIZE: Final = _ONE.size
_NOTHING: Final = _ALL.pack(*[_GAP] * BUCKETS)


class Beat:
    """Until when it is known what the daemon says. Shared by the rings of one daemon."""

    __slots__ = ("until",)

    def __init__(self) -> None:
        self.until = -math.inf


class Ring(msgspec.Struct, frozen=True, gc=False):
    """The means of the last buckets of one rate. Never changes: any thread may read it.

    ``means`` are packed (there are as many rings as jobs) and end with the bucket number ``last``, in which ``seconds`` were
    measured; ``rate`` is what holds since the epoch second ``since``, None: nothing is measured.
    """

    beat: Beat
    means: bytes
    last: int
    seconds: float
    since: float
    rate: float | None

    @classmethod
    def empty(cls, beat: Beat, at: float) -> Ring:
        """Nothing was measured before ``at``."""
        return cls(beat, _NOTHING, int(at // BUCKET_SECONDS), 0.0, at, None)

    def told(self, at: float, rate: float | None) -> Ring:
        """From ``at`` on the rate is another one."""
        settled = self._settled(at)
        means = settled.means
        if settled.seconds == 0.0 and not (rate is None and self.rate is None):  # until there is more, it is the bucket's value
            means = means[:-_SIZE] + _ONE.pack(_GAP if rate is None else rate)
        return Ring(self.beat, means, settled.last, settled.seconds, settled.since, rate)

    def filled(self, points: Iterable[MetricPoint]) -> tuple[Ring, Mapping[int, float]]:
        """With the daemon's history in the buckets that nothing was measured in; and what that added, by bucket."""
        values, added = list(_ALL.unpack(self.means)), dict[int, float]()
        for point in points:
            bucket = int(point.at // BUCKET_SECONDS)
            place = bucket - self.last + BUCKETS - 1
            if point.value is not None and 0 <= place < BUCKETS and math.isnan(values[place]):
                values[place] = added[bucket] = point.value
        return Ring(self.beat, _ALL.pack(*values), self.last, self.seconds, self.since, self.rate), added

    def trend(self, now: float) -> Trend:
        """The means of the last buckets up to ``now``, oldest first, None for a gap. What nobody has listened to is a gap."""
        known = max(now if now - self.beat.until <= _SILENCE else self.beat.until, self.since)
        means = self._settled(known).means
        gone = int(now // BUCKET_SECONDS) - max(int(known // BUCKET_SECONDS), self.last)
        if gone > 0:
            means = (means + _NOTHING[: gone * _SIZE])[-len(_NOTHING) :]
        return tuple(None if value != value else value for value in _ALL.unpack(means))  # not a number

    def _settled(self, at: float) -> Ring:
        """The same, with what has held until ``at`` in the buckets."""
        at = max(at, self.since)
        bucket = int(at // BUCKET_SECONDS)
        if (at == self.since or self.rate is None) and bucket <= self.last:
            return self
        means, seconds = self.means, self.seconds
        if self.rate is not None:
            held = min(at, (self.last + 1.0) * BUCKET_SECONDS) - self.since
            if held > 0.0:
                before = 0.0 if seconds == 0.0 else _ONE.unpack(means[-_SIZE:])[0] * seconds
                means = means[:-_SIZE] + _ONE.pack((before + self.rate * held) / (seconds + held))
                seconds += held
        steps = bucket - self.last
        if steps > 0:
            means = (means + _ONE.pack(_GAP if self.rate is None else self.rate) * min(steps, BUCKETS))[-len(_NOTHING) :]
            seconds = 0.0 if self.rate is None else at - bucket * BUCKET_SECONDS
        return Ring(self.beat, means, max(bucket, self.last), seconds, at, self.rate)


class Trends:
    """A ring per key. Buckets are aligned to the clock, so that the drawing moves once in five seconds."""

    def __init__(self) -> None:
        self.beat = Beat()
        self._rings: dict[str, Ring] = {}
        self._all: Ring | None = None
        self._before: dict[int, float] = defaultdict(float)
        """What the daemon's history adds to the sum of all, by bucket."""

    def listened(self, at: float) -> bool:
        """Somebody listens now. True when nobody has for a while: then every ring has a gap from there to here."""
        silent = self.beat.until > -math.inf and not -_SILENCE < at - self.beat.until <= _SILENCE
        if silent:
            for key, ring in self._rings.items():
                self._rings[key] = self._after_a_gap(ring, at)
            if self._all is not None:
                self._all = self._after_a_gap(self._all, at)
        self.beat.until = at
        return silent

    def _after_a_gap(self, ring: Ring, at: float) -> Ring:
        """The rate holds again. When the clock was put back, nothing is known of the time that is to come once more."""
        return (ring.told(self.beat.until, None) if at > self.beat.until else Ring.empty(self.beat, at)).told(at, ring.rate)

    def record(self, key: str, at: float, rate: float | None) -> None:
        """From ``at`` on the rate is this; None: nothing is measured."""
        ring = self._rings.get(key)
        if ring is not None:
            self._rings[key] = ring.told(at, rate)
        elif rate is not None:
            self._rings[key] = Ring.empty(self.beat, at).told(at, rate)

    def record_all(self, at: float, rate: float | None) -> None:
        """From ``at`` on the rate of all keys together is this."""
        self._all = (self._all or Ring.empty(self.beat, at)).told(at, rate)

    def backfill(self, key: str, points: Iterable[MetricPoint]) -> None:
        """Fill the buckets that nothing was recorded in from the daemon's history."""
        ring = self._rings.get(key)
        if ring is not None:
            self._rings[key], added = ring.filled(points)
            for bucket, value in added.items():
                self._before[bucket] += value

    def forget(self, keys: Iterable[str]) -> None:
        """Drop these."""
        for key in keys:
            self._rings.pop(key, None)

    def ring(self, key: str) -> Ring | None:
        """What was recorded for ``key``; None: nothing ever was."""
        return self._rings.get(key)

    def summed(self, at: float) -> Trend:
        """All together: a bucket is unknown only when nothing was measured in it."""
        last = int(at // BUCKET_SECONDS)
        means = self._all.trend(at) if self._all is not None else (None,) * BUCKETS
        before = [self._before.get(bucket) for bucket in range(last - BUCKETS + 1, last + 1)]
        return tuple(_plus(mean, more) for mean, more in zip(means, before, strict=True))


def _plus(one: float | None, other: float | None) -> float | None:
    return one if other is None else other if one is None else one + other
