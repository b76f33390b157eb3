"""What the record of a job does not tell and attention depends on: how often it takes checkpoints, whether rows are being
rejected. Kept from one look to the next, in the thread that looks; only what has changed is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Final

from runner.client import Client
from runner.model import Job
from runner.states import ExecutionState
from spec.errors import FlowdeckError
from tui.query.attention import NOTHING_MORE, OVERDUE_FROM, Known, newest_point

REJECTIONS_WINDOW: Final = 180.0
"""Seconds back to which rejected rows count as new."""
_ASKED_PER_LOOK: Final = 4
_WEIGHED_PER_LOOK: Final = 200
_Count = tuple[float, int]


class Worries:
    """Looked up for the jobs that run, a few at a time."""

    def __init__(self) -> None:
        self._live: dict[str, Job] = {}
        self._waiting: dict[str, None] = {}
        """The jobs that run and whose interval is not known; those that have waited longest come first."""
        self._intervals: dict[str, tuple[int, float | None]] = {}
        """By job: the generation, and its interval."""
        self._rejected: dict[str, tuple[_Count, ...]] = {}
        """Of jobs whose count has grown: what it was before, and every growth within the window."""

    def look(self, daemon: Client, told: Iterable[Job], now: float) -> set[str]:
        """Count rejected rows, and ask for the intervals of jobs whose last checkpoint is not new. ``told`` are the jobs that
        have changed. Returns the ids of those of which something else is known now."""
        found = {job.id for job in told if self._take(job, now)}
        found |= self._let_pass(now)
        for job in self._quiet(now):
            self._intervals[job.id] = _interval(daemon, job)
            del self._waiting[job.id]
            found.add(job.id)
        return found

    def forget(self, job_id: str) -> None:
        """The job is over or has gone."""
        self._live.pop(job_id, None)
        self._waiting.pop(job_id, None)
        self._intervals.pop(job_id, None)
        self._rejected.pop(job_id, None)

    def known(self, job: Job) -> Known:
        """What is known of the job beside its record."""
        generation, interval = self._intervals.get(job.id, (job.generation, None))
        counts = self._rejected.get(job.id, ())
        rejected = counts[-1][1] - counts[0][1] if counts else 0
        return _known(interval if generation == job.generation else None, rejected)

    def _take(self, job: Job, now: float) -> bool:
        """True when more rows were rejected, or fewer are new."""
        if job.execution is None or job.execution.state.is_terminal:
            self.forget(job.id)
            return False
        before = self._live.get(job.id)
        self._live[job.id] = job
        if self._intervals.get(job.id, (None,))[0] != job.generation:
            self._waiting.setdefault(job.id)
        return before is not None and self._counted(before, job, now)

    def _counted(self, before: Job, job: Job, now: float) -> bool:
        old, new = _rejections(before), _rejections(job)
        if new < old:  # another execution counts from its own beginning
            return self._rejected.pop(job.id, None) is not None
        if new > old:
            self._rejected[job.id] = (*self._rejected.get(job.id, ((now, old),)), (now, new))
        return new > old

    def _let_pass(self, now: float) -> set[str]:
        """Growth from before the window is not new any more. Of each, the last count before it stays."""
        passed = set()
        for job_id, counts in self._rejected.items():
            while len(counts) > 1 and counts[1][0] < now - REJECTIONS_WINDOW:
                counts = counts[1:]
            if counts is not self._rejected[job_id]:
                self._rejected[job_id] = counts
                passed.add(job_id)
        for job_id in passed:
            if len(self._rejected[job_id]) == 1:
                del self._rejected[job_id]
        return passed

    def _quiet(self, now: float) -> list[Job]:
        """A few of the jobs that have waited longest."""
        weighed = list(islice(self._waiting, _WEIGHED_PER_LOOK))
        quiet = [self._live[job_id] for job_id in weighed if _is_quiet(self._live[job_id], now)][:_ASKED_PER_LOOK]
        if len(self._waiting) > _WEIGHED_PER_LOOK and not quiet:
            for job_id in weighed:  # the others have their turn
                del self._waiting[job_id]
                self._waiting[job_id] = None
        return quiet


@lru_cache(4096)
def _known(interval: float | None, rejected: int) -> Known:
    """Many jobs share one."""
    return Known(interval, rejected) if rejected or interval is not None else NOTHING_MORE


def _rejections(job: Job) -> int:
    return job.execution.totals.rows_rejected if job.execution else 0


def _is_quiet(job: Job, now: float) -> bool:
    return (
        job.execution is not None and job.execution.state is ExecutionState.RUNNING and now - newest_point(job) > OVERDUE_FROM
    )


def _interval(daemon: Client, job: Job) -> tuple[int, float | None]:
    """The generation with the seconds between two checkpoints; None when it takes none by itself, or that cannot be found
    out."""
    try:
        checkpoint = daemon.generation(job.id, job.generation).spec.get("env", {}).get("checkpoint", {})
    except FlowdeckError:
        return _shared(job.generation, None)  # the job has gone meanwhile; a daemon that has gone is noticed by the look itself
    interval = checkpoint.get("interval")
    return _shared(job.generation, float(interval) if isinstance(interval, int | float) and interval > 0 else None)


@lru_cache(4096)
def _shared(generation: int, interval: float | None) -> tuple[int, float | None]:
    return generation, interval
