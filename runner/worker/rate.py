"""A token bucket that may go into debt: whole batches pass, and the reader waits until the debt is paid.

Batches are cut to a tenth of a second's worth (:func:`runner.worker.pace.read_pace`), so a debt is short.
"""

from __future__ import annotations

import time
from collections.abc import Callable

CREDIT_SECONDS = 0.25
"""How much of the time that a reader lost (reading, blocked, woken late) it may make up for. In any period it hands over no
more than the rate's worth of that period and of this long, and one batch."""


class RateLimit:
    """At most ``rows`` and at most ``size`` bytes a second on average; None: no limit."""

    def __init__(self, rows: int | None, size: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._limits = [(measure, float(limit)) for measure, limit in enumerate((rows, size)) if limit]
        self._due: dict[int, float] = {}  # by measure: when what has been read so far would have been read at its rate

    @property
    def active(self) -> bool:
        """Whether there is any limit."""
        return bool(self._limits)

    def spend(self, rows: int, size: int) -> None:
        """Account for what was read."""
        if not self._limits:
            return
        now, spent = self._clock(), (rows, size)
        for measure, limit in self._limits:
            since = max(self._due.get(measure, now), now - CREDIT_SECONDS)
            self._due[measure] = since + spent[measure] / limit

    def wait_seconds(self) -> float:
        """How long to wait before reading on; 0 when there is no debt."""
        return max(0.0, max(self._due.values()) - self._clock()) if self._due else 0.0
