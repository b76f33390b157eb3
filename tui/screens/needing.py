"""Going from one job that needs somebody to the next, with the reason of each."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from tui.data.models import JobView
from tui.data.snapshot import Snapshot
from tui.query.attention import needs
from tui.query.cause import cause
from tui.query.filter import Filter
from tui.settings.keymap import Keymap
from tui.widgets.linetable import LineTable

_SHORT_TOAST, _LONG_TOAST = 4.0, 6.0


class Needing(Screen[None]):
    """Mixed into the screen with the table of jobs and the filter."""

    clock: Callable[[], float]
    keymap: Keymap
    snapshot: Snapshot
    _filter: Filter

    @property
    def jobs(self) -> LineTable[JobView]:
        """The table."""
        raise NotImplementedError

    def action_next_problem(self) -> None:
        """The next job that needs someone, below the cursor and then from the top."""
        now = self.clock()
        needing = [view for view in self.snapshot.jobs if view.need and self._filter.accepts(view.job, now)]
        if not needing:
            self._say_none()
            return
        ids = [view.id for view in needing]
        at = ids.index(self.jobs.cursor_id) + 1 if self.jobs.cursor_id in ids else self._next_below(ids)
        view = needing[at % len(needing)]
        self.jobs.select(view.id)
        self._say_why(view, now)

    def _say_none(self) -> None:
        hidden = len(self.snapshot.tally.needing)
        words = f"{hidden} hidden by the filter; {self.keymap.first('filter.clear')} clears it."
        self.app.notify(words if hidden else "No job needs you.", markup=False)

    def _say_why(self, view: JobView, now: float) -> None:
        """The need, the cause and its place in a line or two: long enough on the screen to be read."""
        found = needs(view.job, now, view.known)
        why = cause(view.job, found[0]) if found else ""
        words = f"{view.name}: {view.need}{f': {why}' if why else '.'}"
        self.app.notify(words, timeout=_LONG_TOAST if why else _SHORT_TOAST, markup=False)

    def _next_below(self, ids: list[str]) -> int:
        order = {view.id: number for number, view in enumerate(self.snapshot.jobs)}
        here = order.get(self.jobs.cursor_id, -1)
        return next((number for number, job_id in enumerate(ids) if order[job_id] > here), 0)
