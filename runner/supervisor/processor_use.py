"""How busy the processors of this machine are, whichever thread asks. (psutil remembers the last look of each thread by itself,
and a thread that never looked is told 0.)"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psutil

_LEAST_SECONDS = 0.5
"""Between two looks that are compared: in less the count of ticks is too coarse."""
_FIRST_SECONDS = 0.1


class ProcessorUse:
    """Compares what the processors have done with the look before. Thread-safe."""

    def __init__(
        self, ticks: Callable[[], tuple[float, float]] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ticks = ticks or _ticks
        self._clock = clock
        self._lock = threading.Lock()
        self._at = 0.0
        self._before: tuple[float, float] | None = None
        self._percent = 0.0

    def percent(self) -> float:
        """The share of their time, of all together, for which they worked since the last look. The first look blocks for a
        tenth of a second; one that follows at once is told what the last one was."""
        with self._lock:
            if self._before is None:
                self._before = self._ticks()
                time.sleep(_FIRST_SECONDS)
            elif self._clock() - self._at < _LEAST_SECONDS:
                return self._percent
            busy, total = self._ticks()
            passed = total - self._before[1]
            if passed > 0:
                self._percent = round(min(max((busy - self._before[0]) / passed, 0.0), 1.0) * 100, 1)
            self._before, self._at = (busy, total), self._clock()
            return self._percent


def _ticks() -> tuple[float, float]:
    """Seconds of work, and seconds in all, of all processors since the machine started."""
    times = psutil.cpu_times()
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted as the user's already
    total = sum(times) - guests
    return total - times.idle - getattr(times, "iowait", 0.0), total
