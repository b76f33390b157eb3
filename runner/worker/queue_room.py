"""How much a queue should hold: enough that its reader never waits for a writer that is fast enough, and no more.

What stands in a queue has to pass before a barrier does, and makes rows late. A slow reader gets by with a short queue.
"""

from __future__ import annotations

TARGET_SECONDS = 0.5
"""A queue holds what its reader takes in so long."""

LEAST_BYTES = 256 * 1024
_MEASURED_SECONDS = 0.25


class QueueRoom:
    """``bytes`` is how much the queue should hold: ``most`` until its reader has proved to be slow."""

    def __init__(self, most: int) -> None:
        self.bytes = most
        self._most = most
        self._rate: float | None = None
        self._taken = 0
        self._since: tuple[float, float] | None = None

    def took(self, size: int, now: float, idle: float) -> bool:
        """The reader has taken ``size`` bytes at ``now``, and has waited for input ``idle`` seconds so far. True when ``bytes``
        has been looked at again."""
        if self._since is None:
            self._since = now, idle
            return False
        self._taken += size
        working = (now - self._since[0]) - (idle - self._since[1])
        if working < _MEASURED_SECONDS:
            return False
        rate = self._taken / working
        self._rate = rate if self._rate is None else (self._rate + rate) / 2
        self.bytes = min(self._most, max(LEAST_BYTES, int(self._rate * TARGET_SECONDS)))
        self._taken, self._since = 0, (now, idle)
        return True
