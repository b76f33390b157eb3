"""A scrolling widget that draws lines by number and repaints only those that changed."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip

from tui.draw.cells import width
from tui.draw.line import Line
from tui.widgets.bindings import bound
from tui.widgets.ink import ink_of
from tui.widgets.letting_go import let_go

let_go()
_EMPTY = Line()
_STRIPS = 2
"""Screens full of painted lines that are remembered."""


class PlainBars(ScrollBarRender):
    """Scroll bars of blanks in reverse: whole cells, for terminals without block characters."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


class Canvas(ScrollView, can_focus=True):
    """Subclasses say how many lines there are and what is in each. ``heading`` lines at the top do not scroll.

    ``stale`` dims everything: the data is not current.
    """

    DEFAULT_CSS = """
    Canvas {
        background: $background;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
    }
    """
    ALLOW_SELECT = False
    BINDINGS = [
        bound("move.down", "scroll_down"),
        bound("move.up", "scroll_up"),
        bound("move.first", "scroll_home"),
        bound("move.last", "scroll_end"),
        bound("move.page_down", "page_down"),
        bound("move.page_up", "page_up"),
    ]

    heading = 0
    stale: var[bool] = var(default=False)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, classes=classes)
        self._drawn: dict[int, Line] = {}
        self._strips: dict[tuple[Line, int], Strip] = {}
        """Lines as they were painted, to be painted so again elsewhere: scrolling moves all of them."""
        self._painted_for: tuple[object, ...] = ()

    def count(self) -> int:
        """The number of scrolling lines."""
        raise NotImplementedError

    def line_at(self, index: int) -> Line:
        """Scrolling line ``index``."""
        raise NotImplementedError

    def heading_line(self, index: int) -> Line:  # noqa: ARG002 - for subclasses that have a heading
        """Line ``index`` of those that do not scroll."""
        return _EMPTY

    @property
    def cells(self) -> int:
        """The width there is to draw in."""
        return self.scrollable_content_region.width

    @property
    def rows(self) -> int:
        """The scrolling lines that are visible at once."""
        return max(self.scrollable_content_region.height - self.heading, 0)

    def on_mount(self) -> None:
        """Repaint when the theme changes."""
        if getattr(self.app, "plain_signs", False):
            self.vertical_scrollbar.renderer = self.horizontal_scrollbar.renderer = PlainBars  # type: ignore[misc]
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.refresh())

    def on_unmount(self) -> None:
        """The signal would keep every canvas there ever was."""
        self.app.theme_changed_signal.unsubscribe(self)

    def watch_stale(self) -> None:
        """Dim or undim."""
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual passes it
        """Lines are made for a width: make them again."""
        self.resized()
        self.update()

    def resized(self) -> None:
        """For subclasses whose lines depend on the size."""

    def update(self) -> None:
        """Look at the content again: the extent may have changed, and so may visible lines."""
        size = Size(self.extent(), self.count() + self.heading)
        if size != self.virtual_size:
            self.virtual_size = size
        for y in range(self.scrollable_content_region.height):
            if self._drawn.get(y) != self._line(y):
                self.refresh(Region(0, y, self.cells, 1))  # the scroll bar beside it is as it was

    def extent(self) -> int:
        """The width of the widest line, for those that scroll sideways."""
        return self.cells

    def render_line(self, y: int) -> Strip:
        """Textual asks for one visible line."""
        content = self._drawn[y] = self._line(y)
        ink, style, extent, left = ink_of(self.app), self.visual_style.rich_style, self.extent(), self._left(y)
        painted_for = (ink, style, extent, self.cells, self.stale)
        if painted_for != self._painted_for or len(self._strips) > _STRIPS * (self.size.height + 1):
            self._painted_for = painted_for
            self._strips.clear()
        strip = self._strips.get((content, left))
        if strip is None:
            strip = ink.paint(content, max(self.cells, extent), dim=self.stale).crop(left, left + self.cells)
            strip = self._strips[content, left] = strip.apply_style(style)
        return strip

    def _left(self, y: int) -> int:
        """The first cell of line ``y`` that is shown: what does not scroll does not scroll sideways either."""
        return 0 if y < self.heading else self.scroll_offset.x

    def _line(self, y: int) -> Line:
        if y < self.heading:
            return self.heading_line(y)
        index = y - self.heading + self.scroll_offset.y
        return self.line_at(index) if index < self.count() else _EMPTY

    def link_at(self, x: int, y: int) -> str:
        """The link of the span at a cell of the visible area; empty when there is none."""
        x += self._left(y)
        for span in self._line(y).spans:
            size = width(span.text)
            if x < size:
                return span.link
            x -= size
        return ""

    async def on_click(self, event: events.Click) -> None:
        """Run the action that a clicked span is linked to."""
        if link := self.link_at(event.x, event.y):
            event.stop()
            await self.run_action(link)
