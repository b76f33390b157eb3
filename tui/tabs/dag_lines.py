"""The lines of the DAG: the dataflow as boxes with what each plugin does now, and the plugins one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from runner.observation import EdgePressure, Task
from spec.graph.canvas import Charset
from spec.graph.drawing import draw
from spec.graph.model import JobGraph, Vertex, VertexKind
from tui.draw.cells import fit
from tui.draw.line import Ground, Line, Span, Tone, fit_spans, line
from tui.draw.units import plural, rate, si
from tui.tabs.dag_tree import tree_lines
from tui.tabs.dag_words import FAILED, HOT, hottest, look_of, neighbours, share

_SHARE: Final = 8
_NAME: Final = 18
_ROOM_FOR_BARS: Final = 96

Placed = list[tuple[Line, str]]
"""Lines with the id of the plugin that each is about; empty: of none."""


def map_lines(tasks: Sequence[Task], edges: Sequence[EdgePressure], chosen: str, cells: int, failed: str = "") -> Placed:
    """The drawing (where it does not fit, the outline), then a line for each plugin, then the queues that hold somebody up."""
    drawing = draw(_graph(tasks, chosen, failed), cells - 2, Charset.UNICODE)
    above: Placed = tree_lines(tasks, chosen, cells, failed)
    if drawing is not None:
        table = [(_task_line(task, cells, tasks, failed, is_chosen=task.id == chosen), task.id) for task in tasks]
        above = [*((_drawn(text), "") for text in drawing), (Line(), ""), (_heading(cells), ""), *table]
    return [*above, *((one, "") for one in edge_lines(edges, cells))]


def edge_lines(edges: Sequence[EdgePressure], cells: int) -> list[Line]:
    """The queues that hold somebody up, the worst first."""
    held_up = [edge for edge in edges if (edge.level or 0.0) > 0.05 or (edge.fill or 0.0) > HOT]
    if not held_up:
        return []
    lines = [Line(), line(Span(" QUEUES THAT HOLD SOMEBODY UP", Tone.MUTED))]
    lines += [_edge_line(edge) for edge in sorted(held_up, key=lambda edge: -(edge.level or 0.0))]
    return [Line(fit_spans(one.spans, cells)) for one in lines]


def plugin_lines(task: Task, tasks: Sequence[Task], cells: int, failed: str = "") -> list[Line]:
    """One plugin by itself: what it does, from whom it reads and who reads from it."""
    look = look_of(task, failed)
    times = f"busy {share(task.busy)}   waits {share(task.idle)}   held up {share(task.backpressured)}"
    rejected = f"   {si(task.rows_rejected)} rejected" if task.rows_rejected else ""
    lines = [
        line(
            Span(f" {look.sign} {look.word}", look.tone),
            Span(f"  {task.name}", Tone.STRONG),
            Span(f"  {task.kind}, {plural(task.parallelism, 'thread')}", Tone.MUTED),
        ),
        line(Span(f"   {times}", Tone.TEXT), Span(rejected, Tone.AMBER)),
        line(Span(f"   in {rate(task.rows_in_per_second)}, {si(task.rows_in)} rows"),
             Span(f"   out {rate(task.rows_out_per_second)}, {si(task.rows_out)} rows")),
    ]  # fmt: skip
    before, after = neighbours(task, tasks)
    lines += [_neighbour("from", other, tasks.index(other), failed) for other in before]
    lines += [_neighbour("to", other, tasks.index(other), failed) for other in after]
    return [Line(fit_spans(one.spans, cells)) for one in lines]


def _neighbour(word: str, task: Task, number: int, failed: str) -> Line:
    look = look_of(task, failed)
    return line(
        Span(f"   {word:<5}", Tone.MUTED),
        Span(f"{look.sign} {look.word:<8}", look.tone),
        Span(fit(task.name, _NAME), Tone.STRONG, f"choose_number({number})"),
        Span(f"busy {share(task.busy)}", Tone.MUTED),
    )


def _graph(tasks: Sequence[Task], chosen: str, failed: str) -> JobGraph:
    makers = {task.output: number for number, task in enumerate(tasks) if task.output}
    edges = tuple(
        (makers[dataset], number) for number, task in enumerate(tasks) for dataset in task.inputs if dataset in makers
    )
    vertices = tuple(Vertex(VertexKind(str(task.kind)), _title(task, chosen, failed), _label(task)) for task in tasks)
    return JobGraph("", vertices, edges)


def _title(task: Task, chosen: str, failed: str) -> str:
    """Its sign, its name and how busy it is, always as wide; the chosen one is between brackets."""
    look = look_of(task, failed)
    more = f" {look.word}" if look is FAILED else f" {share(task.busy):>5}" if task.busy is not None else ""
    words = f"{look.sign} {task.name}{more}"
    return f"[{words}]" if task.id == chosen else f" {words} "


def _label(task: Task) -> str:
    """The dataset, and what flows there."""
    if not task.output or task.rows_out_per_second is None:
        return task.output or ""
    return f"{task.output} {rate(task.rows_out_per_second)}"


def _drawn(text: str) -> Line:
    """The lines of the drawing step back behind the words, and signs of trouble stand out."""
    return line(Span(" "), *(Span("".join(part), tone) for tone, part in groupby(text, _tone)))


def _tone(letter: str) -> Tone:
    if letter == FAILED.sign:
        return FAILED.tone
    if letter == "▲":
        return Tone.AMBER
    if letter in "●[]":
        return Tone.ACCENT
    return Tone.FAINT if "─" <= letter <= "╿" or letter == "▼" else Tone.TEXT


def _heading(cells: int) -> Line:
    numbers = f"{'IN/s':>7} {'OUT/s':>7} {'ROWS':>7}"
    bar = f"{'BUSY':<{_SHARE + 7}}" if cells >= _ROOM_FOR_BARS else f"{'BUSY':>6} "
    shares = f"{bar}{'WAITS':>6} {'HELD':>6}{' THREADS' if cells >= _ROOM_FOR_BARS else ''}"
    return line(Span(f"   {'STATE':<8} {'PLUGIN':<{_NAME}} {numbers}  {shares}", Tone.MUTED))


def _task_line(task: Task, cells: int, tasks: Sequence[Task], failed: str, *, is_chosen: bool) -> Line:
    look = look_of(task, failed)
    is_hottest = task is hottest(tasks)
    rows = task.rows_out if task.rows_out is not None else task.rows_in
    is_wide = cells >= _ROOM_FOR_BARS
    bar = f"{_bar(task.busy)} " if is_wide else ""
    spans = [
        Span("▌" if is_chosen else " ", Tone.ACCENT),
        Span(f"{look.sign} {look.word:<8} ", look.tone),
        Span(fit(task.name, _NAME), Tone.STRONG),
        *(Span(f" {si(value):>7}") for value in (task.rows_in_per_second, task.rows_out_per_second, rows)),
        Span(f"  {bar}{share(task.busy):>6}", Tone.AMBER if is_hottest else Tone.TEXT),
        *(Span(f" {share(value):>6}", Tone.MUTED) for value in (task.idle, task.backpressured)),
        Span(f" {task.parallelism:>7}" if is_wide else "", Tone.MUTED),
        Span("  ← the busiest" if is_hottest and is_wide else "", Tone.AMBER),
    ]
    if task.rows_rejected:
        spans.append(Span(f"  {si(task.rows_rejected)} rejected", Tone.AMBER))
    return Line(fit_spans(spans, cells), Ground.CURSOR if is_chosen else Ground.PLAIN)


def _edge_line(edge: EdgePressure) -> Line:
    fill = f"{share(edge.fill)} full"
    return line(
        Span(f"   {edge.edge}", Tone.STRONG), Span(f"  {fill}, its writers wait {share(edge.level)} of the time", Tone.AMBER)
    )


def _bar(value: float | None) -> str:
    if value is None:
        return " " * _SHARE
    filled = round(min(max(value, 0.0), 1.0) * _SHARE)
    return "█" * filled + "░" * (_SHARE - filled)
