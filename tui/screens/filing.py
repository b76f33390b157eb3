"""From a key on the job list to a job file: a new one, or the selected job's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from textual.screen import Screen

from runner.model import Job
from tui.data.lane import Lane
from tui.data.models import JobView
from tui.data.snapshot import Snapshot
from tui.widgets.looking import refuses_writes

_LOOK_SECONDS: Final = 0.2
_LOOKS: Final = 25


class Filing(Screen[None]):
    """Mixed into the screen that knows the selected job."""

    reading: Lane
    acting: Lane
    snapshot: Snapshot

    def go_to(self, job_id: str) -> None:
        """Put the cursor on a job."""
        raise NotImplementedError

    def handed_in(self, job: Job | None) -> None:
        """Say so."""
        raise NotImplementedError

    @property
    def selected(self) -> JobView | None:
        """The job that keys act on."""
        raise NotImplementedError

    def action_submit_file(self) -> None:
        """Choose a job file and hand it in."""
        self._file("")

    def action_edit_file(self) -> None:
        """The file of the selected job: edit it, see what that changes, apply it."""
        view = self.selected
        path = view.job.file if view is not None else None
        if path is None or not Path(path).is_file():
            words = "The job was submitted without a file." if path is None else f"{path} is not on this machine."
            self.app.notify(words if view is not None else "No job is selected.", severity="warning", markup=False)
            return
        self._file(path)

    def _go_when_known(self, job_id: str, looks: int) -> None:
        """A new job is not on the list yet when the daemon has answered."""
        if self.snapshot.find(job_id) is not None:
            self.go_to(job_id)
        elif looks:
            self.set_timer(_LOOK_SECONDS, partial(self._go_when_known, job_id, looks - 1))

    def _file(self, path: str) -> None:
        if refuses_writes(self):
            return
        from tui.screens.submit import SubmitScreen  # not needed for the first paint

        def after(job: Job | None) -> None:
            if job is not None:
                self.handed_in(job)
                self._go_when_known(job.id, _LOOKS)

        screen = SubmitScreen(self.reading, self.acting, path)
        self.app.push_screen(screen, after)
        if path:
            screen.call_after_refresh(screen.action_edit)
