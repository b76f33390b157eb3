"""The checkpoints tab: checkpoints and savepoints of the job, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from runner.client import Client
from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.gantt import bars
from tui.draw.glyphs import checkpoint_kind, checkpoint_status
from tui.draw.line import Line, Span, Tone, fit_spans, line
from tui.draw.strip import MOST, strip
from tui.draw.units import age, duration, si, size, span
from tui.widgets.checkpointlist import CheckpointList
from tui.widgets.keys import key_of
from tui.widgets.linetable import Column

_LIMIT = MOST
_LEAST_ROWS = 4
"""Rows of the table that the phases of the selected checkpoint must leave."""


def _id(row: Checkpoint, _now: float) -> Iterable[Span]:
    return (Span(f"#{row.id}", Tone.STRONG),)


def _kind(row: Checkpoint, _now: float) -> Iterable[Span]:
    tone = Tone.ACCENT if row.kind is CheckpointKind.SAVEPOINT else Tone.MUTED
    return (Span(f"{checkpoint_kind(row.kind)} ", tone), Span(str(row.kind), tone))


def _status(row: Checkpoint, _now: float) -> Iterable[Span]:
    sign = checkpoint_status(row)
    glyph = "✓" if sign.text == "◆" else sign.text
    return (Span(f"{glyph} ", sign.tone), Span(str(row.status).replace("_", " "), Tone.TEXT))


def _age(row: Checkpoint, now: float) -> Iterable[Span]:
    return (Span(age(now - (row.completed_at or row.triggered_at))),)


def _took(row: Checkpoint, now: float) -> Iterable[Span]:
    if row.status is CheckpointStatus.IN_PROGRESS:
        return (Span(span(now - row.triggered_at), Tone.AMBER),)
    return (Span(duration(row.took)),)


def _note(row: Checkpoint, _now: float) -> Iterable[Span]:
    text = (row.failure or row.description).split("\n", 1)[0]
    return (Span(text, Tone.RED if row.failure else Tone.MUTED),)


COLUMNS: tuple[Column[Checkpoint], ...] = (
    Column("ID", 6, _id),
    Column("KIND", 11, _kind),
    Column("STATUS", 13, _status, priority=1),
    Column("AGE", 4, _age, right=True),
    Column("TOOK", 6, _took, priority=2, right=True),
    Column("SIZE", 8, lambda row, _now: (Span(size(row.size)),), priority=4, right=True),
    Column("ROWS IN", 7, lambda row, _now: (Span(si(row.rows_in)),), priority=3, right=True),
    Column("ROWS OUT", 8, lambda row, _now: (Span(si(row.rows_out)),), priority=5, right=True),
    Column("NOTE", 12, _note, priority=6, stretch=200),
)


class Checkpoints(CheckpointList):
    """What the job can go back to, and what failed: the last ones as a strip, what the selected one spent its time on, and the
    list."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(COLUMNS, id=id)
        self._moment: float | None = None
        self._above: list[Line] = []

    def travel(self, moment: float | None) -> None:
        """To the last checkpoint before that time; None: to the newest."""
        self._moment = moment
        then = (one for one in self._list if moment is None or one.triggered_at <= moment)
        found = next(then, self._list[-1] if self._list else None)
        if found is not None:
            self.select(str(found.id))

    def show(self, rows: Sequence[Checkpoint], now: float, places: Mapping[str, int] | None = None) -> None:
        """Draw these rows, and above them what they tell together."""
        super().show(rows, now, places)
        self._head()

    def _head(self) -> None:
        """The lines above the heading, as many as there is room for."""
        height = self.scrollable_content_region.height
        chosen = self.current
        parts = [strip(self._list, self.cells), _phase_lines(chosen, self.cells) if chosen is not None else []]
        above: list[Line] = []
        for part in parts:
            if part and len(above) + len(part) + 2 + _LEAST_ROWS <= height:
                above += [*part, Line()]
        if above != self._above:
            self._above, self.heading = above, len(above) + 1
            self.update()

    def heading_line(self, index: int) -> Line:
        """The lines above, then the titles."""
        return self._above[index] if index < len(self._above) else super().heading_line(index)

    def resized(self) -> None:
        """What is above is made for a size."""
        super().resized()
        self._head()

    def _place_cursor(self, index: int) -> None:
        super()._place_cursor(index)
        self._head()

    def work(self, job_id: str) -> Callable[[Client], Any]:
        """The last ones, savepoints among them."""
        return lambda client: client.checkpoints(job_id, limit=_LIMIT)

    def why_none(self, view: JobView) -> str:
        """When the first one comes."""
        if view.job.mode == "BATCH":
            return "no checkpoint yet: a batch job takes one at its end, or regularly with checkpoint.interval in its env"
        first = "no checkpoint yet: the first one comes one checkpoint interval after the start"
        return f"{first}. {key_of(self, 'job.savepoint')} takes a savepoint now"

    def told(self, key: str, answer: Answer, now: float) -> None:
        """The list has come; to the moment that is looked at, if this is the first one."""
        fresh = not self._list
        super().told(key, answer, now)
        if fresh and self._list and self._moment is not None:
            self.travel(self._moment)


def _phase_lines(row: Checkpoint, cells: int) -> list[Line]:
    """What the selected checkpoint spent its time on, whose part came late, and why it failed."""
    rest = None
    if row.prepared_seconds is not None:
        rest = max(row.prepared_seconds - (row.aligned_seconds or 0.0), 0.0)
    phases = (
        ("aligned", row.aligned_seconds),
        ("prepared", rest),
        ("saved", row.saved_seconds),
        ("committed", row.committed_seconds),
    )
    lines = []
    if any(seconds is not None for _, seconds in phases):
        lines = [line(Span(f" #{row.id}", Tone.STRONG), Span("  what it spent its time on", Tone.MUTED)), *bars(phases, cells)]
    late = ", ".join(str(worker) for worker in row.late_workers)
    if late:
        lines.append(line(Span(f" #{row.id}  late: worker {late}", Tone.AMBER)))
    elif row.slowest_worker is not None:
        lines.append(line(Span(f" slowest   worker {row.slowest_worker}", Tone.MUTED)))
    if row.failure:
        lines.append(line(Span(f" #{row.id}  failed: {row.failure.split(chr(10), 1)[0]}", Tone.RED)))
    return [Line(fit_spans(one.spans, cells)) for one in lines]
