"""Taking what the log shows elsewhere: to the clipboard, to a pager, to a file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from textual import events

from runner.model import LogLine
from spec.errors import FlowdeckError
from tui.data.clean import clean
from tui.data.models import JobView
from tui.data.programs import pager, private_file, write_new
from tui.draw.units import clock_time, plural
from tui.tabs.logs_lines import text_of
from tui.tabs.logs_shown import Shown
from tui.widgets.bindings import bound
from tui.widgets.canvas import Canvas
from tui.widgets.outside import run_outside


class Taking(Canvas):
    """What is taken is what is shown: the filter and the level count."""

    BINDINGS = [*(bound(f"logs.{name}", name) for name in ("copy", "pager", "write"))]
    _view: JobView | None

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._shown = Shown()
        self._drawn_from: LogLine | None = None
        self._has_drawn = False

    def action_copy(self) -> None:
        """The marked lines; without any the one at the cursor."""
        marked, entry = self._shown.marked_entries, self.entry_at_cursor
        if marked:
            self._copy(marked)
        elif entry is None:
            self._tell("There is no line to copy.")
        else:
            self.app.copy_to_clipboard(text_of(entry))
            self._tell(f"Copied the line of {clock_time(entry.at)} (where the terminal allows it).")

    def copy(self) -> bool:
        """The line at the cursor, or the marked ones."""
        self.action_copy()
        return True

    def _copy(self, entries: Sequence[LogLine]) -> None:
        self.app.copy_to_clipboard("\n".join(map(text_of, entries)))
        self._tell(f"Copied {plural(len(entries), 'line')} (where the terminal allows it).")

    @property
    def entry_at_cursor(self) -> LogLine | None:
        """The entry at the cursor; without a cursor the last one on the screen."""
        found = next((entry for entry in self._shown.entries if entry.offset == self._shown.marked), None)
        return found or self._shown.entry_at(min(self.scroll_offset.y + self.rows, self._shown.count) - 1)

    # the mouse: a click puts the cursor on a line, drawing over several copies them

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Perhaps the first of several."""
        self._has_drawn = False
        if event.button == 1 and self._entry_below(event.y) is not None:
            self._drawn_from = self._entry_below(event.y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Over these lines."""
        first, last = self._drawn_from, self._entry_below(event.y)
        if first is not None and last is not None and (last != first or self._shown.drawn_over):
            self._shown.drawn_over = self._shown.between(first, last)
            self.update()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Copy what was drawn over. (A click follows: it moves no cursor then.)"""
        self.release_mouse()
        over, self._drawn_from, self._shown.drawn_over = self._shown.drawn_over, None, frozenset()
        if not over:
            return
        event.stop()
        self._has_drawn = True
        self._copy([entry for entry in self._shown.entries if entry.offset in over])
        self.update()

    async def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a line."""
        if self._has_drawn:
            self._has_drawn = False
            return
        entry = self._entry_below(event.y)
        if entry is not None:
            self._shown.marked = None if self._shown.marked == entry.offset else entry.offset
            self.update()

    def _entry_below(self, y: int) -> LogLine | None:
        """The entry at a line of the widget."""
        return self._shown.entry_at(y - self.heading + self.scroll_offset.y) if y >= self.heading else None

    # elsewhere

    def action_pager(self) -> None:
        """Everything that is shown here, in the person's own pager."""
        if not self._shown.entries or self._view is None:
            self._tell("There is nothing to show yet.")
            return
        try:
            command = pager(os.environ)
            with private_file(f"{self._view.name}.log", self._text()) as path:
                trouble = run_outside(self.app, [*command, str(path)])
        except FlowdeckError as error:
            trouble = f"{error.message}: {error.hint}"
        except OSError as error:
            trouble = f"no file could be written for it: {clean(error.strerror or str(error))}"
        if trouble:
            self._tell(f"{trouble[:1].upper()}{trouble[1:]}.")

    async def action_write(self) -> None:
        """Everything that is shown here, in a new file of the directory that flowdeck was started in."""
        if not self._shown.entries or self._view is None:
            self._tell("There is nothing to write yet.")
            return
        stem = f"{self._view.name}-{datetime.now(UTC).astimezone():%Y%m%d-%H%M%S}"
        text, lines = self._text(), len(self._shown.entries)
        try:
            path = await asyncio.to_thread(write_new, Path.cwd(), stem, ".log", text)
        except OSError as error:
            self._tell(f"Nothing was written: {clean(error.strerror or str(error))}.")
            return
        self._tell(f"Wrote {lines:,} lines to {clean(str(path))}.")

    def _text(self) -> str:
        return "".join(f"{text_of(entry)}\n" for entry in self._shown.entries)

    def _tell(self, words: str) -> None:
        self.app.notify(words, markup=False)
