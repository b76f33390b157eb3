"""The daemon, this machine and the worker processes as a client sees them."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil

from runner.cluster import (
    Bounds,
    ClusterState,
    ClusterStatistics,
    Controller,
    FleetWorker,
    HealthStatus,
    Node,
    WorkerKill,
    WorkerKillList,
    WorkersOfJob,
)
from runner.model import DaemonStatus, Execution, Job
from runner.replies import WorkerList
from runner.states import ExecutionState
from runner.store.pages import JobFilter
from runner.store.store import Store
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import NotFound
from runner.supervisor.journal import Entry
from runner.supervisor.limits import MAXIMUM_WORKERS
from runner.supervisor.log_view import MAXIMUM_FOLLOWERS
from runner.supervisor.observation_base import ObservationBase
from runner.supervisor.processor_use import ProcessorUse
from runner.worker.parallelism import MAXIMUM_READERS

_processors = ProcessorUse()


_AT_WORK: Final = 1000
"""So many jobs at work are told of one by one."""
_ACTIVE: Final = tuple(state for state in ExecutionState if not state.is_terminal)


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many jobs there are by the state of their newest execution, and those at work as they are now; ``left_out`` of them
    are not here, because there are too many."""

    jobs_in: Mapping[ExecutionState, int]
    at_work: tuple[Job, ...]
    left_out: int = 0


