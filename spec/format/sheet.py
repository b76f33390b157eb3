"""The lines of a formatted text while they are written: indentation, blank lines, and comments at the ends of lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from spec.render.escape import text_width

INDENT: Final = "  "
_BEFORE_COMMENT: Final = 2


@dataclass(slots=True)
class _Line:
    depth: int
    column: int = 0
    comment: str = ""
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def block(self) -> tuple[int, bool]:
        """Neighbouring lines of the same block have their comments in one column."""
        return self.depth, bool(self.comment and self.pieces) and "\n" not in self.text


class Sheet:
    """Writes a text line by line. ``depth`` is the indentation of the lines that are started next."""

    def __init__(self) -> None:
        self.depth = 0
        self._lines: list[_Line] = []

    @property
    def lines(self) -> int:
        """How many lines were started."""
        return len(self._lines)

    @property
    def column(self) -> int:
        """Where the next piece would stand on the current line."""
        return self._lines[-1].column

    def start_line(self, *, blank: bool = False) -> None:
        """Begin a line, with an empty one before it if ``blank``; never one at the beginning of the text."""
        if blank and self._lines:
            self._lines.append(_Line(0))
        self._lines.append(_Line(self.depth, len(INDENT) * self.depth))

    def write(self, text: str) -> None:
        """Add ``text``, which may itself hold line breaks, to the current line."""
        line = self._lines[-1]
        line.pieces.append(text)
        _, broken, last = text.rpartition("\n")
        line.column = text_width(last) + (0 if broken else line.column)

    def comment(self, text: str) -> None:
        """Put a comment at the end of the current line."""
        self._lines[-1].comment = text

    def text(self) -> str:
        """Everything written, each line with its line break."""
        return "".join(f"{line}\n" for line in self._finished())

    def _finished(self) -> Iterator[str]:
        for (_, commented), lines in groupby(self._lines, key=lambda line: line.block):
            if commented:
                yield from _aligned(list(lines))
            else:
                yield from (_joined(line, _BEFORE_COMMENT) for line in lines)


def _aligned(lines: list[_Line]) -> Iterator[str]:
    widest = max(text_width(line.text) for line in lines)
    for line in lines:
        yield _joined(line, widest - text_width(line.text) + _BEFORE_COMMENT)


def _joined(line: _Line, gap: int) -> str:
    if not line.pieces:
        return ""
    end = " " * gap + line.comment if line.comment else ""
    return f"{INDENT * line.depth}{line.text}{end}"
