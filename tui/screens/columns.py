"""Which columns of the job list are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from tui.draw.cells import truncate
from tui.draw.line import Ground, Line, Span, Tone, line
from tui.query.fields import FIELDS
from tui.screens.dialog import Dialog, key_hints
from tui.widgets.lines import Lines
from tui.widgets.linetable import Column

_WIDEST = 60
_TITLE = 12
_WORDS = {"2 MIN": "rows written in the last two minutes", "NOTE": "why it needs you, or its last error"}
"""Of the columns that nothing is sorted by."""


class ColumnsScreen(Dialog[None]):
    """Every column with whether it is shown; ``fitting`` tells the titles for which there is room now. ``hide`` is called with
    the titles that are hidden from now on, at every change. Columns of priority 0 stay."""

    BINDINGS = [
        Binding("escape,q,enter", "leave", "Leave", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("space", "switch", "Hide or show", show=False),
        Binding("a", "all", "Show all", show=False),
    ]

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        hidden: Collection[str],
        fitting: Callable[[], Collection[str]],
        hide: Callable[[frozenset[str]], None],
    ) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._hidden = frozenset(hidden)
        self._fitting = fitting
        self._hide = hide
        self._chosen = 0

    def compose(self) -> ComposeResult:
        """The title, the columns, the keys."""
        with Vertical(id="box"):
            yield Lines(id="words")
            yield Lines(id="actions")
            yield Lines(id="keys")

    def on_mount(self) -> None:
        """The dialog itself hears the keys."""
        for lines in self.query(Lines):
            lines.can_focus = False
        self.call_after_refresh(self._draw)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - Textual passes it
        """The lines are made for a width."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        cells, fitting = self.room(_WIDEST), self._fitting()
        for lines in self.query(Lines):
            lines.styles.width = cells
        self.query_one("#words", Lines).show([line(Span("Columns of the job list", Tone.STRONG))])
        shown = self.query_one("#actions", Lines)
        shown.styles.height = min(len(self._columns), max(self.app.size.height - 2, 1))  # the title and the keys stay
        shown.show([self._line(number, fitting, cells) for number in range(len(self._columns))])
        self.call_after_refresh(self._reveal)
        keys = key_hints(("space", "hide or show"), ("a", "show all"), ("esc", "done"))
        self.query_one("#keys", Lines).show([keys])

    def _reveal(self) -> None:
        """Scroll until the chosen line is on the screen."""
        shown = self.query_one("#actions", Lines)
        shown.scroll_to(y=max(self._chosen + 1 - shown.rows, 0), animate=False)

    def _line(self, number: int, fitting: Collection[str], cells: int) -> Line:
        column, link = self._columns[number], f"screen.choose({number})"
        is_shown, is_chosen = column.title not in self._hidden, number == self._chosen
        spans = (
            Span("▌ " if is_chosen else "  ", Tone.ACCENT, link),
            Span("✓ " if is_shown else "  ", Tone.ACCENT_STRONG, link),
            Span(f"{column.title:<{_TITLE}}", Tone.STRONG if is_shown else Tone.MUTED, link),
            Span(truncate(self._words(column, fitting), max(cells - _TITLE - 4, 1)), Tone.MUTED, link),
        )
        return Line(spans, Ground.CURSOR if is_chosen else Ground.PLAIN)

    def _words(self, column: Column[Any], fitting: Collection[str]) -> str:
        words = FIELDS[column.field].words if column.field else _WORDS.get(column.title, "")
        if not column.priority:
            return "always shown"
        if column.title not in self._hidden and column.title not in fitting:
            return "no room for it now"
        return words

    def action_move(self, lines: int) -> None:
        """Down or up."""
        self._chosen = min(max(self._chosen + lines, 0), len(self._columns) - 1)
        self._draw()

    def action_switch(self) -> None:
        """Hide the column under the cursor, or show it again."""
        column = self._columns[self._chosen]
        if column.priority:
            self._change(self._hidden ^ {column.title})
        else:
            self.app.notify(f"{column.title} is always shown.", markup=False)

    def action_all(self) -> None:
        """Hide none."""
        self._change(frozenset())

    def action_choose(self, number: int) -> None:
        """The column that was clicked."""
        self._chosen = number
        self.action_switch()
        self._draw()

    def _change(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden
        self._hide(hidden)
        self._draw()

    def action_leave(self) -> None:
        """Everything is done already."""
        self.dismiss(None)
