"""A table with a cursor that stays on its row, whatever happens to the rows around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from textual import events
from textual.message import Message

from tui.draw.cells import truncate
from tui.draw.columns import GAP, Place, place
from tui.draw.line import Ground, Line, Span, Tone, align_spans
from tui.widgets.bindings import bound
from tui.widgets.canvas import Canvas

RowT = TypeVar("RowT")
_MARK = 2
"""Cells in front of a row: the cursor, and the row's mark."""


class Column(msgspec.Struct, Generic[RowT], frozen=True):
    """One column: ``cell`` makes the spans of a row for the time ``now``; see :class:`tui.draw.columns.Sized`."""

    title: str
    width: int
    cell: Callable[[RowT, float], Iterable[Span]]
    priority: int = 0
    stretch: int = 0
    right: bool = False
    field: str = ""
    """The field of :mod:`tui.query.fields` that rows are sorted by when this column is chosen; empty: they cannot be."""


class LineTable(Canvas, Generic[RowT]):
    """Rows under a heading. The cursor is on an identity, not on a line number.

    Ten thousand rows cost what the visible ones cost.
    """

    BINDINGS = [
        bound("move.down", "move(1)"),
        bound("move.up", "move(-1)"),
        bound("move.first", "move_first"),
        bound("move.last", "move_last"),
        bound("move.page_down", "move_page(1)"),
        bound("move.page_up", "move_page(-1)"),
        bound("job.open", "open"),
    ]
    heading = 1

    class Moved(Message):
        """The cursor is on another row; ``lost`` when its former row disappeared."""

        def __init__(self, table: LineTable[Any], row_id: str, *, lost: bool) -> None:
            super().__init__()
            self.table = table
            self.row_id = row_id
            self.lost = lost

        @property
        def control(self) -> LineTable[Any]:
            """The table."""
            return self.table

    class Opened(Message):
        """Enter or a double click on a row."""

        def __init__(self, table: LineTable[Any], row_id: str) -> None:
            super().__init__()
            self.table = table
            self.row_id = row_id

        @property
        def control(self) -> LineTable[Any]:
            """The table."""
            return self.table

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        identify: Callable[[RowT], str],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._all_columns = self._columns = tuple(columns)
        self.identify = identify
        self._rows: Sequence[RowT] = ()
        self._index: Mapping[str, int] = {}
        self._places: tuple[Place, ...] = ()
        self._now = 0.0
        self._cursor = 0
        self.cursor_id = ""
        self.nothing = ""
        """What to say when there are no rows."""
        self.sorted_by = ""
        """The field whose column is marked, and which way."""
        self.sorted_up = False
        self.marks: set[str] = set()
        """The identities of the rows that are marked."""
        self._made: dict[str, tuple[RowT, bool, Line]] = {}
        """Lines of rows, by identity, as they are for a moment."""
        self._made_at = 0.0
        self.lasting = 0.0
        """The seconds of that moment, where cells depend on nothing but the row and the time: a list that is filtered is shown
        anew with every letter."""

    def show(self, rows: Sequence[RowT], now: float, places: Mapping[str, int] | None = None) -> None:
        """Draw these rows. The cursor stays on its row; when that is gone, on the one that took its place. ``places`` are the
        rows by identity, where somebody knows them already."""
        self._rows, self._now = rows, now
        if abs(now - self._made_at) >= self.lasting:
            self._made_at = now
            self._made.clear()
        self._index = {self.identify(row): number for number, row in enumerate(rows)} if places is None else places
        self._follow()
        self.update()

    @property
    def hidden(self) -> frozenset[str]:
        """The titles of the columns that are hidden by choice."""
        return frozenset(column.title for column in self._all_columns) - {column.title for column in self._columns}

    @property
    def placed_titles(self) -> frozenset[str]:
        """The titles of the columns for which there is room."""
        return frozenset(self._columns[where.index].title for where in self._places)

    def hide(self, titles: Collection[str]) -> None:
        """Show all columns but these; those of priority 0 are always shown."""
        self._columns = tuple(one for one in self._all_columns if not one.priority or one.title not in titles)
        self.resized()
        self.update()

    @property
    def ids(self) -> set[str]:
        """The identities of all rows that are shown."""
        return set(self._index)

    @property
    def current(self) -> RowT | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    def select(self, row_id: str) -> bool:
        """Put the cursor on a row; False when there is no such row."""
        if row_id not in self._index:
            return False
        self._place_cursor(self._index[row_id])
        return True

    def _follow(self) -> None:
        if not self._rows:
            self._cursor = 0
            return
        found = self._index.get(self.cursor_id)
        if found is not None:
            keep = found - self._cursor
            self._cursor = found
            if keep and self.scroll_offset.y:  # the row moved: keep it where the eye is
                self.scroll_to(y=self.scroll_offset.y + keep, animate=False)
            return
        lost = self.cursor_id != ""
        self._cursor = min(self._cursor, len(self._rows) - 1)
        self.cursor_id = self.identify(self._rows[self._cursor])
        self.post_message(self.Moved(self, self.cursor_id, lost=lost))

    def count(self) -> int:
        """The number of rows, or one line that says why there are none."""
        return len(self._rows) or int(bool(self.nothing))

    def heading_line(self, index: int) -> Line:  # noqa: ARG002 - there is one
        """The titles."""
        return self._row_line(self._title, Ground.PLAIN, Span(" " * _MARK))

    def _title(self, column: Column[RowT]) -> tuple[Span, ...]:
        link = f"screen.sort_by('{column.field}')" if column.field else ""
        if not column.field or column.field != self.sorted_by:
            return (Span(column.title, Tone.MUTED, link),)
        return (Span(f"{column.title}{'▲' if self.sorted_up else '▼'}", Tone.ACCENT, link),)

    def line_at(self, index: int) -> Line:
        """One row."""
        if not self._rows:
            return Line((Span(" " * _MARK), Span(truncate(self.nothing, self.cells - _MARK), Tone.MUTED)))
        row = self._rows[index]
        marked = bool(self.marks) and self.identify(row) in self.marks
        if index == self._cursor:
            ground = Ground.CURSOR if self.has_focus else Ground.CURSOR_BLURRED
            front = Span("▌", Tone.ACCENT if self.has_focus else Tone.FAINT)
            return Line((front, *self._plain_line(row, marked=marked).spans[1:]), ground)
        return self._plain_line(row, marked=marked)

    def _plain_line(self, row: RowT, *, marked: bool) -> Line:
        """The row without the cursor."""
        row_id = self.identify(row)
        made = self._made.get(row_id)
        if made is not None and made[0] is row and made[1] is marked:
            return made[2]
        mark = Span("*" if marked else " ", Tone.ACCENT_STRONG)
        found = self._row_line(lambda column: column.cell(row, self._now), Ground.PLAIN, Span(" "), mark)
        self._made[row_id] = (row, marked, found)
        return found

    def _row_line(self, cell: Callable[[Column[RowT]], Iterable[Span]], ground: Ground, *front: Span) -> Line:
        spans = list(front)
        for number, where in enumerate(self._places):
            if number:
                spans.append(Span(" " * GAP))
            column = self._columns[where.index]
            spans.extend(align_spans(cell(column), where.width, right=column.right))
        return Line(tuple(spans), ground)

    def resized(self) -> None:
        """Choose the columns that fit."""
        self._made.clear()
        self._places = place(self._columns, max(self.cells - _MARK - 1, 1))

    def watch_has_focus(self, value: bool) -> None:  # noqa: FBT001 - Textual's signature
        """The cursor looks different without the focus."""
        super().watch_has_focus(value)
        self.update()

    def _place_cursor(self, index: int) -> None:
        if not self._rows:
            return
        self._cursor = min(max(index, 0), len(self._rows) - 1)
        top, rows = self.scroll_offset.y, max(self.rows, 1)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + rows:
            self.scroll_to(y=self._cursor - rows + 1, animate=False)
        row_id = self.identify(self._rows[self._cursor])
        if row_id != self.cursor_id:
            self.cursor_id = row_id
            self.post_message(self.Moved(self, row_id, lost=False))
        self.update()

    def action_move(self, lines: int) -> None:
        """Down or up by lines."""
        self._place_cursor(self._cursor + lines)

    def action_move_page(self, pages: int) -> None:
        """Down or up by what is visible."""
        self._place_cursor(self._cursor + pages * max(self.rows - 1, 1))

    def action_move_first(self) -> None:
        """To the first row."""
        self._place_cursor(0)

    def action_move_last(self) -> None:
        """To the last row."""
        self._place_cursor(len(self._rows) - 1)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened(self, self.cursor_id))

    async def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there, a double click opens the row. (What is linked, as the heading, is Canvas's: Textual
        calls its handler, too.)"""
        index = event.y - self.heading + self.scroll_offset.y
        if event.y >= self.heading and index < len(self._rows):
            self._place_cursor(index)
            if event.chain > 1:
                self.action_open()
