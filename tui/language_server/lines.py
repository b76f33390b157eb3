"""Positions as the protocol counts them: lines, and code units of an agreed encoding within the line."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from lsprotocol.types import Position, PositionEncodingKind, Range

from spec.position import Span

# The protocol's line ends; Python's own `splitlines` knows more.
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_UNIT_BYTES: Final = {PositionEncodingKind.Utf8: 1, PositionEncodingKind.Utf16: 2, PositionEncodingKind.Utf32: 4}
_CODECS: Final = {1: "utf-8", 2: "utf-16-le", 4: "utf-32-le"}


class Lines:
    """Converts between offsets in one text and positions. Positions outside of the text are moved to its nearest place."""

    def __init__(self, text: str, encoding: PositionEncodingKind | str = PositionEncodingKind.Utf16) -> None:
        self._text = text
        self._unit = _UNIT_BYTES.get(PositionEncodingKind(encoding), 2)
        self._codec = _CODECS[self._unit]
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def offset(self, position: Position) -> int:
        """The offset of ``position``."""
        if position.line >= len(self._starts):
            return len(self._text)
        start = self._starts[position.line]
        line = self._line(position.line)
        if line.isascii() or self._unit == 4:
            return start + min(position.character, len(line))
        data = line.encode(self._codec, "surrogatepass")[: position.character * self._unit]
        # A position inside of a character counts as the one before it.
        return start + len(data.decode(self._codec, "ignore" if self._unit == 1 else "surrogatepass")) - self._halved(data)

    def position(self, offset: int) -> Position:
        """The position of ``offset``."""
        line = bisect_right(self._starts, offset) - 1
        before = self._text[self._starts[line] : offset]
        units = len(before) if before.isascii() else len(before.encode(self._codec, "surrogatepass")) // self._unit
        return Position(line, units)

    def range(self, start: int, end: int) -> Range:
        """The range of ``[start, end)``."""
        return Range(self.position(start), self.position(end))

    def span_range(self, span: Span) -> Range:
        """The range of a span of this text."""
        return self.range(span.start, span.end)

    def line_length(self, line: int) -> int:
        """The characters of a line, its end left out."""
        return len(self._line(line))

    def line_start(self, line: int) -> int:
        """The offset at which a line begins."""
        return self._starts[line]

    def _line(self, line: int) -> str:
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
        return self._text[self._starts[line] : end].rstrip("\r\n")

    def _halved(self, data: bytes) -> int:
        """1 when cutting in front of the second half of a UTF-16 pair left the first half alone."""
        if self._unit != 2 or len(data) < 2:
            return 0
        last = int.from_bytes(data[-2:], "little")
        return 1 if 0xD800 <= last <= 0xDBFF else 0
