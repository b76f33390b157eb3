"""Executions and their attempts as a client sees them."""

from __future__ import annotations

from runner.model import Attempt, Checkpoint, CheckpointKind, Execution
from runner.replies import ExecutionList
from runner.states import ExecutionState
from runner.store.pages import ExecutionFilter, Place
from runner.supervisor.errors import NotFound
from runner.supervisor.page_tokens import decode_place, encode_place
from runner.supervisor.restore_point import ALL
from runner.supervisor.service_base import ServiceBase

_PAGE = 1000


class ExecutionService(ServiceBase):
    """What can be asked about the runs of jobs."""

    async def executions(self, reference: str) -> list[Execution]:
        """Executions of a job, newest first."""
        return list((await self.execution_page(job=reference, limit=_PAGE)).executions)

    async def execution_page(
        self,
        *,
        job: str | None = None,
        states: tuple[ExecutionState | str, ...] = (),
        queue: str | None = None,
        limit: int = 100,
        offset: int = 0,
        after: str | None = None,
        count: bool = False,
    ) -> ExecutionList:
        """One page of executions, newest first, of one job or of all that are not deleted; with ``count``, how many there are
        on all pages. ``after`` is the ``next`` of the page before."""
        found = await self._lifecycle.require(job) if job is not None else None
        wanted = ExecutionFilter(job_id=found.id if found else None, states=states, queue=queue)
        place = decode_place(after)
        # One more than is wanted tells whether there is a next page.
        rows, total = await self._journal.read(
            lambda store: (
                store.execution_page(wanted, limit + 1, offset, place),
                store.count_executions(wanted) if count else None,
            )
        )
        shown = rows[:limit]
        return ExecutionList(
            executions=tuple(self._executions.live(execution) for _, execution in shown),
            total=total,
            next=encode_place(Place(shown[-1][0], shown[-1][1].id)) if len(rows) > limit else None,
        )

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

    async def execution_checkpoints(
        self, execution_id: str, kind: CheckpointKind | None = None, limit: int = 50
    ) -> list[Checkpoint]:
        """Checkpoints that an execution took and that are kept, newest first."""
        execution = await self.execution(execution_id)
        control = self._executions.control(execution_id)
        if control is not None:
            await control.write_down()
        found = await self._journal.read(lambda store: store.checkpoints(execution.job_id, kind, ALL))
        return [checkpoint for checkpoint in found if checkpoint.execution_id == execution_id][:limit]
