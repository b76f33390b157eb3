"""Which log entries are on the screen and where: found by line number without drawing any that is not visible."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from runner.model import LogLine
from tui.draw.line import Ground, Line
from tui.tabs.logs_lines import Look, entry_lines, has_text, height, rank

AROUND = 2
"""Entries before and after one that a filter lets through."""
_DRAWN = 500


@dataclass(frozen=True, slots=True)
class Sieve:
    """What is let through: entries of at least this level, and with this text those that have it and their neighbours."""

    level: int = 0
    text: str = ""


class Shown:
    """The entries that the sieve lets through, laid out line by line."""

    def __init__(self) -> None:
        self.look = Look()
        self.sieve = Sieve()
        self.marked: int | None = None
        """The offset of the entry at the cursor."""
        self.marks: set[int] = set()
        """The offsets of the entries that somebody has marked."""
        self.drawn_over: frozenset[int] = frozenset()
        """The offsets of the entries that the mouse is drawn over."""
        self.entries: Sequence[LogLine] = ()
        self.found = 0
        """The entries that have the sieve's text themselves."""
        self._aside: frozenset[int] = frozenset()
        self._ends: list[int] = []
        self._drawn: dict[tuple[int, bool, Look], list[Line]] = {}

    @property
    def count(self) -> int:
        """The number of lines."""
        return self._ends[-1] if self._ends else 0

    @property
    def marked_entries(self) -> list[LogLine]:
        """Those of the marked entries that are let through, in the order of the log."""
        return [entry for entry in self.entries if entry.offset in self.marks] if self.marks else []

    def unmark(self) -> None:
        """Forget the cursor and the marks: this is another log."""
        self.marked, self.marks = None, set()

    def lay_out(self, entries: Sequence[LogLine]) -> None:
        """Take these entries."""
        if self.marks and entries:  # the oldest may have made room
            self.marks &= {entry.offset for entry in entries}
        high = entries if not self.sieve.level else [entry for entry in entries if rank(entry) >= self.sieve.level]
        self._aside = frozenset()
        self.entries = self._with_neighbours(high) if self.sieve.text else list(high)
        look = self.look
        self._ends = list(accumulate(height(entry, look) for entry in self.entries))

    def _with_neighbours(self, entries: Sequence[LogLine]) -> list[LogLine]:
        hits = [number for number, entry in enumerate(entries) if has_text(entry, self.sieve.text)]
        kept = sorted({near for hit in hits for near in range(hit - AROUND, hit + AROUND + 1) if 0 <= near < len(entries)})
        self.found = len(hits)
        self._aside = frozenset(entries[number].offset for number in kept) - {entries[hit].offset for hit in hits}
        return [entries[number] for number in kept]

    def line(self, index: int) -> Line:
        """One line."""
        number = bisect_right(self._ends, index)
        entry = self.entries[number]
        lines = self._lines(entry)
        found = lines[min(index - self.top(number), len(lines) - 1)]
        return found.on(Ground.CURSOR) if entry.offset in self.drawn_over else found

    def _lines(self, entry: LogLine) -> list[Line]:
        aside = entry.offset in self._aside
        if entry.offset == self.marked or entry.offset in self.marks:
            at_cursor, marked = entry.offset == self.marked, entry.offset in self.marks
            return entry_lines(entry, self.look, at_cursor=at_cursor, marked=marked, aside=aside)
        key = (entry.offset, aside, self.look)
        if key not in self._drawn:
            if len(self._drawn) >= _DRAWN:
                self._drawn.clear()
            self._drawn[key] = entry_lines(entry, self.look, aside=aside)
        return self._drawn[key]

    def entry_at(self, index: int) -> LogLine | None:
        """The entry that a line belongs to."""
        return self.entries[bisect_right(self._ends, index)] if 0 <= index < self.count else None

    def top(self, number: int) -> int:
        """The first line of an entry of this number."""
        return self._ends[number - 1] if number else 0

    def number_of(self, offset: int) -> int:
        """The number of the entry of this offset, or of the next one that is shown."""
        exact = next((number for number, entry in enumerate(self.entries) if entry.offset == offset), None)
        if exact is not None:
            return exact
        return next((number for number, entry in enumerate(self.entries) if entry.offset > offset), len(self.entries) - 1)

    def between(self, one: LogLine, other: LogLine) -> frozenset[int]:
        """The offsets of these entries and all between them."""
        first, last = sorted((self.number_of(one.offset), self.number_of(other.offset)))
        return frozenset(entry.offset for entry in self.entries[first : last + 1])

    def at_or_after(self, moment: float) -> int:
        """The number of the first entry at this time or later; the last one when there is none."""
        return next((number for number, entry in enumerate(self.entries) if entry.at >= moment), max(len(self.entries) - 1, 0))

    def match(self, needle: str, begin: int, step: int) -> int | None:
        """The number of the next entry with this text, going round; None when none has it."""
        total = len(self.entries)
        numbers = ((begin + step * distance) % total for distance in range(1, total + 1))
        return next((number for number in numbers if has_text(self.entries[number], needle)), None)
