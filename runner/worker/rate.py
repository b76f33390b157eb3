"""A token bucket that may go into debt: whole batches pass, and the reader waits until the debt is paid."""

from __future__ import annotations

import time
from collections.abc import Callable


class RateLimit:
    """At most ``rows`` and ``bytes`` a second on average; None: no limit."""

    def __init__(self, rows: int | None, size: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = [float(limit) for limit in (rows, size) if limit]
        self._measures = [index for index, limit in enumerate((rows, size)) if limit]
        self._clock = clock
        self._due = clock()

    @property
    def active(self) -> bool:
        """Whether there is any limit."""
        return bool(self._limits)

    def spend(self, rows: int, size: int) -> None:
        """Account for what was read."""
        if not self._limits:
            return
        spent = (rows, size)
        cost = max(spent[measure] / limit for measure, limit in zip(self._measures, self._limits, strict=True))
        self._due = max(self._due, self._clock()) + cost

    def wait_seconds(self) -> float:
        """How long to wait before reading on; 0 when there is no debt."""
        return max(0.0, self._due - self._clock()) if self._limits else 0.0
