"""What the DAG calls its plugins, and how each of them looks: sign and word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from runner.observation import Task, TaskState
from tui.draw.line import Tone
from tui.draw.units import UNKNOWN, percent, rate


class Look(NamedTuple):
    """A state as it is shown."""

    sign: str
    word: str
    tone: Tone


LOOKS: Final[Mapping[TaskState, Look]] = MappingProxyType(
    {
        TaskState.RUNNING: Look("●", "running", Tone.ACCENT),
        TaskState.BACKPRESSURED: Look("▲", "held up", Tone.AMBER),
        TaskState.WAITING: Look("○", "waiting", Tone.MUTED),
        TaskState.IDLE: Look("○", "idle", Tone.MUTED),
        TaskState.PAUSED: Look("∥", "paused", Tone.AMBER),
        TaskState.STOPPED: Look("■", "stopped", Tone.MUTED),
    }
)
FAILED: Final = Look("✗", "failed", Tone.RED)
HOT: Final = 0.5
"""The share of its time from which a plugin is the place to look first."""


def look_of(task: Task, failed: str) -> Look:
    """How a plugin looks; ``failed`` is the id of the one that the job failed in."""
    return FAILED if task.id == failed else LOOKS[task.state]


def share(value: float | None) -> str:
    """A share in percent."""
    return UNKNOWN if value is None else percent(value * 100)


def flow_of(task: Task) -> str:
    """What passes through it: for a sink what comes in, else what goes out."""
    return rate(task.rows_in_per_second if not task.output else task.rows_out_per_second)


def hottest(tasks: Sequence[Task]) -> Task | None:
    """The plugin that works most of the time, if one does."""
    busy = [task for task in tasks if (task.busy or 0.0) > HOT]
    return max(busy, key=lambda task: task.busy or 0.0, default=None)


def first_look(tasks: Sequence[Task]) -> str:
    """The id of the plugin to look at first: the busiest one; empty when there is none."""
    return max(tasks, key=lambda task: task.busy or 0.0).id if tasks else ""


def neighbours(task: Task, tasks: Sequence[Task]) -> tuple[list[Task], list[Task]]:
    """The plugins that it reads from, and those that read from it."""
    before = [other for other in tasks if other.output and other.output in task.inputs]
    after = [other for other in tasks if task.output and task.output in other.inputs]
    return before, after