class FleetView(ObservationBase):
    """What can be asked about the processes of a daemon."""

    async def workers(self, reference: str) -> WorkerList:
        """The workers of the job's execution; none when it does not run."""
        job = await self._job(reference)
        control = self._executions.control(job.execution.id) if job.execution else None
        wanted = job.execution.workers_wanted if job.execution else None
        return WorkerList(workers=tuple(control.workers()) if control else (), wanted=wanted)

    async def fleet(self, job: str | None = None, queue: str | None = None) -> list[FleetWorker]:
        """All worker processes, or those of one job, or of the jobs of one queue."""
        job_id = None if job is None else (await self._lifecycle.require(job)).id
        found = [worker for control in self._executions.controls() for worker in control.fleet()]
        wanted = (worker for worker in found if job_id in {None, worker.job_id} and queue in {None, worker.queue})
        return sorted(wanted, key=lambda worker: (worker.execution_id, worker.number))

    async def execution_workers(self, execution_id: str) -> list[FleetWorker]:
        """The workers of one execution."""
        control = self._executions.control((await self._execution(execution_id)).id)
        return [] if control is None else control.fleet()

    async def kill_worker(self, execution_id: str, number: int, reason: str) -> WorkerKill:
        """End a worker process at once. The attempt's record says why, and the execution goes on from its last checkpoint; that
        uses up none of its restarts."""
        execution = await self._execution(execution_id)
        control = self._executions.control(execution_id)
        killed = None if control is None else control.kill_worker(number, reason)
        if killed is None:
            message = f"the execution {execution_id} of {execution.job_name} has no worker {number}"
            raise NotFound(message, hint=f"`flowdeck workers {execution.job_name}` lists them")

        await self._journal.write(lambda entry: _note_kill(entry, execution, killed))
        return killed

    async def kill_workers(self, queue: str, reason: str, *, dry_run: bool = False) -> WorkerKillList:
        """End every worker process of the jobs at work in a queue at once; each of them goes on as after the kill of one. With
        ``dry_run`` only which ones they are. Raises :class:`NotFound` for a queue that nothing is known of."""
        self._parts.queues.require(queue)
        controls = [control for control in self._executions.controls() if control.work.job.env.queue == queue]
        found = [(control.view(), control.kill_workers(reason, dry_run=dry_run)) for control in controls]

        def note(entry: Entry) -> None:
            for execution, killed in found:
                for each in killed:
                    _note_kill(entry, execution, each)

        if not dry_run and any(killed for _, killed in found):
            await self._journal.write(note)
        return WorkerKillList(
            killed=tuple(each for _, killed in found for each in killed),
            jobs=tuple(_workers_of_job(execution, len(killed)) for execution, killed in found if killed),
        )

    async def cluster(self) -> ClusterState:
        """The daemon with all that it runs, and this machine."""
        health = await self.health.health()
        jobs = await self._journal.read(lambda store: store.count_jobs(JobFilter()))
        limits = self._parts.limits
        return ClusterState(
            name=socket.gethostname(),
            state="running" if health.status is HealthStatus.OK else str(health.status),
            started_at=self._identity.started_at,
            uptime=time.monotonic() - self._begun,
            nodes=(await asyncio.to_thread(_node, self._parts.home.path, sum(map(_workers, self._executions.controls()))),),
            controllers=tuple(map(_controller, self._executions.controls())),
            queues=tuple(self._parts.queues.view()),
            jobs=jobs,
            bounds=Bounds(
                workers_of_an_execution=MAXIMUM_WORKERS,
                log_followers=MAXIMUM_FOLLOWERS,
                readers_of_a_source=MAXIMUM_READERS,
                events_retained=limits.events_retained,
                executions_retained=limits.executions_retained,
                generations_retained=limits.generations_retained,
            ),
        )

    async def jobs_at_work(self) -> Fleet:
        """All that is told of from memory, however many jobs there are."""

        def work(store: Store) -> tuple[dict[ExecutionState, int], list[Job]]:
            counts = {state: store.count_jobs(JobFilter(states=(state,))) for state in ExecutionState}
            return counts, store.job_page(JobFilter(states=_ACTIVE), _AT_WORK, 0, None)

        counts, found = await self._journal.read(work)
        jobs = tuple(map(self._executions.live_job, found))
        return Fleet(counts, jobs, sum(counts[state] for state in _ACTIVE) - len(jobs))

    async def statistics(self) -> ClusterStatistics:
        """What has happened since the daemon started."""
        done, running = self._executions.done(), self._executions.running()
        counts = {name: count for name, count in self._parts.statistics.counts.items() if count}
        return ClusterStatistics(
            since=self._identity.started_at,
            uptime=time.monotonic() - self._begun,
            executions_running=len(running),
            workers_joined=done.joined,
            workers_disconnected=done.disconnected,
            splits_processed=done.splits,
            splits_queued=sum(execution.splits.pending for execution in running if execution.splits is not None),
            rows_in=done.rows_in,
            rows_out=done.rows_out,
            rows_rejected=done.rows_rejected,
            **counts,
        )

    async def status(self) -> DaemonStatus:
        """The daemon itself."""
        jobs = await self._journal.read(lambda store: store.count_jobs(JobFilter()))
        running = self._executions.running()
        return DaemonStatus(
            pid=os.getpid(),
            version=program_version(),
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


def _note_kill(entry: Entry, execution: Execution, killed: WorkerKill) -> None:
    number = int(killed.worker.rpartition("/")[2])
    message = f"{execution.job_name}: worker {number} is killed: {killed.reason}"
    data = {"worker": number, "reason": killed.reason}
    entry.note("worker.killed", message, job_id=execution.job_id, execution_id=execution.id, data=data)


def _workers_of_job(execution: Execution, workers: int) -> WorkersOfJob:
    job_id, name = execution.job_id, execution.job_name
    return WorkersOfJob(job_id=job_id, job_name=name, execution_id=execution.id, workers=workers)


def _workers(control: ExecutionControl) -> int:
    return len(control.workers())


def _controller(control: ExecutionControl) -> Controller:
    execution, done = control.view(), control.done()
    return Controller(
        execution_id=execution.id,
        job_id=execution.job_id,
        job_name=execution.job_name,
        queue=control.work.job.env.queue,
        state=execution.state,
        started_at=execution.started_at,
        attempt=execution.attempt,
        restarts=execution.restarts,
        workers_active=_workers(control),
        workers_wanted=execution.workers_wanted,
        workers_joined=done.joined,
        workers_disconnected=done.disconnected,
        splits=execution.splits,
        rows_in=execution.totals.rows_in,
        rows_out=execution.totals.rows_out,
    )


def _node(home: Path, workers: int) -> Node:
    """This machine. Blocks for a moment."""
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(home)
    return Node(
        hostname=socket.gethostname(),
        pid=os.getpid(),
        version=program_version(),
        cpus=os.cpu_count() or 1,
        cpu_percent=_processors.percent(),
        load=os.getloadavg(),
        memory_total=memory.total,
        memory_available=memory.available,
        disk_total=disk.total,
        disk_free=disk.free,
        workers=workers,
    )


@functools.cache
def program_version() -> str:
    """Of flowdeck, as it is installed."""
    try:
        return version("flowdeck")
    except PackageNotFoundError:
        return "unknown"
