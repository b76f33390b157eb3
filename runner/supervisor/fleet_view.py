"""The daemon, this machine and the worker processes as a client sees them."""

from __future__ import annotations

import os
import time
from importlib.metadata import PackageNotFoundError, version

import psutil

from runner.model import DaemonStatus
from runner.replies import WorkerList
from runner.supervisor.observation_base import ObservationBase


class FleetView(ObservationBase):
    """What can be asked about the processes of a daemon."""

    async def workers(self, reference: str) -> WorkerList:
        """The workers of the job's execution; none when it does not run."""
        job = await self._job(reference)
        control = self._executions.control(job.execution.id) if job.execution else None
        wanted = job.execution.workers_wanted if job.execution else None
        return WorkerList(workers=tuple(control.workers()) if control else (), wanted=wanted)

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


def _version() -> str:
    try:
        return version("flowdeck")
    except PackageNotFoundError:
        return "unknown"
