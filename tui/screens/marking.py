"""Marked jobs: what actions are done to instead of the selected one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.data.models import JobView
from tui.screens.acting import Acting
from tui.widgets.linetable import LineTable

if TYPE_CHECKING:
    from textual.app import App


class Marking(Acting):
    """Mixed into the screen with the table of jobs."""

    if TYPE_CHECKING:
        app: App[int]

    @property
    def jobs(self) -> LineTable[JobView]:
        """The table."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw everything."""
        raise NotImplementedError

    @property
    def marked(self) -> list[JobView]:
        """Those that still exist, in the order of the list, also those that the filter hides."""
        marks = self.jobs.marks
        return [view for view in self.snapshot.jobs if view.id in marks] if marks else []

    def forget_marks(self) -> None:
        """Of jobs that are gone."""
        if self.jobs.marks:
            self.jobs.marks &= {view.id for view in self.snapshot.jobs}

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark, and go on to the next."""
        view = self.selected
        if view is not None and self.jobs.has_focus:
            self.jobs.marks ^= {view.id}
            self.jobs.action_move(1)
            self.redraw()

    def action_mark_all(self) -> None:
        """Mark all rows that the filter shows; when they are, take their marks."""
        shown = self.jobs.ids
        self.jobs.marks = self.jobs.marks - shown if shown <= self.jobs.marks else self.jobs.marks | shown
        self.redraw()

    def drop_marks(self) -> bool:
        """Take all marks; False when there was none."""
        had = bool(self.jobs.marks)
        if had:
            self.jobs.marks = set()
            self.redraw()
        return had
