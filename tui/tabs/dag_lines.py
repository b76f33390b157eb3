"""The lines of the DAG: the dataflow as boxes with what each plugin does now, and the plugins one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from runner.observation import EdgePressure, Task, TaskState
from spec.graph.canvas import Charset
from spec.graph.drawing import draw
from spec.graph.model import JobGraph, Vertex, VertexKind
from tui.draw.cells import fit
from tui.draw.line import Line, Span, Tone, fit_spans, line
from tui.draw.units import UNKNOWN, percent, rate, si

_STATES: Final = {
    TaskState.RUNNING: ("●", Tone.ACCENT),
    TaskState.BACKPRESSURED: ("▲", Tone.AMBER),
    TaskState.WAITING: ("○", Tone.MUTED),
    TaskState.IDLE: ("○", Tone.MUTED),
    TaskState.PAUSED: ("∥", Tone.AMBER),
    TaskState.STOPPED: ("■", Tone.MUTED),
}
_SHARE: Final = 8
_NAME: Final = 18
_HOT: Final = 0.5


def dag_lines(tasks: Sequence[Task], edges: Sequence[EdgePressure], cells: int) -> list[Line]:
    """The drawing where it fits, then a line for each plugin, then the queues that hold somebody up."""
    drawing = draw(_graph(tasks), cells - 2, Charset.UNICODE)
    lines = [_drawn(text) for text in drawing or ()]
    hottest = _hottest(tasks)
    lines += [Line(), _heading(), *(_task_line(task, cells, is_hottest=task is hottest) for task in tasks)]
    held_up = [edge for edge in edges if (edge.level or 0.0) > 0.05 or (edge.fill or 0.0) > _HOT]
    if held_up:
        lines += [Line(), line(Span(" QUEUES THAT HOLD SOMEBODY UP", Tone.MUTED))]
        lines += [_edge_line(edge) for edge in sorted(held_up, key=lambda edge: -(edge.level or 0.0))]
    return [Line(fit_spans(one.spans, cells)) for one in lines]


def _graph(tasks: Sequence[Task]) -> JobGraph:
    makers = {task.output: number for number, task in enumerate(tasks) if task.output}
    edges = tuple(
        (makers[dataset], number) for number, task in enumerate(tasks) for dataset in task.inputs if dataset in makers
    )
    vertices = tuple(Vertex(VertexKind(str(task.kind)), _title(task), task.output or "") for task in tasks)
    return JobGraph("", vertices, edges)


def _title(task: Task) -> str:
    sign, _ = _STATES[task.state]
    flow = task.rows_in_per_second if str(task.kind) == "sink" else task.rows_out_per_second
    return f"{sign} {task.name}" + (f" {rate(flow)}" if flow is not None else "")


def _drawn(text: str) -> Line:
    """The lines of the drawing step back behind the words, and signs of trouble stand out."""
    return line(Span(" "), *(Span("".join(part), tone) for tone, part in groupby(text, _tone)))


def _tone(letter: str) -> Tone:
    if letter == "▲":
        return Tone.AMBER
    if letter == "●":
        return Tone.ACCENT
    return Tone.FAINT if "─" <= letter <= "╿" or letter == "▼" else Tone.TEXT


def _hottest(tasks: Sequence[Task]) -> Task | None:
    """The plugin that works most of the time, if one does: where it would pay to look first."""
    busy = [task for task in tasks if (task.busy or 0.0) > _HOT]
    return max(busy, key=lambda task: task.busy or 0.0, default=None)


def _heading() -> Line:
    numbers = f"{'IN/s':>7} {'OUT/s':>7} {'ROWS':>7}"
    shares = f"{'BUSY':<{_SHARE + 6}} {'WAITS':>6} {'HELD':>5} {'THREADS':>8}"
    return line(Span(f"   {'PLUGIN':<{_NAME}} {numbers}  {shares}", Tone.MUTED))


def _task_line(task: Task, cells: int, *, is_hottest: bool) -> Line:
    sign, tone = _STATES[task.state]
    rows = task.rows_out if task.rows_out is not None else task.rows_in
    shares = (task.idle, task.backpressured)
    spans = [
        Span(f" {sign} ", tone),
        Span(fit(task.name, _NAME), Tone.STRONG),
        *(Span(f" {si(value):>7}") for value in (task.rows_in_per_second, task.rows_out_per_second, rows)),
        Span(f"  {_bar(task.busy)} {_share(task.busy):>5}", Tone.AMBER if is_hottest else Tone.TEXT),
        *(Span(f" {_share(value):>{width}}", Tone.MUTED) for value, width in zip(shares, (6, 5), strict=True)),
        Span(f" {task.parallelism:>8}", Tone.MUTED),
        Span("  ← the busiest" if is_hottest else "", Tone.AMBER),
    ]
    if task.rows_rejected:
        spans.append(Span(f"  {si(task.rows_rejected)} rejected", Tone.AMBER))
    return Line(fit_spans(spans, cells))


def _edge_line(edge: EdgePressure) -> Line:
    fill = f"{_share(edge.fill)} full"
    return line(
        Span(f"   {edge.edge}", Tone.STRONG), Span(f"  {fill}, its writers wait {_share(edge.level)} of the time", Tone.AMBER)
    )


def _bar(share: float | None) -> str:
    filled = round(min(max(share or 0.0, 0.0), 1.0) * _SHARE)
    return "█" * filled + "░" * (_SHARE - filled)


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else percent(share * 100)
