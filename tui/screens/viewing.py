"""How the job list is looked at: which columns it has, and the views that are kept by name."""

from __future__ import annotations

from textual.message import Message
from textual.screen import Screen

from tui.query.fields import FIELDS
from tui.query.order import Order
from tui.screens.sorting import Sorting
from tui.settings.keymap import Keymap
from tui.settings.memory import View
from tui.widgets.columns import JOB_COLUMNS
from tui.widgets.filterbar import FilterBar


class Viewing(Sorting, Screen[None]):
    """Mixed into the screen with the table of jobs and the filter. What it posts is remembered by the application."""

    keymap: Keymap

    class Kept(Message):
        """A view under a name."""

        def __init__(self, name: str, view: View) -> None:
            super().__init__()
            self.name = name
            self.view = view

    class Hid(Message):
        """These columns, by title, are hidden, and no others."""

        def __init__(self, titles: frozenset[str]) -> None:
            super().__init__()
            self.titles = titles

    def action_columns(self) -> None:
        """Choose them."""
        from tui.screens.columns import ColumnsScreen  # not needed for the first paint

        table = self.jobs
        self.app.push_screen(ColumnsScreen(JOB_COLUMNS, table.hidden, lambda: table.placed_titles, self._hide))

    def _hide(self, titles: frozenset[str]) -> None:
        self.jobs.hide(titles)
        self.post_message(self.Hid(titles))

    @property
    def view(self) -> View:
        """The filter and the order as they are."""
        order = self._arrangement.order
        return View(self.query_one(FilterBar).text, order.field, order.reverse)

    def open_view(self, view: View) -> None:
        """Filter and sort by it."""
        self.query_one(FilterBar).put(view.filter)
        if view.sort is not None and (view.sort in FIELDS or not view.sort):
            self.sort(Order(view.sort, view.reverse))

    def action_save_view(self) -> None:
        """Keep the filter and the order under a name."""
        from tui.screens.naming import NamingScreen  # not needed for the first paint

        view = self.view
        if view == View("", ""):
            filtering, sorting = self.keymap.first("filter.edit"), self.keymap.first("sort.next")
            self.toast(f"There is nothing to keep: {filtering} filters, {sorting} sorts.", severity="warning")
            return

        def named(name: str | None) -> None:
            if name:
                self.post_message(self.Kept(name, view))
                self.toast(f"{self.keymap.first('palette')} opens it: v {name}.")

        self.app.push_screen(NamingScreen(f"Save the view ({view.words}) as"), named)
