"""A canvas whose lines are given to it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.draw.line import Line
from tui.widgets.canvas import Canvas


class Lines(Canvas):
    """Shows the lines it was last given. ``sideways`` lets wide lines be scrolled into view instead of being cut."""

    def __init__(self, *, id: str | None = None, classes: str | None = None, sideways: bool = False) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._sideways = sideways
        self._widest = 0

    def show(self, lines: Sequence[Line]) -> None:
        """Draw these lines; those that are the same as before are not repainted."""
        self._lines = tuple(lines)
        self._widest = max((line.width for line in self._lines), default=0) if self._sideways else 0
        self.update()

    def count(self) -> int:
        """The number of lines."""
        return len(self._lines)

    def line_at(self, index: int) -> Line:
        """One of the lines."""
        return self._lines[index]

    def extent(self) -> int:
        """The widest line when it may be scrolled to."""
        return max(self.cells, self._widest)


class Bar(Lines, can_focus=False):
    """A fixed line or two that cannot be focused: headers and key bars."""

    DEFAULT_CSS = """
    Bar {
        height: 1;
        background: $surface;
        overflow-y: hidden;
        scrollbar-gutter: auto;
        scrollbar-size-vertical: 0;
    }
    """
