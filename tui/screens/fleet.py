"""The worker processes of all jobs, the queues, the machine, and whether the daemon works."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from runner.cluster import ComponentHealth, FleetWorker, HealthStatus
from runner.model import Queue, QueueKind, WorkerState
from tui.data.fleet import Fleet
from tui.draw.flow import flow
from tui.draw.line import Line, Span, Tone, fit_spans, line
from tui.draw.units import UNKNOWN, age, percent, plural, si, size, span
from tui.screens.beside import Beside
from tui.screens.fleet_head import head_groups
from tui.widgets.linetable import Column, LineTable
from tui.widgets.pane import Question

_QUIET, _SILENT = 3.0, 8.0
"""Seconds without a word from which on a worker is looked at twice, and counts as silent."""
_STATES = {
    WorkerState.STARTING: ("◔", Tone.AMBER),
    WorkerState.READING: ("●", Tone.ACCENT),
    WorkerState.IDLE: ("○", Tone.MUTED),
    WorkerState.PAUSED: ("∥", Tone.AMBER),
    WorkerState.LEAVING: ("◐", Tone.AMBER),
}
_HEALTH = {HealthStatus.OK: ("●", Tone.ACCENT), HealthStatus.DEGRADED: ("◐", Tone.AMBER), HealthStatus.DOWN: ("✗", Tone.RED)}
_HEAD_LINES = 5


def _number(text: str, tone: Tone = Tone.TEXT) -> Iterable[Span]:
    return (Span(text, Tone.FAINT if text == UNKNOWN else tone),)


def _state(row: FleetWorker, _now: float) -> Iterable[Span]:
    sign, tone = _STATES[row.state]
    return (Span(f"{sign} ", tone), Span(str(row.state), tone))


def _heard(row: FleetWorker, now: float) -> Iterable[Span]:
    silent = now - row.heartbeat
    tone = Tone.RED if silent >= _SILENT else Tone.AMBER if silent >= _QUIET else Tone.MUTED
    return (Span(f"{age(silent)} ago", tone),)


def _share(value: float | None, *, alarming: bool = False) -> Iterable[Span]:
    tone = Tone.AMBER if alarming and value is not None and value >= 0.5 else Tone.TEXT
    return _number(percent(None if value is None else value * 100), tone)


WORKERS: tuple[Column[FleetWorker], ...] = (
    Column("JOB", 14, lambda row, _now: (Span(row.job_name, Tone.STRONG),), stretch=16),
    Column("NO", 2, lambda row, _now: (Span(str(row.number), Tone.TEXT),), right=True),
    Column("STATE", 10, _state),
    Column("HEARD", 7, _heard, priority=1, right=True),
    Column("CPU", 6, lambda row, _now: _number(percent(row.cpu_percent)), priority=2, right=True),
    Column("MEMORY", 8, lambda row, _now: _number(size(row.memory_bytes)), priority=3, right=True),
    Column("ROWS IN", 7, lambda row, _now: _number(si(row.rows_in)), priority=4, right=True),
    Column("ROWS OUT", 8, lambda row, _now: _number(si(row.rows_out)), priority=6, right=True),
    Column("BUSY", 5, lambda row, _now: _share(row.busy), priority=7, right=True),
    Column("HELD UP", 7, lambda row, _now: _share(row.backpressured, alarming=True), priority=5, right=True),
    Column("SPLITS", 6, lambda row, _now: _number(si(row.splits), Tone.MUTED), priority=8, right=True),
    Column("UP", 7, lambda row, now: _number(span(now - row.birth), Tone.MUTED), priority=9, right=True),
    Column("PROCESS", 7, lambda row, _now: _number(str(row.pid), Tone.MUTED), priority=10, right=True),
    Column("QUEUE", 10, lambda row, _now: _number(row.queue, Tone.MUTED), priority=11, stretch=20),
)


def _queue_state(row: Queue, _now: float) -> Iterable[Span]:
    if row.paused:
        return (Span("∥ PAUSED", Tone.AMBER),)
    full = row.limit is not None and len(row.running) >= row.limit
    return (Span("● FULL", Tone.AMBER),) if full and row.waiting else (Span("● OPEN", Tone.ACCENT),)


def _waiting(row: Queue, _now: float) -> Iterable[Span]:
    return (Span(str(len(row.waiting)), Tone.AMBER if row.waiting else Tone.MUTED),)


def _longest(row: Queue, now: float) -> Iterable[Span]:
    return _number(span(now - min(row.waiting_since)) if row.waiting_since else UNKNOWN)


def _kind(row: Queue, _now: float) -> Iterable[Span]:
    return (Span("one at a time" if row.kind is QueueKind.PINNED else "in turn", Tone.MUTED),)


QUEUES: tuple[Column[Queue], ...] = (
    Column("QUEUE", 14, lambda row, _now: (Span(row.name, Tone.STRONG),), stretch=30),
    Column("STATE", 9, _queue_state),
    Column("LIMIT", 5, lambda row, _now: (Span("none" if row.limit is None else str(row.limit), Tone.TEXT),), 2, right=True),
    Column("RUNNING", 7, lambda row, _now: (Span(str(len(row.running)), Tone.TEXT),), 3, right=True),
    Column("WAITING", 7, _waiting, right=True),
    Column("LONGEST WAIT", 12, _longest, priority=1, right=True),
    Column("ORDER", 13, _kind, priority=4),
)


class FleetScreen(Beside):
    """Two tables, under what is said of the machine."""

    NAME: ClassVar[str] = "workers"
    HEADLINE: ClassVar[str] = "Workers and queues"
    SHEETS: ClassVar[tuple[str, ...]] = ("Workers", "Queues")
    FOOT: ClassVar[int] = 2
    _fleet: Fleet | None = None

    def make_tables(self) -> Sequence[LineTable[Any]]:
        """The workers, and the queues."""
        return (
            LineTable[FleetWorker](WORKERS, lambda row: row.name, id="workers"),
            LineTable[Queue](QUEUES, lambda row: row.name, id="queues"),
        )

    def rows(self, now: float) -> Sequence[Any] | None:  # noqa: ARG002 - the same at any time
        """By job and number; by name."""
        if self._fleet is None:
            return None
        if self.sheet == 0:
            return sorted(self._fleet.workers, key=lambda row: (row.job_name.casefold(), row.job_id, row.number))
        return self._fleet.cluster.queues

    def text_of(self, row: Any) -> str:
        """What stands in the row, and the jobs of a queue."""
        if isinstance(row, FleetWorker):
            return f"{row.job_name} {row.name} {row.state} {row.queue} {row.pid}"
        return f"{row.name} {'paused' if row.paused else ''} {' '.join(self._names((*row.running, *row.waiting)))}"

    def job_of(self, row: Any) -> str:
        """A worker's; of a queue the one whose turn is next, else the first that runs."""
        if isinstance(row, FleetWorker):
            return row.job_id
        return next(iter((*row.waiting, *row.running)), "")

    def summary(self, now: float) -> Sequence[Span]:  # noqa: ARG002 - the same at any time
        """How many there are."""
        if self._fleet is None:
            return ()
        waiting = sum(len(queue.waiting) for queue in self._fleet.cluster.queues)
        words = f"{plural(len(self._fleet.workers), 'worker')}, {plural(waiting, 'job')} waiting"
        return (Span(words, Tone.MUTED),)

    def head(self, now: float, cells: int) -> Sequence[Line]:
        """The machine, what has happened since the daemon started, and the parts that do not work."""
        if self._fleet is None:
            return ()
        bad = [part for part in self._fleet.health.components if part.status is not HealthStatus.OK]
        machine, past = head_groups(self._fleet, now)
        told = [*flow(machine, cells, 2), *flow(past, cells, 2), *(_part_line(part, cells) for part in bad)]
        return [*told[:_HEAD_LINES], Line()]

    def foot(self, row: Any, now: float, cells: int) -> Sequence[Line]:
        """Of a queue who runs in it and who waits how long; of a worker its execution."""
        if isinstance(row, FleetWorker):
            words = f"  {row.name}   attempt {row.attempt}   {si(row.rows_rejected)} rows rejected"
            return [line(Span(words, Tone.MUTED))]
        since = dict(zip(row.waiting, row.waiting_since, strict=False))
        waiting = [
            f"{name} {span(now - since[job]) if job in since else UNKNOWN}"
            for job, name in zip(row.waiting, self._names(row.waiting), strict=True)
        ]
        told = (("running  ", self._names(row.running)), ("waiting  ", waiting))
        return [
            Line(fit_spans((Span(f"  {label}", Tone.MUTED), Span(", ".join(names) or "nobody")), cells))
            for label, names in told
        ]

    def empty(self, now: float) -> Sequence[Line]:  # noqa: ARG002 - the same at any time
        """No job runs."""
        return [
            line(Span("no worker runs", Tone.STRONG)),
            Line(),
            line(Span("Each running job has at least one. None runs now,", Tone.MUTED)),
            line(Span("or those that do are just starting.", Tone.MUTED)),
            Line(),
            line(
                *self.key("view.back", "the jobs   ", "screen.back"),
                Span("tab", Tone.ACCENT_STRONG),
                Span(" queues", Tone.MUTED),
            ),
        ]

    def questions(self, now: float) -> Sequence[Question]:  # noqa: ARG002 - the same at any time
        """Everything, once a second."""
        return (Question("fleet", Fleet.read),)

    def told(self, key: str, value: Any, now: float) -> None:  # noqa: ARG002 - there is one question
        """It has come."""
        if isinstance(value, Fleet):
            self._fleet = value

    def _names(self, job_ids: Iterable[str]) -> list[str]:
        views = {view.id: view.name for view in self.snapshot.jobs}
        return [views.get(job_id, job_id) for job_id in job_ids]


def _part_line(part: ComponentHealth, cells: int) -> Line:
    sign, tone = _HEALTH[part.status]
    words = (
        Span(f" {sign} {part.name.replace('-', ' ')} {part.status.upper()}", tone),
        Span("  " + part.message.split("\n", 1)[0], Tone.TEXT),
    )
    return Line(fit_spans(words, cells))
