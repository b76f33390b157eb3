"""The time of day by which things are judged too old, on a system whose clock somebody may set."""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.supervisor.processes import uptime


class SteadyClock:
    """Goes on from the time of day at which it was made, and is never ahead of the system's clock.

    One that jumps ahead makes nothing old that is not; one that is set back leaves things longer. ``wall`` and ``passed`` are
    the system's clock and seconds that pass whatever it does.
    """

    def __init__(self, wall: Callable[[], float] = time.time, passed: Callable[[], float] = uptime) -> None:
        self._wall = wall
        self._passed = passed
        self._started = wall() - passed()

    def now(self) -> float:
        """Seconds since the epoch."""
        return min(self._wall(), self._started + self._passed())
