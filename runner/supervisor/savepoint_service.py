"""Checkpoints and savepoints as a client sees them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, Job
from runner.operation import Effects
from runner.replies import SavepointVerdict
from runner.requests import SavepointRequest
from runner.savepoint.writing import check_place
from runner.supervisor.commands import Command
from runner.supervisor.confinement import check_path
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.service_base import ServiceBase
from runner.supervisor.wishes import SavepointWish

_PAGE = 1000


class SavepointService(ServiceBase):
    """What can be asked about the points that a job can go on from."""

    async def savepoint(self, reference: str, request: SavepointRequest) -> Checkpoint:
        """Take a savepoint; returns when it is committed and its directory is written (or its record says why not), or raises
        :class:`Conflict` when it is not committed within the time that checkpoints of the job may take."""
        job = await self._lifecycle.require(reference)
        self._require(Command.SAVEPOINT, job)
        control = await self._asking.control(job)
        if control is None:
            raise _inactive(job)
        if request.directory is not None:
            await asyncio.to_thread(check_path, request.directory, "the savepoint's directory")
            await asyncio.to_thread(check_place, Path(request.directory))
        wish = SavepointWish(request.description, request.directory or "")
        await control.post(wish)
        patience = 2 * control.work.job.env.checkpoint.timeout + self._parts.limits.savepoint_patience
        try:
            async with asyncio.timeout(patience):
                savepoint = await wish.done
        except TimeoutError:
            raise Conflict(
                f"no savepoint of {job.name} within {patience:g} s", hint="`flowdeck show` tells its state"
            ) from None
        return await self._savepoints.write(savepoint.job_id, savepoint.id) or savepoint

    async def checkpoints(self, reference: str, kind: CheckpointKind | str | None = None, limit: int = 50) -> list[Checkpoint]:
        """Checkpoints of a job, newest first."""
        job = await self._lifecycle.require(reference)
        control = self._executions.control(job.execution.id) if job.execution is not None else None
        if control is not None:
            await control.write_down()
        return await self._journal.read(lambda store: store.checkpoints(job.id, kind, limit))

    async def savepoints(self, reference: str | None = None, *, deleted: bool = False) -> list[Checkpoint]:
        """Complete savepoints of one job or of all, newest first; with ``deleted`` of one that is deleted, or of all these."""
        if reference is None:
            found = await self._journal.read(lambda store: store.savepoints(deleted=deleted))
        elif deleted:
            job = await self._of(reference, deleted=True)
            found = await self._journal.read(lambda store: store.checkpoints(job.id, CheckpointKind.SAVEPOINT, _PAGE))
        else:
            found = await self.checkpoints(reference, CheckpointKind.SAVEPOINT, _PAGE)
        kept = {CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}
        return [savepoint for savepoint in found if savepoint.status in kept]

    async def show_savepoint(self, reference: str, number: int, *, deleted: bool = False) -> Checkpoint:
        """One savepoint, be it complete or not; with ``deleted`` of a job that is deleted."""
        return await self._savepoints.get(await self._of(reference, deleted=deleted), number)

    async def delete_savepoint(self, reference: str, number: int, *, force: bool = False, deleted: bool = False) -> None:
        """Forget a savepoint and remove its directory below the home. Unless forced, not the one that the job is running from,
        nor its only restore point. While it is the newest point that the job can go on from, its state is kept as an ordinary
        checkpoint even then: from an older one the job would write again what is there already."""
        await self._savepoints.delete(await self._of(reference, deleted=deleted), number, force=force)

    async def deletion_of_savepoint(
        self, reference: str, number: int, *, force: bool = False, deleted: bool = False
    ) -> Effects:
        """What :meth:`delete_savepoint` would do now."""
        return await self._savepoints.deletion(await self._of(reference, deleted=deleted), number, force=force)

    async def verify_savepoint(self, reference: str, number: int, *, deleted: bool = False) -> SavepointVerdict:
        """Check every byte of a savepoint, in the store and in its directory; the record remembers when, and the result."""
        savepoint, problems = await self._savepoints.verify(await self._of(reference, deleted=deleted), number)
        return SavepointVerdict(savepoint=savepoint, problems=problems)

    async def _of(self, reference: str, *, deleted: bool) -> Job:
        if not deleted:
            return await self._lifecycle.require(reference)
        job = await self._lifecycle.deleted(reference)
        if job is None:
            raise NotFound(f"there is no deleted job {reference!r}", hint="`flowdeck ls --deleted` lists those that are")
        return job


def _inactive(job: Job) -> Conflict:
    state = job.execution.state if job.execution else "not started"
    return Conflict(f"the job {job.name} is {state}: there is nothing to save", hint=f"`flowdeck start {job.name}` starts it")
