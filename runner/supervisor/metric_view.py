"""Metrics of jobs as a client sees them: a window summed up, and everything about a job on one page."""

from __future__ import annotations

import time

from runner.model import Job
from runner.observation import JobDetails, JobMetrics
from runner.store.store import Store
from runner.supervisor.metric_summary import Stored, Wanted, read_window, summed_up
from runner.supervisor.observation_base import ObservationBase
from runner.supervisor.tasks import TASK_METRICS, TASK_SECONDS, describe_tasks

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
        ids = None if whole or job.execution is None else [job.execution.id]
        stored = await self._journal.read(lambda store: read_window(store, job, wanted, ids))
        return self._summed_up(job, stored, wanted)

    def _summed_up(self, job: Job, stored: Stored, wanted: Wanted) -> JobMetrics:
        control = self._executions.control(job.execution.id) if job.execution is not None else None
        return summed_up(job, None if control is None else control.load(), stored, wanted)

    async def details(self, reference: str) -> JobDetails:
        """Everything about a job on one page: its tasks, its configuration with the secrets masked, the metrics of the last
        five minutes without series, its newest checkpoints."""
        job = await self._job(reference)
        control = self._executions.control(job.execution.id) if job.execution is not None else None
        if control is not None:
            await control.write_down()
        now = time.time()
        wanted = Wanted(now - _DETAILS_SECONDS, now, _DETAILS_POINTS, series=False)

        load = None if control is None else control.load()
        counted = {} if control is None else control.counters()

        def work(store: Store) -> JobDetails:
            ids = [job.execution.id] if control is not None and job.execution is not None else []
            latest = store.metric_sums(ids, TASK_METRICS, now - TASK_SECONDS, now) if ids else {}
            return JobDetails(
                job=job,
                uptime=_uptime(job, now),
                tasks=describe_tasks(store, job, latest, counted),
                generation=store.generation(job.id, job.generation),
                metrics=summed_up(job, load, read_window(store, job, wanted), wanted),
                checkpoints=tuple(store.checkpoints(job.id, limit=_CHECKPOINTS)),
            )

        return await self._journal.read(work)


def _uptime(job: Job, now: float) -> float | None:
    """Seconds since the execution that is not over began."""
    execution = job.execution
    if execution is None or execution.state.is_terminal or execution.started_at is None:
        return None
    return max(0.0, now - execution.started_at)
