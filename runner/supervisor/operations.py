"""Operations as resources: each command that is carried out is on record from its beginning to its end, be that under the next
daemon. What the commands do is not in it.

Records are written together, a moment after the fact: a daemon that dies in that moment has forgotten the operation, not what
it did.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from runner.model import ErrorInfo, Job
from runner.operation import Operation, OperationOutcome
from runner.replies import OperationPage
from runner.store.errors import StoreError
from runner.store.pages import Place
from runner.supervisor.errors import NotFound, error_info
from runner.supervisor.journal import Journal
from runner.supervisor.page_tokens import decode_place, page_of

CHANGE_QUEUE: Final = "change-queue"
DELETE_QUEUE: Final = "delete-queue"
CANCEL_QUEUED: Final = "cancel-queued"
OF_QUEUES: Final = frozenset({CHANGE_QUEUE, DELETE_QUEUE, CANCEL_QUEUED})
"""The kinds of operations that are about queues, not about one job."""
RELOAD: Final = "reload"
"""The kind of operations that hot reload makes by itself: a file of a job has changed."""

_log = logging.getLogger(__name__)
_TOGETHER = 0.2
_PAUSE = 1.0
_MOST = 10_000


class Operations:
    """The operations of one daemon. Those that are under way are in memory, all are in the store."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._open: dict[str, Operation] = {}
        self._unwritten: dict[str, Operation] = {}
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()

    # recording

    async def begin(
        self, kind: str, job: Job | None, *, queue: str = "", requested_by: str = "", reason: str = ""
    ) -> Operation:
        """A new operation, under way from now on."""
        usual = None
        if job is not None or kind in OF_QUEUES:
            usual = await self.usual_seconds(job.id if job else None, kind)
        operation = Operation(
            id=secrets.token_hex(8),
            kind=kind,
            job_id=job.id if job else None,
            job_name=job.name if job else "",
            queue=queue,
            execution_id=job.execution.id if job and job.execution else None,
            requested_by=requested_by,
            reason=reason,
            phase="asked for",
            started_at=time.time(),
            usual_seconds=usual,
        )
        self._keep(operation)
        return operation

    def advance(self, operation_id: str, phase: str, progress: float | None = None) -> None:
        """Say what is going on; nothing when it is over."""
        operation = self._open.get(operation_id)
        if operation is not None and (operation.phase, operation.progress) != (phase, progress):
            self._keep(msgspec.structs.replace(operation, phase=phase, progress=progress))

    def concern(self, operation_id: str, job: Job) -> None:
        """The job, and its execution, that the operation turned out to be about."""
        operation = self._open.get(operation_id)
        if operation is not None:
            execution = job.execution.id if job.execution else None
            self._keep(msgspec.structs.replace(operation, job_id=job.id, job_name=job.name, execution_id=execution))

    def end(
        self,
        operation_id: str,
        phase: str,
        *,
        outcome: OperationOutcome | None = None,
        error: BaseException | ErrorInfo | None = None,
    ) -> None:
        """It is over: failed when there is an ``error``, else succeeded, unless ``outcome`` says another thing."""
        operation = self._open.pop(operation_id, None)
        if operation is None:
            return
        info = error_info(error) if isinstance(error, BaseException) else error
        how = outcome or (OperationOutcome.SUCCEEDED if info is None else OperationOutcome.FAILED)
        progress = 1.0 if how is OperationOutcome.SUCCEEDED else operation.progress
        ended = msgspec.structs.replace(
            operation, phase=phase, progress=progress, finished_at=time.time(), outcome=how, error=info
        )
        self._unwritten[operation_id] = ended
        self._changed.set()

    def _keep(self, operation: Operation) -> None:
        self._open[operation.id] = self._unwritten[operation.id] = operation
        self._changed.set()

    # looking

    async def get(self, operation_id: str) -> Operation:
        """One operation. Raises :class:`NotFound`."""
        known = self._open.get(operation_id) or self._unwritten.get(operation_id)
        found = known or await self._journal.read(lambda store: store.operations.get(operation_id))
        if found is None:
            raise NotFound(f"there is no operation {operation_id!r}", hint="those that are long over are forgotten")
        return found

    async def page(
        self, *, job_id: str | None, kind: str | None, is_open: bool | None, limit: int, after: str | None
    ) -> OperationPage:
        """Operations, newest first."""
        place = decode_place(after)
        await self.write_down()
        found = await self._journal.read(
            lambda store: store.operations.page(job_id=job_id, kind=kind, is_open=is_open, limit=limit + 1, after=place)
        )
        # One may have ended, or gone on, since it was written down.
        newest = self._unwritten | self._open
        shown, token = page_of(found, limit, lambda operation: Place(operation.started_at, operation.id))
        return OperationPage(operations=tuple(newest.get(operation.id, operation) for operation in shown), next=token)

    async def usual_seconds(self, job_id: str | None, kind: str) -> float | None:
        """How long an operation of this kind usually takes the job, or queues; None when it is not known."""
        return await self._journal.read(lambda store: store.operations.usual_seconds(job_id, kind))

    async def unfinished(self) -> list[Operation]:
        """What a former daemon left under way."""
        return await self._journal.read(lambda store: store.operations.page(is_open=True, limit=_MOST))

    def take_over(self, operation: Operation) -> None:
        """Go on with what a former daemon left under way."""
        self._keep(operation)

    # writing

    async def run(self) -> None:
        """Write down what changes, until cancelled."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(_TOGETHER)
            try:
                await self.write_down()
            except StoreError as error:
                _log.warning("operations are not recorded yet: %s", error.message)
                await asyncio.sleep(_PAUSE)

    async def write_down(self) -> None:
        """Have the store know all of them as they are now. Until it does, they are told from memory."""
        async with self._writing:
            self._changed.clear()
            written = dict(self._unwritten)
            if not written:
                return
            try:
                await self._journal.write(lambda entry: entry.store.operations.put(list(written.values())))
            except BaseException:
                self._changed.set()
                raise
            self._unwritten = {key: kept for key, kept in self._unwritten.items() if written.get(key) is not kept}

    @contextlib.asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """Write down what changes while the context is open, and the rest when it is left."""
        task = asyncio.create_task(self.run(), name="operations")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
            with contextlib.suppress(StoreError):
                await self.write_down()
