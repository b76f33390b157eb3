"""Marks in the log: lines that somebody wants to come back to, or to take elsewhere together."""

from __future__ import annotations

from textual.reactive import var

from runner.model import LogLine
from tui.tabs.logs_taking import Taking
from tui.widgets.bindings import bound
from tui.widgets.keys import key_of


class Marks(Taking):
    """Keys that mark lines and go from mark to mark."""

    BINDINGS = [
        bound("logs.mark", "mark"),
        bound("logs.next_mark", "to_mark(1)"),
        bound("logs.previous_mark", "to_mark(-1)"),
    ]
    following: var[bool] = var(default=True)

    def reveal(self, number: int) -> None:
        """Scroll until the entry is on the screen."""
        raise NotImplementedError

    def action_mark(self) -> None:
        """Mark the line at the cursor, or take its mark; without a cursor the last line on the screen."""
        entry = self.entry_at_cursor
        if entry is None:
            self._tell("There is no line to mark.")
            return
        self._shown.marks ^= {entry.offset}
        self._shown.marked = entry.offset
        self.update()

    def action_to_mark(self, step: int) -> None:
        """To the next marked line, or the one before; round the ends."""
        shown = self._shown
        marked = shown.marked_entries
        if not marked:
            hidden = "The filter hides every line that is marked." if shown.marks else ""
            self._tell(hidden or f"No line is marked: {key_of(self, 'logs.mark')} marks the one at the cursor.")
            return
        here = self._place
        beyond = [one for one in marked if (shown.number_of(one.offset) - here) * step > 0]
        found = (beyond or marked)[0 if step > 0 else -1]
        shown.marked, self.following = found.offset, False
        self.reveal(shown.number_of(found.offset))

    @property
    def _place(self) -> float:
        """The number from where to look for a mark: the cursor's, else the end of what is on the screen."""
        entry: LogLine | None = self.entry_at_cursor
        if entry is None:
            return 0
        number = self._shown.number_of(entry.offset)
        return number if self._shown.marked is not None else number + 0.5
