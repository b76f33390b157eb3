"""The splits of one source that this worker has been given: its reader threads take them one by one.

Knows when to ask the supervisor for another split and when nothing is left; reads nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from runner.protocol import Split


class SplitQueue:
    """Any thread may call. ``changed`` is the lock of the source's readers too: whoever waits for splits waits on it.

    Every idle reader has one request under way. After ``exhaust`` nothing is asked for until a split comes all the same (one
    that another worker left behind); then there may be more.
    """

    def __init__(self, request: Callable[[], None], drained: Callable[[], None]) -> None:
        self.changed = threading.Condition()
        self.heard = 0
        """How many splits have been given so far."""
        self.finished = 0
        """How many splits have been read to their end."""
        self._request = request
        self._announce_drained = drained
        self._waiting: deque[Split] = deque()
        self._idle: set[int] = set()
        self._being_read = 0
        self._requests = 0
        self._exhausted = False

    @property
    def drained(self) -> bool:
        """Told that nothing is left, and everything given has been read."""
        with self.changed:
            return self._exhausted and not self._waiting and not self._being_read

    def waiting(self) -> list[Split]:
        """The splits that no reader has begun."""
        with self.changed:
            return list(self._waiting)

    def add(self, split: Split) -> None:
        """Read ``split`` too. A finished one takes no reading."""
        with self.changed:
            self.heard += 1
            self._requests = max(0, self._requests - 1)
            self._exhausted = False
            if not split.finished:
                self._waiting.append(split)
            self.changed.notify_all()

    def exhaust(self) -> None:
        """No further split is known of."""
        with self.changed:
            self._requests = 0
            self._exhausted = True
            self._look()
            self.changed.notify_all()

    def take(self, reader: int) -> Split | None:
        """A split for reader number ``reader``, which has none; None for now there is none. Asks for one then."""
        with self.changed:
            if self._waiting:
                self._idle.discard(reader)
                self._being_read += 1
                return self._waiting.popleft()
            self._idle.add(reader)
            if not self._exhausted and self._requests < len(self._idle):
                self._requests += 1
                self._request()
            return None

    def finish(self) -> None:
        """A split that was taken has been read to its end."""
        with self.changed:
            self._being_read -= 1
            self.finished += 1
            self._look()

    def _look(self) -> None:
        if self.drained:
            self._announce_drained()
