"""The log entries that are here: the end of the log, and as much before it as somebody has scrolled to."""

from __future__ import annotations

from collections.abc import Sequence

from runner.model import LogLine
from tui.tabs.logs_order import FARTHEST, place

CAPACITY = 10_000
"""Entries that are kept while the end is followed."""
MOST = 50_000
"""Entries that are kept at all."""
_SPARE = 1000


class Ring:
    """Entries in the order of time, each once. Their offsets are nearly in order: an entry was moved over a few at most."""

    def __init__(self) -> None:
        self.entries: list[LogLine] = []
        self._last: int | None = None
        self.begins = False
        """Whether the first entry is the log's first."""

    @property
    def last(self) -> int | None:
        """The offset to read on from."""
        return self._last

    @property
    def wants_older(self) -> bool:
        """Whether there may be more before the first entry, and room for it."""
        return bool(self.entries) and not self.begins and len(self.entries) < MOST

    def add_newer(self, entries: Sequence[LogLine], *, keep: bool) -> tuple[int, int]:
        """Put them in; returns how many entries are new, and how many of the oldest made room. With ``keep`` those stay as
        long as they may: somebody is reading."""
        new = [entry for entry in entries if self._last is None or entry.offset > self._last]
        for entry in new:
            place(self.entries, entry)
            self._last = entry.offset
        excess = len(self.entries) - (MOST if keep else CAPACITY)
        if excess <= _SPARE:
            return len(new), 0
        del self.entries[:excess]
        self.begins = False
        return len(new), excess

    def add_older(self, entries: Sequence[LogLine]) -> int:
        """Put those that come before the first entry in front of it; returns how many they are. None: the log begins here."""
        head, rest = self.entries[:FARTHEST], self.entries[FARTHEST:]
        known = {entry.offset for entry in (*head, *rest[:FARTHEST])}
        first = max((entry.offset for entry in head), default=0)
        older = [entry for entry in entries if entry.offset < first and entry.offset not in known]
        merged: list[LogLine] = []
        for entry in sorted((*older, *head), key=lambda one: one.offset):
            place(merged, entry)
        self.entries = merged + rest
        self.begins = not older
        return len(older)
