"""The savepoints tab: what a person has kept of the job, where it is, and whether it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from runner.client import Client
from runner.model import Checkpoint
from tui.data.models import JobView
from tui.draw.line import Span, Tone
from tui.draw.units import UNKNOWN, age, si, size
from tui.widgets.checkpointlist import CheckpointList
from tui.widgets.keys import key_of
from tui.widgets.linetable import Column


def _id(row: Checkpoint, _now: float) -> Iterable[Span]:
    return (Span("◆ ", Tone.ACCENT), Span(f"#{row.id}", Tone.STRONG))


def _age(row: Checkpoint, now: float) -> Iterable[Span]:
    return (Span(age(now - (row.completed_at or row.triggered_at))),)


def _whole(row: Checkpoint, now: float) -> Iterable[Span]:
    """Whether its directory is there and was found to be whole."""
    place = row.place
    if place is None:
        return (Span("in the store", Tone.MUTED),)
    if place.trouble:
        return (Span("✗ ", Tone.RED), Span(place.trouble.split("\n", 1)[0], Tone.RED))
    if place.written_at is None:
        return (Span("being written", Tone.AMBER),)
    if place.verified_at is None:
        return (Span("written", Tone.TEXT),)
    return (Span("✓ ", Tone.ACCENT), Span(f"whole {age(now - place.verified_at)} ago", Tone.TEXT))


def _origin(row: Checkpoint) -> str:
    if row.origin is not None:
        return f"{row.origin.job_name} #{row.origin.number}"
    return f"generation {row.generation}"


def _text(text: str, tone: Tone = Tone.MUTED) -> Iterable[Span]:
    return (Span(text.split("\n", 1)[0], tone),)


COLUMNS: tuple[Column[Checkpoint], ...] = (
    Column("SAVEPOINT", 9, _id),
    Column("AGE", 4, _age, right=True),
    Column("SIZE", 8, lambda row, _now: (Span(size(row.size)),), priority=2, right=True),
    Column("ROWS IN", 7, lambda row, _now: (Span(si(row.rows_in)),), priority=1, right=True),
    Column("OF", 14, lambda row, _now: _text(_origin(row)), priority=5, stretch=0),
    Column("STATE", 18, _whole, priority=3),
    Column("DESCRIPTION", 20, lambda row, _now: _text(row.description or UNKNOWN, Tone.TEXT), priority=4, stretch=30),
    Column("WHERE", 16, lambda row, _now: _text(row.place.path if row.place else UNKNOWN), priority=6, stretch=200),
)


class Savepoints(CheckpointList):
    """The savepoints of one job, the newest first."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(COLUMNS, id=id)

    def work(self, job_id: str) -> Callable[[Client], Any]:
        """Those that are kept."""
        return lambda client: client.savepoints(job_id)

    def why_none(self, view: JobView) -> str:  # noqa: ARG002 - the same for every job
        """How one is made."""
        take, stop = key_of(self, "job.savepoint"), key_of(self, "job.stop")
        return f"no savepoint yet. {take} takes one while the job runs, {stop} stops the job with one"
