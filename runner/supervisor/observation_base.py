"""What every room of observation works with. What can be looked at is in the rooms (metric_view, log_view, ...)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import msgspec

from runner.model import Execution, Job
from runner.store.store import Store
from runner.supervisor.errors import NotFound
from runner.supervisor.event_bus import EventBus
from runner.supervisor.executions import Executions
from runner.supervisor.health import HealthWatch
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.work import Parts


@dataclass(frozen=True, slots=True)
class DaemonIdentity:
    """What the daemon says of itself."""

    started_at: float
    watching: tuple[str, ...]
    embedded: bool


class ObservationBase:
    """The parts of a daemon, and the ways from a reference to a job (an id, a unique prefix of one, or a name) and to an
    execution.

    Every call raises :class:`~runner.supervisor.errors.NotFound`, and what the store raises.
    """

    def __init__(
        self,
        parts: Parts,
        bus: EventBus,
        executions: Executions,
        lifecycle: JobLifecycle,
        identity: DaemonIdentity,
        health: HealthWatch,
    ) -> None:
        self.health = health
        self._parts = parts
        self._journal = parts.journal
        self._bus = bus
        self._executions = executions
        self._lifecycle = lifecycle
        self._identity = identity
        self._begun = time.monotonic()

    async def _job(self, reference: str) -> Job:
        """One job, as it is now."""
        return self._executions.live_job(await self._lifecycle.require(reference))

    async def _execution(self, execution_id: str) -> Execution:
        """One execution, as it is now. One that runs is known without a look into the store."""
        if (control := self._executions.control(execution_id)) is not None:
            return control.view()
        found = await self._journal.read(lambda store: store.execution(execution_id))
        if found is None:
            raise NotFound(f"there is no execution {execution_id}")
        return self._executions.live(found)

    async def _job_of(self, execution_id: str) -> Job:
        """The job of an execution, as if that were its newest. Of a deleted job what the execution knows of it."""
        control = self._executions.control(execution_id)
        known = None if control is None else control.view()

        def work(store: Store) -> tuple[Execution | None, Job | None]:
            found = known or store.execution(execution_id)
            return found, None if found is None else store.job(found.job_id)

        found, job = await self._journal.read(work)
        if found is None:
            raise NotFound(f"there is no execution {execution_id}")
        execution = self._executions.live(found)
        if job is None:
            raise NotFound(f"the job {execution.job_name} of execution {execution_id} is deleted")
        last = job.last_checkpoint
        own = last if last is not None and last.execution_id == execution_id else None
        view = msgspec.structs.replace(job, execution=execution, generation=execution.generation, last_checkpoint=own)
        return self._executions.live_job(view)
