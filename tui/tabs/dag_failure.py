"""Which plugin a job failed in, and why: what the DAG says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from runner.model import ErrorInfo
from runner.observation import Task
from runner.states import ExecutionState
from tui.data.models import JobView
from tui.draw.cells import wrap
from tui.draw.line import Line, Span, Tone, fit_spans, line

_DOWN: Final = frozenset({ExecutionState.FAILED, ExecutionState.RESTARTING})
_MOST_LINES: Final = 6
_HIGH: Final = 10


def failure_of(view: JobView | None) -> ErrorInfo | None:
    """Why the job is down; None when it is not."""
    if view is None or view.execution is None or view.state not in _DOWN:
        return None
    return view.execution.error


def failed_plugin(error: ErrorInfo | None, tasks: Sequence[Task]) -> Task | None:
    """The plugin that the failure names, by its id or a name that only one has."""
    if error is None or not error.plugin:
        return None
    by_id = next((task for task in tasks if task.id == error.plugin), None)
    by_name = [task for task in tasks if task.name == error.plugin]
    return by_id or (by_name[0] if len(by_name) == 1 else None)


def failure_lines(error: ErrorInfo | None, task: Task | None, cells: int, rows: int) -> list[Line]:
    """``✗ LocalFile failed at orders.csv: line 9121``, what was said, and the hint, a quarter of the ``rows`` each; none when
    nothing failed."""
    if error is None:
        return []
    most = min(rows // 4, _MOST_LINES) if rows >= _HIGH else 0
    what = f"{task.name} failed" if task is not None else "the job failed, not in one of its plugins"
    if task is not None and task.output:
        what = f"{task.name}, which makes {task.output}, failed"
    where = f" at {error.position}" if error.position else ""
    said = [part for text in error.message.split("\n") for part in wrap(text, max(cells - 4, 10))][: max(most, 1)]
    hint = wrap(error.hint, max(cells - 6, 10))[:most] if error.hint else []
    lines = [
        line(Span(f" ✗ {what}", Tone.RED), Span(where, Tone.MUTED)),
        *(line(Span(f"   {part}")) for part in said),
        *(line(Span("     " if number else "   → ", Tone.ACCENT), Span(part, Tone.MUTED)) for number, part in enumerate(hint)),
        Line(),
    ]
    return [Line(fit_spans(one.spans, cells)) for one in lines]
