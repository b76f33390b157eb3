"""Executions and their attempts as a client sees them."""

from __future__ import annotations

from collections.abc import Callable

from runner.model import Attempt, CheckpointKind, Execution
from runner.replies import AttemptList, CheckpointList, ExecutionList
from runner.states import ExecutionState
from runner.store.pages import ALL, CheckpointFilter, ExecutionFilter, Place
from runner.store.sorting import USUAL, Order
from runner.store.store import Store
from runner.supervisor.errors import NotFound
from runner.supervisor.page_tokens import ATTEMPTS, CHECKPOINTS, decode_place, decode_sort_place, page_of, sorted_page_of
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
        deleted: bool = False,
        order: Order = USUAL,
        limit: int = 100,
        offset: int = 0,
        after: str | None = None,
        count: bool = False,
    ) -> ExecutionList:
        """One page of executions, newest first or in another ``order``, of one job or of all that are not deleted; with
        ``deleted`` of one that is, or of all these. With ``count``, how many there are on all pages. ``after`` is the ``next``
        of the page before."""
        found = None
        if job is not None:
            found = await (self._lifecycle.deleted(job) if deleted else self._lifecycle.require(job))
            if found is None:
                raise NotFound(f"there is no deleted job {job!r}", hint="`flowdeck ls --deleted` lists those that are")
        wanted = ExecutionFilter(job_id=found.id if found else None, states=states, queue=queue, deleted=deleted)
        read = _executions_of_page(wanted, order, limit, offset, after)
        (shown, token), total = await self._journal.read(
            lambda store: (read(store), store.count_executions(wanted) if count else None)
        )
        return ExecutionList(executions=tuple(map(self._executions.live, shown)), total=total, next=token)

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
        return list((await self.attempt_page(execution_id)).attempts)

    async def attempt_page(
        self, execution_id: str, *, limit: int | None = None, offset: int = 0, after: str | None = None
    ) -> AttemptList:
        """One page of the attempts of an execution, oldest first; all of them without ``limit``."""
        place, most = decode_place(after, ATTEMPTS), limit or ALL
        await self.execution(execution_id)
        found = await self._journal.read(lambda store: store.attempts(execution_id, most + 1, offset, place))
        shown, token = page_of(found, most, lambda attempt: Place(attempt.number, ""), ATTEMPTS)
        return AttemptList(attempts=shown, next=token)

    async def execution_checkpoint_page(
        self,
        execution_id: str,
        kind: CheckpointKind | None = None,
        limit: int = 50,
        offset: int = 0,
        after: str | None = None,
    ) -> CheckpointList:
        """One page of the checkpoints that an execution took and that are kept, newest first."""
        place = decode_place(after, CHECKPOINTS)
        execution = await self.execution(execution_id)
        control = self._executions.control(execution_id)
        if control is not None:
            await control.write_down()
        wanted = CheckpointFilter(kind=kind, execution_id=execution_id, offset=offset, after=place)
        found = await self._journal.read(lambda store: store.checkpoint_page(execution.job_id, wanted, limit + 1))
        shown, token = page_of(found, limit, lambda checkpoint: Place(checkpoint.id, ""), CHECKPOINTS)
        return CheckpointList(checkpoints=shown, next=token)


def _executions_of_page(
    wanted: ExecutionFilter, order: Order, limit: int, offset: int, after: str | None
) -> Callable[[Store], tuple[tuple[Execution, ...], str | None]]:
    """Reads a page of executions, and where the next one begins."""
    if order != USUAL:
        behind = decode_sort_place(after, order)
        return lambda store: sorted_page_of(store.sorted_executions(wanted, order, limit + 1, offset, behind), limit, order)
    place = decode_place(after)

    def read(store: Store) -> tuple[tuple[Execution, ...], str | None]:
        rows = store.execution_page(wanted, limit + 1, offset, place)
        shown, token = page_of(rows, limit, lambda row: Place(row[0], row[1].id))
        return tuple(execution for _, execution in shown), token

    return read
