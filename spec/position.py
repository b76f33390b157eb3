"""Positions in source text: where a value, a key or a problem stands. Offsets are in characters of the decoded text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

MASK: Final = "********"


@dataclass(frozen=True, slots=True, eq=False)
class SourceText:
    """One document: the name shown to people (a path, ``<stdin>``, ``<-i>``) and its text."""

    name: str
    text: str
    _line_starts: list[int] = field(default_factory=list, repr=False)
    _hidden: list[tuple[int, int]] = field(default_factory=list, repr=False)

    def line_starts(self) -> list[int]:
        """The offset of the first character of every line, computed once on first use."""
        if not self._line_starts:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._line_starts.extend(starts)
        return self._line_starts

    def line_column(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column (in characters) of ``offset``."""
        starts = self.line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of 1-based line ``number`` without its line break."""
        starts = self.line_starts()
        begin = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[begin:end].rstrip("\r")

    def hide(self, start: int, end: int) -> None:
        """``[start, end)`` is a secret: whoever shows this text shows :data:`MASK` in its place."""
        if end > start and (start, end) not in self._hidden:
            self._hidden.append((start, end))

    def hidden(self) -> tuple[tuple[int, int], ...]:
        """The ranges that must not be shown, in order."""
        return tuple(sorted(self._hidden))


class Span(Struct, frozen=True, gc=False):
    """A half-open range ``[start, end)`` of one source text."""

    source: SourceText
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters the span covers."""
        return self.source.text[self.start : self.end]

    def start_position(self) -> tuple[int, int]:
        """1-based line and column of the first character."""
        return self.source.line_column(self.start)

    def end_position(self) -> tuple[int, int]:
        """1-based line and column just past the last character."""
        return self.source.line_column(self.end)
