"""The columns of the job list: what stands in each, and which go first when the terminal is narrow."""

from __future__ import annotations

from collections.abc import Iterable

from runner.model import CheckpointStatus
from tui.data.models import JobView
from tui.data.trends import BUCKETS
from tui.draw.braille import spark
from tui.draw.cells import fit
from tui.draw.glyphs import checkpoint_status
from tui.draw.glyphs import state as state_spans
from tui.draw.line import Span, Tone
from tui.draw.units import UNKNOWN, age, duration, si, span
from tui.widgets.linetable import Column

_UNKNOWN = (Span(UNKNOWN, Tone.FAINT),)


def _state(view: JobView, _now: float) -> Iterable[Span]:
    return state_spans(view.state)


def _name(view: JobView, _now: float) -> Iterable[Span]:
    return (Span(view.name, _calm(view, Tone.STRONG)),)


def _rate_in(view: JobView, _now: float) -> Iterable[Span]:
    return _number(view, None if view.state.is_terminal else view.totals.rows_in_per_second)


def _rate_out(view: JobView, _now: float) -> Iterable[Span]:
    return _number(view, None if view.state.is_terminal else view.totals.rows_out_per_second)


def _rows(view: JobView, _now: float) -> Iterable[Span]:
    return _number(view, view.totals.rows_out if view.execution else None)


def _trend(view: JobView, now: float) -> Iterable[Span]:
    return (Span(spark(view.trend(now)), Tone.MUTED if view.state.is_terminal else Tone.ACCENT),)


def _lag(view: JobView, _now: float) -> Iterable[Span]:
    totals = view.totals
    if view.state.is_terminal or (totals.lag_seconds is None and totals.lag_rows is None):
        return _UNKNOWN
    if totals.lag_seconds is not None:
        return (Span(duration(totals.lag_seconds), Tone.TEXT),)
    return _number(view, totals.lag_rows)


def _checkpoint(view: JobView, now: float) -> Iterable[Span]:
    """``✓  4s  0.8s``: result, age, duration."""
    last = view.checkpoint
    if last is None:
        return _UNKNOWN
    if last.status is CheckpointStatus.IN_PROGRESS:
        return (checkpoint_status(last), Span(f" taking {span(now - last.triggered_at)}", Tone.MUTED))
    since = fit(age(now - (last.completed_at or last.triggered_at)), 4, right=True)
    return (
        checkpoint_status(last),
        Span(since, _calm(view, Tone.TEXT)),
        Span(fit(duration(last.took), 7, right=True), Tone.MUTED),
    )


def _restarts(view: JobView, _now: float) -> Iterable[Span]:
    restarts = view.execution.restarts if view.execution else None
    if restarts:
        return (Span(si(restarts), _calm(view, Tone.AMBER)),)
    return _UNKNOWN if restarts is None else (Span("0", Tone.MUTED),)


def _up(view: JobView, now: float) -> Iterable[Span]:
    """How long it has been running; how long ago it ended."""
    execution = view.execution
    if execution is None:
        return _UNKNOWN
    if view.state.is_terminal:
        return (Span(f"{age(now - (execution.finished_at or execution.state_since))} ago", Tone.MUTED),)
    return _UNKNOWN if execution.started_at is None else (Span(span(now - execution.started_at)),)


def _note(view: JobView, _now: float) -> Iterable[Span]:
    """Why the job needs someone, or its last error."""
    error = view.execution.error if view.execution else None
    if view.need:
        text = error.message.split("\n", 1)[0] if error else view.need
        return (Span("! ", Tone.RED), Span(text, Tone.MUTED))
    return (Span(error.message.split("\n", 1)[0], Tone.MUTED),) if error else ()


def _number(view: JobView, value: float | None) -> Iterable[Span]:
    return _UNKNOWN if value is None else (Span(si(value), _calm(view, Tone.TEXT)),)


def _calm(view: JobView, tone: Tone) -> Tone:
    """What is over steps back."""
    return Tone.MUTED if view.state.is_terminal and view.state.value != "FAILED" else tone


JOB_COLUMNS = (
    Column("STATE", 14, _state, field="state"),
    Column("NAME", 16, _name, stretch=24, field="name"),
    Column("IN/s", 6, _rate_in, priority=1, right=True, field="in"),
    Column("OUT/s", 6, _rate_out, priority=2, right=True, field="out"),
    Column("2 MIN", BUCKETS // 2, _trend, priority=3),
    Column("ROWS", 6, _rows, priority=7, right=True, field="rows"),
    Column("LAG", 6, _lag, priority=5, right=True, field="lag"),
    Column("CHECKPOINT", 12, _checkpoint, priority=4, field="checkpoint"),
    Column("RESTARTS", 8, _restarts, priority=8, right=True, field="restarts"),
    Column("UP", 7, _up, priority=6, right=True, field="up"),
    Column("NOTE", 20, _note, priority=9, stretch=200),
)
