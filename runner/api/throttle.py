"""How often somebody may do something: token buckets by name, bounded in their number."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

_MAXIMUM_BUCKETS = 4096


class Throttle:
    """``burst`` at once, and ``rate`` a second in the long run, for each name. The names that were seen least recently are
    forgotten when there are too many; for them that is as good as having waited."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str) -> float:
        """Seconds until ``name`` may do it; 0: now."""
        return max(0.0, (1.0 - self._level(name)) / self._rate)

    def take(self, name: str) -> float:
        """Like :meth:`wait`; what may be done now is counted as done."""
        level = self._level(name)
        if level < 1.0:
            return (1.0 - level) / self._rate
        self._buckets[name] = level - 1.0, self._clock()
        self._buckets.move_to_end(name)
        if len(self._buckets) > _MAXIMUM_BUCKETS:
            self._buckets.popitem(last=False)
        return 0.0

    def _level(self, name: str) -> float:
        level, at = self._buckets.get(name, (self._burst, self._clock()))
        return min(self._burst, level + (self._clock() - at) * self._rate)
