"""The dataflow as an outline: a line for each plugin below the one that it reads from. For narrow terminals, and from afar."""

from __future__ import annotations

from collections.abc import Sequence

from runner.observation import Task
from tui.draw.cells import fit, width
from tui.draw.line import Ground, Line, Span, Tone, fit_spans
from tui.tabs.dag_words import Look, flow_of, look_of, neighbours, share

_FIGURES = 8 + 8 + 7
_LEAST_NAME = 8


def tree_lines(tasks: Sequence[Task], chosen: str, cells: int, failed: str = "") -> list[tuple[Line, str]]:
    """The lines from the sources down, each with the id of its plugin. One that reads from several is below the first of them
    and says who else feeds it. No recursion: a job may be a chain of thousands."""
    made: list[tuple[Line, str]] = []
    seen: set[str] = set()
    waiting = [(task, "", "") for task in reversed(tasks) if not neighbours(task, tasks)[0]]
    while waiting:
        task, stem, branch = waiting.pop()
        if task.id in seen:
            continue
        seen.add(task.id)
        before, after = neighbours(task, tasks)
        also = ", ".join(other.name for other in before[1:])
        made.append((_line(task, look_of(task, failed), stem + branch, also, cells, is_chosen=task.id == chosen), task.id))
        below = stem + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        fresh = [other for other in after if other.id not in seen]
        waiting += [(other, below, "└─ " if other is fresh[-1] else "├─ ") for other in reversed(fresh)]
    return made


def _line(task: Task, look: Look, stem: str, also: str, cells: int, *, is_chosen: bool) -> Line:
    stem = stem[-max(cells // 3, 0) :]
    room = max(cells - 3 - width(stem) - 2 - _FIGURES, _LEAST_NAME)
    name = f"{task.name}, also from {also}" if also else task.name
    spans = (
        Span("▌ " if is_chosen else "  ", Tone.ACCENT),
        Span(stem, Tone.FAINT),
        Span(f"{look.sign} ", look.tone),
        Span(fit(name, room), Tone.STRONG if is_chosen else Tone.TEXT),
        Span(f"{look.word:<8}", look.tone),
        Span(f"{share(task.busy):>5} ", Tone.TEXT),
        Span(f"{flow_of(task):>8}", Tone.MUTED),
    )
    return Line(fit_spans(spans, cells), Ground.CURSOR if is_chosen else Ground.PLAIN)
