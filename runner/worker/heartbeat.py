"""One thread: tells the supervisor that this worker lives, and what it has done: twice a second while it does something, less
often while all it could say is that it lives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from runner.protocol import PluginCounters
from runner.worker.own_use import OwnUse

INTERVAL = 0.5
"""Seconds between two heartbeats of a worker that counts something."""
QUIET_INTERVAL = 1.0
"""The same while nothing is counted: what is shown of a job is never older than this."""
_STILL = 4
"""After so many heartbeats that counted nothing it is quiet: who has just begun, or waits a moment, is not."""
_CHANCES = 4
"""So many heartbeats at least are due in the time after which a worker that says nothing is given up."""

_Rows = list[tuple[int, int, int, int, int]]


class Heartbeat:
    """``run`` is the thread; ``send`` gets the counters, CPU seconds, resident bytes. ``patience``: after so many seconds of
    silence the worker is given up."""

    def __init__(
        self,
        counters: Callable[[], list[PluginCounters]],
        send: Callable[[list[PluginCounters], float, int], None],
        patience: float,
    ) -> None:
        self._counters = counters
        self._send = send
        self._quiet_interval = max(INTERVAL, min(QUIET_INTERVAL, patience / _CHANCES))
        self._wake = threading.Event()
        self._closed = False
        self._use = OwnUse()
        self._counted: _Rows = []
        self._still = 0

    def beat(self) -> None:
        """Send one, in the calling thread."""
        counters = self._counters()
        rows = _rows(counters)
        self._still = self._still + 1 if rows == self._counted else 0
        self._counted = rows
        self._send(counters, self._use.cpu_seconds(), self._use.memory_bytes())

    def now(self) -> None:
        """Have the thread send one at once."""
        self._wake.set()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._wake.set()

    def run(self) -> None:
        """The thread."""
        while not self._closed:
            self.beat()
            if self._wake.wait(self._quiet_interval if self._still >= _STILL else INTERVAL):
                self._wake.clear()


def _rows(counters: Sequence[PluginCounters]) -> _Rows:
    """What is counted of them but time, which passes anyway."""
    return [(each.rows_in, each.rows_out, each.bytes_in, each.bytes_out, each.rows_rejected) for each in counters]
