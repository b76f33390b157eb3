"""What queries have answered, remembered until the writer says that it may have become another one. Bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sized
from typing import Any

ANSWERS = 8000
"""So many answers are remembered, and of so many questions when they were last answered differently."""
ITEMS = 100_000
"""So many things are in all answers that are remembered: some three hundred bytes each."""


class KnownAnswers:
    """Of one open database; for all its threads. A question is any key. Its answer comes with the mark of the snapshot that it
    was found in, taken before that began: it is remembered only if nothing has changed since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clock = 0
        self._floor = 0
        self._changed: OrderedDict[Hashable, int] = OrderedDict()
        self._answers: OrderedDict[Hashable, Sized] = OrderedDict()
        self._items = 0

    def mark(self) -> int:
        """What is durable now."""
        return self._clock

    def touch(self, keys: Iterable[Hashable]) -> None:
        """The answers to these may be others now: for the writer, once that is durable and before it says so."""
        with self._lock:
            self._clock += 1
            for key in keys:
                self._drop(key)
                self._changed[key] = self._clock
                self._changed.move_to_end(key)
            while len(self._changed) > ANSWERS:
                # Of what changed longest ago it is forgotten when: what an older snapshot says of anything does not count.
                self._floor = self._changed.popitem(last=False)[1]

    def get(self, key: Hashable) -> Any | None:
        """The answer, None when it is not remembered."""
        with self._lock:
            if key not in self._answers:
                return None
            self._answers.move_to_end(key)
            return self._answers[key]

    def put(self, mark: int, key: Hashable, answer: Sized) -> None:
        """Remember an answer, which nobody may change, unless it is too old."""
        with self._lock:
            if mark < self._changed.get(key, self._floor):
                return
            self._drop(key)
            self._answers[key] = answer
            self._items += len(answer)
            while len(self._answers) > ANSWERS or self._items > ITEMS:
                self._drop(next(iter(self._answers)))

    def _drop(self, key: Hashable) -> None:
        if key in self._answers:
            self._items -= len(self._answers.pop(key))
