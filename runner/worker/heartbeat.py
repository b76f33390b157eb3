"""One thread: tells the supervisor twice a second that this worker lives, and what it has done."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import psutil

from runner.protocol import PluginCounters

INTERVAL = 0.5


class Heartbeat:
    """``run`` is the thread; ``send`` gets the counters, CPU seconds, resident bytes."""

    def __init__(
        self, counters: Callable[[], list[PluginCounters]], send: Callable[[list[PluginCounters], float, int], None]
    ) -> None:
        self._counters = counters
        self._send = send
        self._wake = threading.Event()
        self._closed = False
        self._process = psutil.Process(os.getpid())

    def beat(self) -> None:
        """Send one, in the calling thread."""
        times = self._process.cpu_times()
        self._send(self._counters(), times.user + times.system, self._process.memory_info().rss)

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
            self._wake.wait(INTERVAL)
            self._wake.clear()
