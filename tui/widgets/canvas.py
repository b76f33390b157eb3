"""A scrolling widget that draws lines by number and repaints only those that changed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from rich.style import Style
from textual import events
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from tui.draw.cells import width
from tui.draw.line import Line
from tui.widgets.bindings import bound
from tui.widgets.ink import Ink, ink_of
from tui.widgets.letting_go import let_go
from tui.widgets.steadybar import PlainBars, SteadyBar

let_go()
_EMPTY = Line()
_STRIPS = 2
"""Screens full of painted lines that are remembered."""


class _Look(NamedTuple):
    """What all lines of a canvas are painted with."""

    ink: Ink
    style: Style
    background: Color
    filters: tuple[LineFilter, ...]
    size: int
    cells: int
    extent: int
    stale: bool

    def paint(self, content: Line, left: int) -> Strip:
        """A line from its cell ``left`` on."""
        strip = self.ink.paint(content, max(self.cells, self.extent), dim=self.stale).crop(left, left + self.cells)
        strip = strip.apply_style(self.style).adjust_cell_length(self.size, Style(bgcolor=self.background.rich_color))
        for line_filter in self.filters:
            strip = strip.apply_filter(line_filter, self.background)
        return strip


class Canvas(ScrollView, can_focus=True):
    """Subclasses say how many lines there are and what is in each. ``heading`` lines at the top do not scroll.

    ``stale`` dims everything: the data is not current. Of the styles only background and size count: a canvas has no border,
    no padding, no tint and no opacity.
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
        self._look: _Look | None = None

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

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """One that is not painted again for every line that is scrolled."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = SteadyBar(name="vertical", thickness=self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)  # noqa: SLF001 - as the property that this replaces does
        return self._vertical_scrollbar

    def update(self) -> None:
        """Look at the content again: the extent may have changed, and so may visible lines."""
        self._extend(Size(self.extent(), self.count() + self.heading))
        cells = self.cells  # the bar beside them is as it was
        if changed := [Region(0, y, cells, lines) for y, lines in self._changed()]:
            self.refresh(*changed)

    def _extend(self, size: Size) -> None:
        """There is so much to scroll over. The screen is only laid out again when a part of it is as large as what is in it."""
        if size == self.virtual_size:
            return
        if self.styles.auto_dimensions:
            self.virtual_size = size
        else:
            self.set_reactive(Canvas.virtual_size, size)
            self._scroll_update(size)

    def _changed(self) -> Iterator[tuple[int, int]]:
        """Where lines are not as they were painted, and how many follow each other there."""
        drawn, visible = self._drawn, range(self.scrollable_content_region.height)
        for differs, run in itertools.groupby(visible, lambda y: drawn.get(y) != self._line(y)):
            if differs:
                lines = list(run)
                yield lines[0], len(lines)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """What is scrolled to is most often another line in each place, but not always."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        if round(old_value) != round(new_value):
            self.update()

    def extent(self) -> int:
        """The width of the widest line, for those that scroll sideways."""
        return self.cells

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual asks for visible lines. Its own way to them looks for two dozen styles that no canvas has, for each line."""
        look = _Look(
            ink=ink_of(self.app),
            style=self.visual_style.rich_style,
            background=self.background_colors[1],
            filters=tuple(self.get_line_filters()),
            size=self.size.width,
            cells=self.cells,
            extent=self.extent(),
            stale=self.stale,
        )
        if look != self._look or len(self._strips) > _STRIPS * (self.size.height + 1):
            self._look = look
            self._strips.clear()
        strips = [self._strip(y, look) for y in crop.line_range]
        return strips if crop.column_span == (0, look.size) else [strip.crop(*crop.column_span) for strip in strips]

    def _strip(self, y: int, look: _Look) -> Strip:
        content, left = self._line(y), self._left(y)
        self._drawn[y] = content
        strip = self._strips.get((content, left))
        if strip is None:
            strip = self._strips[content, left] = look.paint(content, left)
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
