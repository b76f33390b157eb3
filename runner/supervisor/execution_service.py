"""Executions and their attempts as a client sees them."""

from __future__ import annotations

from runner.model import Attempt, Execution
from runner.supervisor.errors import NotFound
from runner.supervisor.service_base import ServiceBase

_PAGE = 1000


class ExecutionService(ServiceBase):
    """What can be asked about the runs of jobs."""

    async def executions(self, reference: str) -> list[Execution]:
        """Executions of a job, newest first."""
        job = await self._lifecycle.require(reference)
        found = await self._journal.read(lambda store: store.executions(job.id, _PAGE, 0))
        return [self._executions.live(execution) for execution in found]

    async def execution(self, execution_id: str) -> Execution:
        """One execution. One that runs is known without a look into the store."""
        if (control := self._executions.control(execution_id)) is not None:
            return control.view()
        found = await self._journal.read(lambda store: store.execution(execution_id))
        if found is None:
            raise NotFound(f"there is no execution {execution_id}")
        return self._executions.live(found)

    async def attempts(self, execution_id: str) -> list[Attempt]:
        """Attempts of an execution, oldest first."""
        await self.execution(execution_id)
        return await self._journal.read(lambda store: store.attempts(execution_id))
