"""What can be seen of jobs, workers and the daemon. The API calls this; nothing in it changes anything."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil

from runner.model import DaemonStatus, Event, LogLine, MetricSeries
from runner.replies import ErrorReport, WorkerList
from runner.store.store import Store
from runner.supervisor.error_report import read_error_report
from runner.supervisor.event_bus import EventBus, Subscription
from runner.supervisor.executions import Executions
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.log_file import read_after, read_last
from runner.supervisor.work import Parts

_PAGE = 1000
_MAXIMUM_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class DaemonIdentity:
    """What the daemon says of itself."""

    started_at: float
    watching: tuple[str, ...]
    embedded: bool


class Observation:
    """Everything that can be looked at. Jobs are named by id, unique prefix of one, or name.

    Raises :class:`~runner.supervisor.errors.NotFound`, and what the store raises.
    """

    def __init__(
        self, parts: Parts, bus: EventBus, executions: Executions, lifecycle: JobLifecycle, identity: DaemonIdentity
    ) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._bus = bus
        self._executions = executions
        self._lifecycle = lifecycle
        self._identity = identity
        self._begun = time.monotonic()

    async def workers(self, reference: str) -> WorkerList:
        """The workers of the job's execution; none when it does not run."""
        job = self._executions.live_job(await self._lifecycle.require(reference))
        control = self._executions.control(job.execution.id) if job.execution else None
        wanted = job.execution.workers_wanted if job.execution else None
        return WorkerList(workers=tuple(control.workers()) if control else (), wanted=wanted)

    async def errors(self, reference: str, *, plugin: str | None, kind: str | None, limit: int) -> ErrorReport:
        """What went wrong in a job: rejected rows and failed attempts."""
        job = await self._lifecycle.require(reference)
        return await self._journal.read(lambda store: read_error_report(store, job, plugin=plugin, kind=kind, limit=limit))

    async def metrics(self, reference: str, window_seconds: float, buckets: int) -> list[MetricSeries]:
        """The metrics of the last ``window_seconds`` of a job, in ``buckets`` points each."""
        job = await self._lifecycle.require(reference)
        until = time.time()
        since = until - window_seconds

        def work(store: Store) -> list[MetricSeries]:
            executions = store.executions(job.id, _PAGE, 0)
            ids = [found.id for found in executions if found.finished_at is None or found.finished_at > since]
            return store.metric_series(ids, None, since, until, buckets) if ids else []

        return await self._journal.read(work)

    async def log_lines(
        self,
        reference: str,
        after: int | None = None,
        limit: int = 1000,
        level: str | None = None,
        tail: bool = True,  # noqa: FBT001, FBT002 - a query parameter of the API
    ) -> list[LogLine]:
        """Lines of the log of the job's newest execution, oldest first: those after byte ``after``, else with ``tail`` the last
        ones, else the first ones. ``level`` ``output`` asks for rows, another one for lines at least as severe."""
        execution_id = await self._newest_execution(reference)
        if execution_id is None:
            return []
        path = self._parts.home.log_file(execution_id)
        if after is None and tail:
            return await asyncio.to_thread(read_last, path, limit, level)
        return await asyncio.to_thread(read_after, path, after or 0, limit, level)

    async def events_since(self, revision: int) -> list[Event]:
        """Recorded events after ``revision``, oldest first, at most a thousand."""
        return await self._journal.read(lambda store: store.events_since(revision, _MAXIMUM_EVENTS))

    def subscribe(self) -> Subscription:
        """The events from now on; close it when done."""
        return self._bus.subscribe()

    async def status(self) -> DaemonStatus:
        """The daemon itself."""
        _, jobs = await self._journal.read(lambda store: store.jobs(limit=1))
        running = self._executions.running()
        return DaemonStatus(
            pid=os.getpid(),
            version=_version(),
            home=str(self._parts.home.path),
            started_at=self._identity.started_at,
            uptime=time.monotonic() - self._begun,
            watching=self._identity.watching,
            jobs=jobs,
            running=len(running),
            memory_bytes=psutil.Process().memory_info().rss,
            worker_pids=tuple(pid for execution in running for pid in execution.worker_pids),
            embedded=self._identity.embedded,
        )

    async def _newest_execution(self, reference: str) -> str | None:
        """The id of the job's newest execution. Of a job that runs it is known without a look into the store."""
        if (running := self._executions.of_job(reference)) is not None:
            return running
        job = await self._lifecycle.require(reference)
        return None if job.execution is None else job.execution.id


def _version() -> str:
    try:
        return version("flowdeck")
    except PackageNotFoundError:
        return "unknown"
