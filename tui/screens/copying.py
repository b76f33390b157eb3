"""Copying with one key: what is under the cursor of the tab that is shown, else the job's id."""

from __future__ import annotations

from textual.screen import Screen

from tui.data.models import JobView
from tui.widgets.inspector import Inspector
from tui.widgets.pane import Pane


class Copying(Screen[None]):
    """Mixed into the screen with the inspector."""

    @property
    def selected(self) -> JobView | None:
        """The job that keys act on."""
        raise NotImplementedError

    def action_copy(self) -> None:
        """Through the terminal's clipboard sequence; a toast says what it was."""
        inspector = self.query_one(Inspector)
        pane = inspector.pane
        if inspector.display and isinstance(pane, Pane) and pane.copy():
            return
        if self.selected is not None:
            self.app.copy_to_clipboard(self.selected.id)
            self.app.notify(f"Copied the job's id, {self.selected.id} (where the terminal allows it).", markup=False)
