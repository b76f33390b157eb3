"""The events tab: what happened to the job, the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from runner.model import Event
from tui.data.eventring import EventRing, record_of
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.line import Span, Tone
from tui.draw.units import age, clock_time
from tui.widgets.event_cells import kind_words, message_spans
from tui.widgets.linetable import Column, LineTable
from tui.widgets.pane import Pane, Question

_DAY = 86_400.0


def _when(row: Event, now: float) -> Iterable[Span]:
    return (Span(clock_time(row.at) if now - row.at < _DAY else f"{age(now - row.at)} ago", Tone.MUTED),)


class Events(LineTable[Event], Pane):
    """Those of the ring, and once those that are on record from before."""

    def __init__(self, ring: EventRing, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        self._ring = ring
        self._view: JobView | None = None
        self._record: dict[int, Event] = {}
        self._asked = ""
        columns: tuple[Column[Event], ...] = (
            Column("TIME", 8, _when, priority=1),
            Column("WHAT", 20, lambda row, _now: message_spans(row, self._view.name if self._view else ""), stretch=100),
            Column("KIND", 20, lambda row, _now: (Span(kind_words(row), Tone.FAINT),), priority=2),
        )
        super().__init__(columns, lambda row: str(row.revision), id=id)

    def look(self, view: JobView, now: float) -> None:
        """Draw the job's events; a cursor on the newest one stays on the newest."""
        if self._view is None or self._view.id != view.id:
            self._record, self.cursor_id, self._asked = {}, "", ""
            self.nothing = "asking the daemon…"
        self._view = view
        heard = {event.revision: event for event in self._ring.newest() if event.job_id == view.id}
        found = self._record | heard
        if self._rows and self.cursor_id == self.identify(self._rows[0]):
            self.cursor_id = ""
        self.show([found[revision] for revision in sorted(found, reverse=True)], now)

    def question(self, now: float) -> Question | None:  # noqa: ARG002 - it is asked once
        """What is on record, once for each job that is shown."""
        if self._view is None or self._asked == self._view.id:
            return None
        self._asked = job_id = self._view.id
        return Question(job_id, partial(record_of, job_id=job_id))

    def copy(self) -> bool:
        """What happened, and when."""
        row = self.current
        if row is None:
            return False
        self.app.copy_to_clipboard(f"{clock_time(row.at)} {row.message}")
        self.app.notify(f"Copied the event of {clock_time(row.at)} (where the terminal allows it).", markup=False)
        return True

    def told(self, key: str, answer: Answer, now: float) -> None:
        """It has come; a failure leaves what was heard."""
        if self._view is None or key != self._view.id:
            return
        if answer.error is not None:
            self.nothing = answer.reason
        else:
            self._record = {event.revision: event for event in answer.value}
            self.nothing = "nothing is on record: the newest 20,000 events of all jobs are kept"
        self.look(self._view, now)
