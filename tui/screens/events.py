"""What happened in all jobs, as it happens, and who did what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from runner.audit import AuditEntry, AuditOutcome, AuditPage
from runner.client import Client
from runner.model import Event
from tui.data.eventring import Gap, replay
from tui.draw.cells import wrap
from tui.draw.line import Line, Span, Tone, fit_spans, line
from tui.draw.units import UNKNOWN, age, clock_time
from tui.query.audit_words import action_words
from tui.screens.beside import Beside, Means
from tui.widgets.event_cells import event_tone, kind_words, message_spans
from tui.widgets.linetable import Column, LineTable
from tui.widgets.pane import Question

_ENTRIES = 300
_DAY = 86_400.0
_OUTCOMES = {
    AuditOutcome.DONE: ("✓ done", Tone.ACCENT),
    AuditOutcome.REFUSED: ("○ refused", Tone.AMBER),
    AuditOutcome.FAILED: ("✗ failed", Tone.RED),
}


def _when(at: float, now: float) -> Iterable[Span]:
    """The time of day; of what is older than a day how many days ago."""
    return (Span(clock_time(at) if now - at < _DAY else f"{age(now - at)} ago", Tone.MUTED),)


def _outcome(row: AuditEntry, _now: float) -> Iterable[Span]:
    return (Span(*_OUTCOMES[row.outcome]),)


def _action(row: AuditEntry, _now: float) -> Iterable[Span]:
    return (Span(action_words(row.action), Tone.MUTED if row.action.endswith("(dry run)") else Tone.STRONG),)


def _reason(row: AuditEntry, _now: float) -> Iterable[Span]:
    text = " ".join(part for part in (f"({row.code})" if row.code else "", row.reason.split("\n", 1)[0]) if part)
    return (Span(text or UNKNOWN, Tone.TEXT if text else Tone.FAINT),)


def _replayed(client: Client, gap: Gap) -> tuple[Gap, tuple[Event, ...]]:
    return gap, replay(client, gap)


class EventsScreen(Beside):
    """Two tables, the newest first."""

    NAME: ClassVar[str] = "events"
    HEADLINE: ClassVar[str] = "What happened"
    SHEETS: ClassVar[tuple[str, ...]] = ("Events", "Audit")
    PACE: ClassVar[float] = 2.0
    FOOT: ClassVar[int] = 3
    FOLLOWS: ClassVar[bool] = True

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._names: dict[str, str] = {}
        self._audit: AuditPage | None = None
        self._events: list[Event] = []
        self._changes = -1

    def make_tables(self) -> Sequence[LineTable[Any]]:
        """Events, and the audit trail."""
        events: tuple[Column[Event], ...] = (
            Column("TIME", 8, lambda row, now: _when(row.at, now), priority=1),
            Column("JOB", 12, lambda row, _now: (Span(self._job_name(row.job_id) or UNKNOWN, Tone.STRONG),), stretch=8),
            Column("WHAT", 20, lambda row, _now: message_spans(row, self._job_name(row.job_id)), stretch=220),
        )
        audit: tuple[Column[AuditEntry], ...] = (
            Column("TIME", 8, lambda row, now: _when(row.at, now), priority=2),
            Column("WHO", 10, lambda row, _now: (Span(row.who, Tone.TEXT),), priority=3, stretch=6),
            Column("ACTION", 14, _action, stretch=4),
            Column("TARGET", 14, lambda row, _now: (Span(self._target(row), Tone.TEXT),), priority=1, stretch=16),
            Column("OUTCOME", 9, _outcome),
            Column("REASON", 14, _reason, priority=4, stretch=200),
        )
        return (
            LineTable[Event](events, lambda row: str(row.revision), id="events"),
            LineTable[AuditEntry](audit, lambda row: str(row.id), id="audit"),
        )

    def _job_name(self, job_id: str | None) -> str:
        return self._names.get(job_id, job_id[:12]) if job_id else ""

    def _target(self, entry: AuditEntry) -> str:
        """The name of the job when it was called by its id."""
        if entry.job_id and entry.target.startswith(entry.job_id):
            return self._job_name(entry.job_id) + entry.target.removeprefix(entry.job_id).replace("/", " #", 1)
        return entry.target or UNKNOWN

    def rows(self, now: float) -> Sequence[Any] | None:  # noqa: ARG002 - the same at any time
        """The newest first."""
        self._names = {view.id: view.name for view in self.snapshot.jobs}
        if self.sheet == 1:
            return None if self._audit is None else self._audit.entries
        ring = self.means.events
        if self._changes != ring.changes:
            self._changes, self._events = ring.changes, ring.newest()
        return self._events if self._events or ring.gap is None else None

    def text_of(self, row: Any) -> str:
        """What stands in the row."""
        if isinstance(row, Event):
            return f"{self._job_name(row.job_id)} {row.job_id or ''} {kind_words(row)} {row.kind} {row.message}"
        words = f"{row.who} {action_words(row.action)} {row.action} {row.target} {self._target(row)}"
        return f"{words} {row.outcome} {row.code} {row.reason}"

    def job_of(self, row: Any) -> str:
        """Its job."""
        return row.job_id or ""

    def tab_of(self, row: Any) -> str:
        """Where there is more about it."""
        kind = row.kind if isinstance(row, Event) else ""
        if kind.startswith("checkpoint"):
            return "Checkpoints"
        if kind.startswith("savepoint"):
            return "Savepoints"
        if kind.startswith(("job.reload", "job.generation")):
            return "Spec"
        return "Errors" if isinstance(row, Event) and event_tone(row) is Tone.RED else "Overview"

    def summary(self, now: float) -> Sequence[Span]:  # noqa: ARG002 - the same at any time
        """How many."""
        if self.sheet == 1:
            more = self._audit is not None and self._audit.next is not None
            words = f"the newest {_ENTRIES}; flowdeck audit shows more" if more else "who did what, newest first"
            return (Span(words, Tone.MUTED),)
        return (Span(f"{len(self._events):,}, newest first", Tone.MUTED),) if self._events else ()

    def foot(self, row: Any, now: float, cells: int) -> Sequence[Line]:
        """All of it."""
        if isinstance(row, Event):
            head = f"  {kind_words(row)}   {age(now - row.at)} ago   event {row.revision:,}"
            told = [Span(f"  {part}") for part in wrap(row.message, max(cells - 4, 10))][:2]
        else:
            head = f"  {row.action}   {row.who}{f' from {row.remote}' if row.remote else ''}   {age(now - row.at)} ago"
            told = [Span(f"  {row.target}"), Span(f"  {row.reason or 'no reason given'}", Tone.MUTED)]
        return [Line(fit_spans((span,), cells)) for span in (Span(head, Tone.MUTED), *told)]

    def empty(self, now: float) -> Sequence[Line]:  # noqa: ARG002 - the same at any time
        """Nothing has happened, or nobody has done anything."""
        words = ("nothing is in the audit trail", "It has every change that somebody asked for, done or refused.")
        if self.sheet == 0:
            words = ("nothing has happened yet", "Starts, ends, checkpoints, failures and reloads appear here as they happen.")
        return [
            line(Span(words[0], Tone.STRONG)),
            Line(),
            line(Span(words[1], Tone.MUTED)),
            Line(),
            line(
                *self.key("view.back", "back to the jobs   ", "screen.back"),
                Span("tab", Tone.ACCENT_STRONG),
                Span(" the other table"),
            ),
        ]

    def questions(self, now: float) -> Sequence[Question]:  # noqa: ARG002 - the same at any time
        """The audit trail while it is shown; events come by themselves, but for those of before."""
        if self.sheet == 1:
            return (Question("audit", lambda client: client.audit(limit=_ENTRIES)),)
        gap = self.means.events.gap
        if gap is None:
            return ()
        return (Question(f"events {gap.since} {gap.until}", partial(_replayed, gap=gap)),)

    def told(self, key: str, value: Any, now: float) -> None:  # noqa: ARG002 - entries carry their own times
        """They have come."""
        if key == "audit":
            self._audit = value
        else:
            self.means.events.fill(*value)
