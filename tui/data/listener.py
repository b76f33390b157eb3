"""Waits for the daemon's events in a thread of its own, so that a change shows before the next look is due."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runner.client import EventFeed
from tui.data.daemon import FAILURES, Door

_SILENCE = 30.0
"""Seconds without a sign of life after which the stream is opened again."""


class Listener:
    """Calls ``wake`` for every event. When the stream ends, :meth:`start` opens it again."""

    def __init__(self, door: Door, wake: Callable[[], None]) -> None:
        self._door = door
        self._wake = wake
        self._events: EventFeed | None = None
        self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen, unless a thread is already listening."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="flowdeck-events", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Wake nobody any more."""
        self._stopped = True
        if self._events is not None:
            self._events.close()

    def _run(self) -> None:
        try:
            with self._door.open(_SILENCE).events(None, _SILENCE) as events:
                self._events = events
                for _ in events:
                    if self._stopped:
                        return
                    self._wake()
        except FAILURES:
            return  # the feed's next look fails the same way and says why
