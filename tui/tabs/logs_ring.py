"""The log entries that are here: the end of the log, and as much before it as somebody has scrolled to."""

from __future__ import annotations

from collections.abc import Sequence

from runner.model import LogLine

CAPACITY = 10_000
"""Entries that are kept while the end is followed."""
MOST = 50_000
"""Entries that are kept at all."""
_SPARE = 1000


class Ring:
    """Entries in the order of the log, each once."""

    def __init__(self) -> None:
        self.entries: list[LogLine] = []
        self.begins = False
        """Whether the first entry is the log's first."""

    @property
    def last(self) -> int | None:
        """The offset to read on from."""
        return self.entries[-1].offset if self.entries else None

    @property
    def wants_older(self) -> bool:
        """Whether there may be more before the first entry, and room for it."""
        return bool(self.entries) and not self.begins and len(self.entries) < MOST

    def add_newer(self, entries: Sequence[LogLine], *, keep: bool) -> tuple[int, int]:
        """Append; returns how many entries are new, and how many of the oldest made room. With ``keep`` those stay as long as
        they may: somebody is reading."""
        last = self.last or 0
        new = [entry for entry in entries if not self.entries or entry.offset > last]
        self.entries.extend(new)
        excess = len(self.entries) - (MOST if keep else CAPACITY)
        if excess <= _SPARE:
            return len(new), 0
        del self.entries[:excess]
        self.begins = False
        return len(new), excess

    def add_older(self, entries: Sequence[LogLine]) -> int:
        """Put those that come before the first entry in front of it; returns how many they are. None: the log begins here."""
        first = self.entries[0].offset if self.entries else 0
        older = [entry for entry in entries if entry.offset < first]
        self.entries[:0] = older
        self.begins = not older
        return len(older)
