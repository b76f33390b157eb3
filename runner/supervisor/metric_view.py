"""Metrics of jobs as a client sees them: a window summed up, and everything about a job on one page."""

from __future__ import annotations

import time

from runner.model import Execution, Job
from runner.observation import JobDetails, JobMetrics
from runner.store.measured import Lifetime
from runner.store.store import Store
from runner.supervisor.control import Load
from runner.supervisor.generations import read_shown
from runner.supervisor.metric_summary import Wanted, read_window, summed_up
from runner.supervisor.observation_base import ObservationBase
from runner.supervisor.tasks import describe_tasks
from spec.job import JobSpec

_DETAILS_SECONDS, _DETAILS_POINTS = 300.0, 60
_CHECKPOINTS = 10


class MetricView(ObservationBase):
    """What can be asked about the course of jobs."""

    async def metrics(self, reference: str, seconds: float, buckets: int, *, series: bool = True) -> JobMetrics:
        """The last ``seconds`` of a job, its history in ``buckets`` points, with or without the series of everything."""
        return await self._metrics(await self._job(reference), seconds, buckets, whole=True, series=series)

    async def execution_metrics(self, execution_id: str, seconds: float, buckets: int, *, series: bool = True) -> JobMetrics:
        """The same of one execution alone; the window of one that is over ends with it."""
        return await self._metrics(await self._job_of(execution_id), seconds, buckets, whole=False, series=series)

    async def _metrics(self, job: Job, seconds: float, buckets: int, *, whole: bool, series: bool) -> JobMetrics:
        until = time.time()
        if not whole and job.execution is not None and job.execution.finished_at is not None:
            until = job.execution.finished_at + 1.0  # the last measurements come a moment later
        wanted = Wanted(until - seconds, until, buckets, series)
        executions = None if whole or job.execution is None else {job.execution.id: _lifetime(job.execution)}
        load, running = self._running(job)

        def work(store: Store) -> JobMetrics:
            spec = running or _generation(store, job)
            return summed_up(job, spec, load, read_window(store, job, wanted, executions), wanted)

        return await self._journal.read(work)

    def _running(self, job: Job) -> tuple[Load | None, JobSpec | None]:
        """What the job's execution is doing, and what it runs; nothing when it does not."""
        control = self._executions.control(job.execution.id) if job.execution is not None else None
        return (None, None) if control is None else (control.load(), control.work.job)

    async def details(self, reference: str) -> JobDetails:
        """Everything about a job on one page: its tasks, its configuration with the secrets masked, the metrics of the last
        five minutes without series, its newest checkpoints."""
        job = await self._job(reference)
        control = self._executions.control(job.execution.id) if job.execution is not None else None
        if control is not None:
            await control.write_down()
        load, running = self._running(job)
        now = time.time()
        wanted = Wanted(now - _DETAILS_SECONDS, now, _DETAILS_POINTS, series=False)

        def work(store: Store) -> JobDetails:
            generation, newest = read_shown(store, job.id, job.generation)
            spec = running or newest
            return JobDetails(
                job=job,
                uptime=_uptime(job, now),
                tasks=describe_tasks(job, spec, load),
                generation=generation,
                metrics=summed_up(job, spec, load, read_window(store, job, wanted), wanted),
                checkpoints=tuple(store.checkpoints(job.id, limit=_CHECKPOINTS)),
            )

        return await self._journal.read(work)


def _lifetime(execution: Execution) -> Lifetime:
    return Lifetime(execution.created_at, execution.finished_at)


def _generation(store: Store, job: Job) -> JobSpec:
    """What the job's newest generation runs."""
    return read_shown(store, job.id, job.generation)[1]


def _uptime(job: Job, now: float) -> float | None:
    """Seconds since the execution that is not over began."""
    execution = job.execution
    if execution is None or execution.state.is_terminal or execution.started_at is None:
        return None
    return max(0.0, now - execution.started_at)
