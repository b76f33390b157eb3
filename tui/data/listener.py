"""Listens to the daemon in a thread of its own, keeps the replica of its jobs, and hands on what happens."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runner.client import EventFeed
from tui.data.daemon import Door
from tui.data.eventring import EventRing
from tui.data.jobfeed import JobFeed
from tui.data.replica import Replica

_SILENCE = 30.0
"""Seconds without a sign of life after which the stream counts as broken."""


class Listener:
    """One stream. ``wake`` is called when something is worth being shown at once. When the stream has ended, ``ended`` is
    set and ``failure`` says why, if there was a reason."""

    def __init__(self, door: Door, wake: Callable[[], None], ring: EventRing) -> None:
        self._door = door
        self._wake = wake
        self._ring = ring
        self._events: EventFeed | None = None
        self._stopped = False
        self.replica = Replica()
        self.ended = threading.Event()
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="flowdeck-events", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Wake nobody any more."""
        self._stopped = True
        if self._events is not None:
            self._events.close()

    def _run(self) -> None:
        try:
            with self._door.open(_SILENCE).events(None, _SILENCE, snapshot=True, feed=JobFeed) as events:
                self._events = events
                for event in events:
                    if self._stopped:
                        return
                    self._ring.hear(event)
                    if self.replica.hear(event):
                        self._wake()
        except Exception as error:  # noqa: BLE001 - a thread's boundary: the feed says it
            self.failure = error
        finally:
            self.ended.set()
            self._wake()
