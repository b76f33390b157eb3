"""What the record of a job does not tell and attention depends on: how often it takes checkpoints, whether rows are being
rejected. Kept from one look to the next, in the thread that looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from runner.client import Client
from runner.model import Job
from runner.states import ExecutionState
from spec.errors import FlowdeckError
from tui.query.attention import NOTHING_MORE, OVERDUE_FROM, Known, newest_point

REJECTIONS_WINDOW: Final = 180.0
"""Seconds back to which rejected rows count as new."""
_ASKED_PER_LOOK = 4
_Count = tuple[float, int]


class Worries:
    """Looked up for the jobs that run, a few at a time."""

    def __init__(self) -> None:
        self._intervals: dict[tuple[str, int], float | None] = {}
        self._rejected: dict[str, tuple[_Count, ...]] = {}

    def look(self, daemon: Client, jobs: Sequence[Job], now: float) -> None:
        """Count rejected rows, and ask for the intervals of jobs whose last checkpoint is not new."""
        live = [job for job in jobs if job.execution is not None and not job.execution.state.is_terminal]
        self._rejected = {job.id: self._counted(job, now) for job in live}
        generations = {(job.id, job.generation) for job in live}
        self._intervals = {key: value for key, value in self._intervals.items() if key in generations}
        quiet = [job for job in live if _is_quiet(job, now) and (job.id, job.generation) not in self._intervals]
        for job in quiet[:_ASKED_PER_LOOK]:
            self._intervals[job.id, job.generation] = _interval(daemon, job)

    def known(self, job: Job) -> Known:
        """What is known of the job beside its record."""
        interval = self._intervals.get((job.id, job.generation))
        counts = self._rejected.get(job.id, ())
        rejected = counts[-1][1] - counts[0][1] if counts else 0
        return Known(interval, rejected) if rejected or interval is not None else NOTHING_MORE

    def _counted(self, job: Job, now: float) -> tuple[_Count, ...]:
        """The counts of the window, and the last one before it."""
        total = job.execution.totals.rows_rejected if job.execution else 0
        counts = self._rejected.get(job.id, ())
        if not counts or counts[-1][1] > total:  # another execution counts from its own beginning
            return ((now, total),)
        if counts[-1][1] != total:
            counts = (*counts, (now, total))
        while len(counts) > 1 and counts[1][0] < now - REJECTIONS_WINDOW:
            counts = counts[1:]
        return counts


def _is_quiet(job: Job, now: float) -> bool:
    return (
        job.execution is not None and job.execution.state is ExecutionState.RUNNING and now - newest_point(job) > OVERDUE_FROM
    )


def _interval(daemon: Client, job: Job) -> float | None:
    """Seconds between two checkpoints of the job; None when it takes none by itself, or that cannot be found out."""
    try:
        checkpoint = daemon.generation(job.id, job.generation).spec.get("env", {}).get("checkpoint", {})
    except FlowdeckError:
        return None  # the job has gone meanwhile; a daemon that has gone is noticed by the look itself
    interval = checkpoint.get("interval")
    return float(interval) if isinstance(interval, int | float) and interval > 0 else None
