"""The piece of source under a diagnostic: numbered lines with the spans underlined, carets for the primary one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from spec.diagnostic import Label, Severity
from spec.position import SourceText
from spec.render.escape import cells, safe, text_width
from spec.render.palette import Palette

_ELLIPSIS = "..."
_MINIMUM_WIDTH = 40
_BEFORE_MARK = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A label on one line: columns of the line (1-based, in characters, ``end`` exclusive)."""

    line: int
    start: int
    end: int
    message: str
    primary: bool


def snippet(
    source: SourceText, marks: list[Mark], width: int, gutter: int, severity: Severity, palette: Palette
) -> Iterator[str]:
    """The lines of a snippet of one source text, without the arrow line above it."""
    blank = " " * gutter
    yield palette.gutter(f"{blank} |")
    previous = 0
    for line in sorted({mark.line for mark in marks}):
        if previous and line > previous + 1:
            yield (
                palette.gutter(f"{_ELLIPSIS:<{gutter}}")
                if line > previous + 2
                else _numbered(source, line - 1, gutter, palette, width)
            )
        here = sorted((mark for mark in marks if mark.line == line), key=lambda mark: (mark.start, mark.end))
        yield from _line(source, line, here, width, gutter, severity, palette)
        previous = line


def span_marks(label: Label, *, primary: bool) -> list[Mark]:
    """The marks of one label. A span over several lines is marked where it begins and where it ends."""
    line, start = label.span.start_position()
    last, end = label.span.end_position()
    if last == line:
        return [Mark(line, start, end, label.message, primary)]
    if end == 1:  # the span ends with a line break: it is over at the end of the line before
        last, end = last - 1, len(label.span.source.line(last - 1)) + 1
    if last == line:
        return [Mark(line, start, end, label.message, primary)]
    text = label.span.source.line(last)
    indent = len(text) - len(text.lstrip())
    first = Mark(line, start, len(label.span.source.line(line)) + 1, "from here ...", primary)
    return [
        first,
        Mark(last, min(indent + 1, max(end - 1, 1)), end, f"... to here: {label.message}".removesuffix(": "), primary),
    ]


def _numbered(source: SourceText, line: int, gutter: int, palette: Palette, width: int) -> str:
    shown, columns = cells(source, line)
    window = _Window(columns, 0, 0, width)
    return _joined(palette.gutter(f"{line:>{gutter}} |"), window.cut(shown))


def _line(
    source: SourceText, line: int, marks: list[Mark], width: int, gutter: int, severity: Severity, palette: Palette
) -> Iterator[str]:
    shown, columns = cells(source, line)
    anchor = next((mark for mark in marks if mark.primary), marks[0])
    window = _Window(columns, _column(columns, anchor.start), _column(columns, anchor.end), width)
    yield _joined(palette.gutter(f"{line:>{gutter}} |"), window.cut(shown))
    bar = palette.gutter(f"{' ' * gutter} |")
    # From the right: each label then has free room after its underline.
    for mark in reversed(marks):
        begin, end = window.place(_column(columns, mark.start)), window.place(_column(columns, mark.end))
        underline = ("^" if mark.primary else "-") * max(end - begin, 1)
        paint = partial(palette.severity, severity) if mark.primary else palette.gutter
        message = safe(mark.message)
        room = max(width, _MINIMUM_WIDTH)
        if not message or begin + len(underline) + 1 + text_width(message) <= room:
            yield f"{bar} {' ' * begin}{paint(f'{underline} {message}'.rstrip())}"
        else:  # below the underline, as far right as there is room for it
            yield f"{bar} {' ' * begin}{paint(underline)}"
            yield f"{bar} {' ' * max(min(begin, room - text_width(message)), 0)}{paint(message)}"


def _joined(bar: str, text: str) -> str:
    return f"{bar} {text}".rstrip() if text else bar


def _column(columns: list[int], position: int) -> int:
    """The display column of a 1-based character position; positions past the end stand just after it."""
    return columns[min(position - 1, len(columns) - 1)]


class _Window:
    """The part of a long line that is shown: ``width`` columns around what is marked."""

    def __init__(self, columns: list[int], start: int, end: int, width: int) -> None:
        width = max(width, _MINIMUM_WIDTH)
        total = columns[-1]
        self._columns = columns
        if total > width:  # dots take the place of what is left out
            width -= len(_ELLIPSIS) * 2
        self._begin = 0 if total <= width else max(0, min(start - _BEFORE_MARK, total - width))
        self._end = total if total <= width else self._begin + width
        if end < start:
            self._end = total
        self._lead = _ELLIPSIS if self._begin > 0 else ""
        self._trail = _ELLIPSIS if self._end < total else ""

    def cut(self, shown: list[str]) -> str:
        """The text of the window."""
        starts = self._columns
        kept = [text for index, text in enumerate(shown) if self._begin <= starts[index] and starts[index + 1] <= self._end]
        return self._lead + "".join(kept) + self._trail

    def place(self, column: int) -> int:
        """Where a column of the line stands in the output."""
        inside = min(max(column, self._begin), self._end)
        return inside - self._begin + text_width(self._lead)
