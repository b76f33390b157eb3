"""From the screens beside the job list to a job, and back."""

from __future__ import annotations

from typing import Any

from textual.message import Message

from tui.screens.jobs import JobsScreen


class Visit(Message):
    """Open the job ``job_id`` at ``tab``; going back from there leads to the screen ``back``."""

    def __init__(self, job_id: str, tab: str, back: str) -> None:
        super().__init__()
        self.job_id = job_id
        self.tab = tab
        self.back = back


class MainScreen(JobsScreen):
    """The job list, that remembers from where one of its jobs was opened."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._back = ""

    def visit(self, job_id: str, tab: str, back: str) -> None:
        """Open a job at a tab, by its title; going back from there leads to the screen ``back``."""
        self.go_to(job_id)
        self.inspector.look(self.snapshot.find(job_id), stale=self.jobs.stale)
        self.open_job()
        self._back = back
        titles = [title.casefold() for title in self.inspector.titles]
        if tab.casefold() in titles:
            self.inspector.choose(titles.index(tab.casefold()))

    def action_back(self) -> None:
        """To where the job was opened from."""
        if not self._return():
            super().action_back()

    def action_leave(self) -> None:
        """To where the job was opened from."""
        if not self._return():
            super().action_leave()

    def _return(self) -> bool:
        back, self._back = self._back, ""
        if not back or not self.has_class("zoomed"):
            return False
        super().action_back()
        self.call_later(self.app.run_action, f"show('{back}')")
        return True
