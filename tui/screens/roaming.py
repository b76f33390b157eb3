"""Moving about in a screen beside the job list: between tables, to words, to the job of a row, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.data.models import JobView
from tui.query.words import Words
from tui.screens.acting import Acting
from tui.screens.content import Content
from tui.screens.help import HelpScreen
from tui.screens.visit import Visit
from tui.settings.commands import COMMANDS
from tui.settings.keymap import Keymap
from tui.widgets.linetable import LineTable
from tui.widgets.wordbar import WordBar

if TYPE_CHECKING:
    from textual.screen import Screen

    class _Base(Content, Screen[None]):
        """What it is mixed into."""
else:
    _Base = object


class Roaming(Acting, _Base):
    """Mixed into a screen that has a content."""

    keymap: Keymap
    sheet: int
    words: Words
    tables: tuple[LineTable[Any], ...]

    @property
    def is_shown(self) -> bool:
        """Whether nothing covers it."""
        return bool(self.tables) and self.is_mounted and self.app.is_running and self.app.screen is self

    def redraw(self) -> None:
        """Draw everything."""
        raise NotImplementedError

    def draw_row(self) -> None:
        """Draw what depends on the row under the cursor."""
        raise NotImplementedError

    @property
    def table(self) -> LineTable[Any]:
        """The one that is shown."""
        return self.tables[self.sheet]

    @property
    def selected(self) -> JobView | None:
        """The job of the row under the cursor."""
        return self.view_of(self.table.current) if self.tables else None

    def view_of(self, row: Any) -> JobView | None:
        """The job that a row is about, as it stands now; None for none, and for one that is deleted."""
        job_id = self.job_of(row) if row is not None else ""
        return self.snapshot.find(job_id) if job_id else None

    def choose(self, sheet: int) -> None:
        """Show another table."""
        self.sheet = sheet
        for number, table in enumerate(self.tables):
            table.set_class(number == sheet, "chosen")
        self.call_after_refresh(self.refocus)
        self.call_after_refresh(self.redraw)

    def refocus(self) -> None:
        """To the table, unless words are being typed."""
        if not self.query_one(WordBar).has_class("editing"):
            self.table.focus()

    def action_sheet(self, steps: int) -> None:
        """The next table."""
        if len(self.tables) > 1:
            self.choose((self.sheet + steps) % len(self.tables))

    def on_line_table_moved(self, event: LineTable.Moved) -> None:
        """Another row is under the cursor."""
        event.stop()
        if self.is_shown:
            self.draw_row()

    def on_line_table_opened(self, event: LineTable.Opened) -> None:
        """Enter: the job, at the tab that tells more."""
        event.stop()
        row = self.table.current
        if row is not None:
            self._visit(row, self.tab_of(row))

    def action_open(self) -> None:
        """As enter on the row."""
        self.table.action_open()

    def action_tab(self, number: int) -> None:
        """The job of the row at this tab."""
        titles = [command.id.removeprefix("tab.") for command in COMMANDS.values() if command.id.startswith("tab.")]
        if self.table.current is not None and number <= len(titles):
            self._visit(self.table.current, titles[number - 1])

    def _visit(self, row: Any, tab: str) -> None:
        job_id = self.job_of(row)
        if not job_id:
            self.toast("This row is about no job.", severity="warning")
        elif self.view_of(row) is None:
            self.toast("That job is deleted; flowdeck undelete brings it back.", severity="warning")
        else:
            self.post_message(Visit(job_id, tab, self.NAME))

    def action_back(self) -> None:
        """To the job list."""
        self.app.pop_screen()

    def action_leave(self) -> None:
        """Drop the words; without any, back to the job list."""
        if self.words.text:
            self.action_clear_filter()
        else:
            self.action_back()

    def action_filter(self) -> None:
        """Look for words."""
        self.query_one(WordBar).edit(self.words.text)

    def action_clear_filter(self) -> None:
        """Show everything."""
        self.query_one(WordBar).clear()

    def on_word_bar_changed(self, event: WordBar.Changed) -> None:
        """Filter while typing."""
        event.stop()
        self.words = Words.of(event.text)
        self.redraw()

    def on_word_bar_left(self, event: WordBar.Left) -> None:
        """Typing is over."""
        event.stop()
        self.refocus()
        self.redraw()

    def action_copy(self) -> None:
        """The id of the row's job, through the terminal's clipboard sequence."""
        row = self.table.current
        job_id = self.job_of(row) if row is not None else ""
        if job_id:
            self.app.copy_to_clipboard(job_id)
            self.toast(f"Copied {job_id} (where the terminal allows it).")

    def action_help(self) -> None:
        """The keys."""
        self.app.push_screen(HelpScreen(self.keymap), self._chosen_from_help)

    async def _chosen_from_help(self, action: str | None) -> None:
        if action and not await self.app.run_action(action, self):
            self.toast(f"That belongs to the job list; {self.keymap.first('view.back')} goes back to it.", severity="warning")
