"""Checkpoints and savepoints as a client sees them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from runner.model import Checkpoint, CheckpointKind, Job
from runner.operation import Effects
from runner.replies import CheckpointList, SavepointList, SavepointVerdict
from runner.requests import SavepointRequest
from runner.savepoint.writing import check_place
from runner.store.checkpoints import savepoint_place
from runner.store.pages import ALL, CheckpointFilter, Place
from runner.supervisor.commands import Command
from runner.supervisor.confinement import check_path
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.page_tokens import CHECKPOINTS, SAVEPOINTS, decode_place, page_of
from runner.supervisor.service_base import ServiceBase
from runner.supervisor.wishes import SavepointWish


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
        return list((await self.checkpoint_page(reference, kind, limit)).checkpoints)

    async def checkpoint_page(
        self,
        reference: str,
        kind: CheckpointKind | str | None = None,
        limit: int = 50,
        offset: int = 0,
        after: str | None = None,
    ) -> CheckpointList:
        """One page of the checkpoints of a job, newest first."""
        wanted = CheckpointFilter(kind=kind, offset=offset, after=decode_place(after, CHECKPOINTS))
        shown, token = await self._page(await self._lifecycle.require(reference), wanted, limit)
        return CheckpointList(checkpoints=shown, next=token)

    async def savepoints(self, reference: str | None = None, *, deleted: bool = False) -> list[Checkpoint]:
        """Complete savepoints of one job or of all, newest first; with ``deleted`` of one that is deleted, or of all these."""
        return list((await self.savepoint_page(reference, deleted=deleted)).savepoints)

    async def savepoint_page(
        self,
        reference: str | None = None,
        *,
        deleted: bool = False,
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
    ) -> SavepointList:
        """One page of the complete savepoints of one job or of all, newest first; with ``deleted`` of one that is deleted, or
        of all these. All of them without ``limit``."""
        most = limit or ALL
        if reference is None:
            place = decode_place(after, SAVEPOINTS)
            found = await self._journal.read(
                lambda store: store.savepoints(deleted=deleted, limit=most + 1, offset=offset, after=place)
            )
            shown, token = page_of(found, most, savepoint_place, SAVEPOINTS)
        else:
            place = decode_place(after, CHECKPOINTS)
            wanted = CheckpointFilter(kind=CheckpointKind.SAVEPOINT, complete=True, offset=offset, after=place)
            shown, token = await self._page(await self._of(reference, deleted=deleted), wanted, most)
        return SavepointList(savepoints=shown, next=token)

    async def _page(self, job: Job, wanted: CheckpointFilter, limit: int) -> tuple[tuple[Checkpoint, ...], str | None]:
        control = self._executions.control(job.execution.id) if job.execution is not None else None
        if control is not None:
            await control.write_down()
        found = await self._journal.read(lambda store: store.checkpoint_page(job.id, wanted, limit + 1))
        return page_of(found, limit, lambda checkpoint: Place(checkpoint.id, ""), CHECKPOINTS)

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
