"""What every room of the service works with. What can be asked is in the rooms (catalog, control_service, ...)."""

from __future__ import annotations

import asyncio

from runner.model import Job
from runner.supervisor.asking import Asking
from runner.supervisor.commands import Command, permit
from runner.supervisor.errors import Conflict
from runner.supervisor.executions import Executions
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.observation import Observation
from runner.supervisor.restarts import Restarts
from runner.supervisor.savepoints import Savepoints
from runner.supervisor.work import Parts


class ServiceBase:
    """The parts of a daemon, and the one way from a reference to a job: an id, a unique prefix of one, or a name.

    Every call raises :class:`~runner.supervisor.errors.NotFound`, :class:`~runner.supervisor.errors.Conflict`,
    :class:`~runner.supervisor.errors.SpecInvalid`, and what the store raises.
    """

    def __init__(
        self,
        parts: Parts,
        executions: Executions,
        lifecycle: JobLifecycle,
        savepoints: Savepoints,
        observation: Observation,
    ) -> None:
        self.observation = observation
        self._parts = parts
        self._journal = parts.journal
        self._executions = executions
        self._lifecycle = lifecycle
        self._savepoints = savepoints
        self._asking = Asking(executions, lifecycle)
        self._restarts = Restarts(parts, lifecycle, executions)
        self._restarting: set[asyncio.Task[None]] = set()

    async def job(self, reference: str) -> Job:
        """One job."""
        return self._executions.live_job(await self._lifecycle.require(reference))

    def _require(self, command: Command, job: Job) -> bool:
        """Whether there is anything to do for the command. Raises what the table of commands says."""
        return permit(command, self._executions.live_job(job), replacing=self._lifecycle.lock(job.id).locked())

    def _require_idle(self, job: Job) -> None:
        if self._lifecycle.lock(job.id).locked():
            raise Conflict(f"the job {job.name} is being restarted or upgraded", hint="try again when that is done")


def is_active(job: Job) -> bool:
    """Whether the job has an execution that is not over."""
    return job.execution is not None and not job.execution.state.is_terminal
