"""Ctrl-C as something to ask about instead of an exception that may come anywhere."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupts:
    """Counts SIGINT while the context is open; SIGTERM, and SIGHUP unless `nohup` ignores it, count as the first one only.
    Enter it on the main thread; any thread may look and wait."""

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self._former: dict[signal.Signals, Any] = {}
        self.count = 0

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def wait(self, seconds: float) -> None:
        """Wait until the next interrupt, at most ``seconds``."""
        if self._pressed.wait(seconds):
            self._pressed.clear()

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.count = self.count + 1 if number == signal.SIGINT else max(self.count, 1)
        self._pressed.set()
