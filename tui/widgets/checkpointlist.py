"""What the tabs that list checkpoints of a job share: asking the daemon again when there is another one, and keeping what was
said last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from runner.client import Client
from runner.model import Checkpoint, CheckpointKind
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.widgets.linetable import Column, LineTable
from tui.widgets.pane import Pane, Question

_PACE = 5.0


class CheckpointList(LineTable[Checkpoint], Pane):
    """A list of one job's checkpoints; subclasses say which, and why there may be none."""

    def __init__(self, columns: Sequence[Column[Checkpoint]], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(columns, lambda row: str(row.id), id=id)
        self._view: JobView | None = None
        self._list: tuple[Checkpoint, ...] = ()
        self._asked_key = ""
        self._asked_at = 0.0

    def work(self, job_id: str) -> Callable[[Client], Any]:
        """How the list is asked for."""
        raise NotImplementedError

    def why_none(self, view: JobView) -> str:
        """What to say of a job that has none."""
        raise NotImplementedError

    def look(self, view: JobView, now: float) -> None:
        """Draw the job's list."""
        if self._view is None or self._view.id != view.id:
            self._list, self.cursor_id, self._asked_key = (), "", ""
            self.nothing = "asking the daemon…"
        self._view = view
        self.show(self._list, now)

    def question(self, now: float) -> Question | None:
        """The list, again as soon as the job's last checkpoint is another or the job is in another state."""
        if self._view is None:
            return None
        last = self._view.checkpoint
        key = f"{self._view.id} {last.id if last else 0} {last.status if last else ''} {self._view.state}"
        if key == self._asked_key and now - self._asked_at < _PACE:
            return None
        self._asked_key, self._asked_at = key, now
        return Question(key, self.work(self._view.id))

    def copy(self) -> bool:
        """Where it is kept; else its number, which a restart takes."""
        row = self.current
        if row is None:
            return False
        kept = row.place.path if row.place is not None else ""
        noun = "savepoint" if row.kind is CheckpointKind.SAVEPOINT else "checkpoint"
        what = f"where #{row.id} is kept" if kept else f"the number of {noun} {row.id}"
        self.app.copy_to_clipboard(kept or str(row.id))
        self.app.notify(f"Copied {what} (where the terminal allows it).", markup=False)
        return True

    def told(self, key: str, answer: Answer, now: float) -> None:
        """The list has come; a failure leaves the last one."""
        if self._view is None or not key.startswith(self._view.id):
            return
        if answer.error is not None:
            self.nothing = answer.reason
        else:
            self._list = tuple(answer.value)
            self.nothing = self.why_none(self._view)
        self.show(self._list, now)
