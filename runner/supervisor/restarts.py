"""Restarts that a person asks for: the current generation again, or with overrides a new one that is made from it.

One that runs is stopped first, with a savepoint unless the restart is from the beginning: what it has not made visible by then
would only be there twice. With overrides, and unless a restore point is named, that goes the way of an
upgrade by hot reload: refused when it would misread positions, rolled back when the new generation does not start.
"""

from __future__ import annotations

import msgspec

from runner.model import Cleanup, Job
from runner.requests import RestartRequest
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import Conflict, error_info
from runner.supervisor.executions import Executions
from runner.supervisor.job_record import NotWanted, Prepared
from runner.supervisor.journal import Entry
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.reloading.upgrade import SYNCED, Step, Upgrade
from runner.supervisor.restore import LATEST, NONE
from runner.supervisor.submission import Submission, check_request
from runner.supervisor.wishes import StopWish
from runner.supervisor.work import Parts
from spec.errors import FlowdeckError

_OCCASION = "restart"


class Restarts:
    """Carries out restarts; the caller of :meth:`run` holds the job's lock."""

    def __init__(self, parts: Parts, lifecycle: JobLifecycle, executions: Executions) -> None:
        self._journal = parts.journal
        self._lifecycle = lifecycle
        self._upgrade = Upgrade(lifecycle, executions, parts.limits, occasion=_OCCASION, until_proven=True)

    async def check(self, job: Job, request: RestartRequest) -> None:
        """Raise what would keep the restart from happening, as far as that is known before anything is stopped."""
        active = job.execution is not None and not job.execution.state.is_terminal
        submission = await self._overridden(job, request)
        if request.restore != LATEST or not active:
            await self._prepare(job, request, submission)

    async def run(self, job: Job, control: ExecutionControl | None, request: RestartRequest) -> None:
        """Restart the job, whose active execution ``control`` controls. Raises :class:`Conflict` when it cannot be done."""
        submission = await self._overridden(job, request)
        if control is None:
            await self._lifecycle.start(await self._prepare(job, request, submission))
        elif submission is not None and request.restore == LATEST:
            await self._replace(job, submission)
        else:
            await self._lifecycle.set_restarting(job, "" if request.restore == LATEST else request.restore, submission)
            wish = StopWish(savepoint=request.restore != NONE, description=_OCCASION, asked_by="a restart", desired=None)
            try:
                await self._start_after(job, control, wish, request)
            except FlowdeckError:  # refused, and whoever asked is told; a daemon that dies leaves the wish to the next one
                await self._lifecycle.set_restarting(job, "")
                raise

    async def _start_after(self, job: Job, control: ExecutionControl, wish: StopWish, request: RestartRequest) -> None:
        trouble = await self._lifecycle.stop_and_wait(control, wish)
        if trouble:
            raise Conflict(f"the job {job.name} was not restarted: {trouble}")
        job = await self._lifecycle.reread(job.id)
        try:
            await self._lifecycle.start(await self._prepare_successor(job, request), only_if_wanted=True)
        except NotWanted:
            raise
        except FlowdeckError as error:  # it was stopped for this: whoever looks at the job is to see why it does not run
            await self._lifecycle.record_failed_start(job, error_info(error))
            raise

    async def recover(self, job_id: str, cleanup: Cleanup) -> None:
        """Run what a job that is over has left unfinished. Raises :class:`Conflict` when it is not over or left nothing."""
        job = await self._lifecycle.reread(job_id)
        if job.execution is not None and not job.execution.state.is_terminal:
            hint = f"flowdeck stop {job.name} first; after a failed attempt another one follows by itself"
            raise Conflict(f"the job {job.name} is {job.execution.state}", hint=hint)
        await self._lifecycle.start(await self._lifecycle.prepare_recovery(job, cleanup))

    async def _overridden(self, job: Job, request: RestartRequest) -> Submission | None:
        """The current generation with the overrides of the request on top of its own; None when that changes nothing."""
        if not request.overrides:
            return None
        _, source = await self._lifecycle.generation(job, job.generation)
        overrides = {**source.overrides, **request.overrides}
        submission = await check_request(msgspec.structs.replace(source, overrides=overrides))
        return None if await self._lifecycle.same_as_current(job, submission) else submission

    async def _prepare(self, job: Job, request: RestartRequest, submission: Submission | None) -> Prepared:
        if submission is None:
            return await self._lifecycle.prepare_current(job, request.restore)
        return await self._lifecycle.prepare_submission(job, submission, request.restore)

    async def _prepare_successor(self, job: Job, request: RestartRequest) -> Prepared:
        """``latest`` is where the execution that was just stopped left off, be that where it began."""
        if request.restore == LATEST and job.execution is not None:
            return await self._lifecycle.prepare_successor(job, job.generation, job.execution)
        return await self._lifecycle.prepare_current(job, request.restore)

    async def _replace(self, job: Job, submission: Submission) -> None:
        outcome, message, _ = await self._upgrade.run(job, submission, self._announce)
        await self._note(job, message)
        if outcome is not SYNCED:
            raise Conflict(
                f"the job {job.name} does not run with what was set: {message}", hint="`flowdeck show` tells what it runs"
            )

    async def _announce(self, job: Job, step: Step) -> None:
        await self._note(job, step.message)

    async def _note(self, job: Job, message: str) -> None:
        def record(entry: Entry) -> None:
            entry.note("job.restart", f"{job.name}: {message}", job_id=job.id)

        await self._journal.write(record)
