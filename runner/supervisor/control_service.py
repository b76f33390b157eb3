"""What a person does to a job: start, stop, cancel, pause, resume, scale, restart, recover."""

from __future__ import annotations

import asyncio
from functools import partial

from runner.model import DesiredState, Job
from runner.requests import (
    PauseRequest,
    RecoverRequest,
    RestartRequest,
    StartRequest,
    StopRequest,
    WorkersRequest,
)
from runner.states import ExecutionState
from runner.supervisor.asking import Steering
from runner.supervisor.commands import Command
from runner.supervisor.errors import CheckpointDamaged, Conflict, error_info
from runner.supervisor.restore import LATEST, NONE
from runner.supervisor.service_base import ServiceBase
from runner.supervisor.wishes import CancelWish, PauseWish, ResumeWish, ScaleWish, StopWish
from spec.errors import UsageError

# A restart of a running job answers when the new execution is recorded, or after this: the stop may take long.
_RESTART_PATIENCE = 5.0
# With overrides the answer says whether the new generation works, which takes the start of its workers too.
_OVERRIDE_PATIENCE = 60.0


class ControlService(ServiceBase):
    """What changes what runs. What each command does in which situation is in :mod:`runner.supervisor.commands`."""

    # ending

    async def stop(self, reference: str, request: StopRequest) -> Job:
        """Stop the job; returns once that is recorded. A job that is over, or ending already, is returned as it is.

        With a timeout it returns when the job has stopped, or raises :class:`Conflict` with the reason why it runs on."""
        job = await self._lifecycle.require(reference)
        if request.timeout is not None and not request.savepoint:
            raise UsageError("a stop without a savepoint takes no timeout", hint="leave one of them out")
        self._require(Command.STOP, job)
        if request.timeout is not None and job.execution is not None and job.execution.state is ExecutionState.STOPPING:
            hint = f"`flowdeck stop {job.name} --no-savepoint` stops it at once"
            raise Conflict(f"the job {job.name} is being stopped already, and that cannot be given up", hint=hint)
        wish = partial(
            StopWish,
            savepoint=request.savepoint,
            reversible=request.timeout is not None,
            timeout=request.timeout,
            description=request.description,
        )
        await self._asking.end_any(job, DesiredState.STOPPED, wish)
        return await self.job(job.id)

    async def cancel(self, reference: str) -> Job:
        """End the job at once; returns once that is recorded. A job that is over is returned as it is."""
        job = await self._lifecycle.require(reference)
        self._require(Command.CANCEL, job)
        await self._asking.end_any(job, DesiredState.CANCELED, CancelWish)
        return await self.job(job.id)

    # steering

    async def pause(self, reference: str, request: PauseRequest) -> Job:
        """Let the job read nothing until it is resumed; returns once that is recorded. One that is paused is returned as it
        is."""
        return await self._steer(Command.PAUSE, reference, PauseWish(request.reason))

    async def resume(self, reference: str) -> Job:
        """Let the job read again; returns once that is recorded. One that is not paused is returned as it is."""
        return await self._steer(Command.RESUME, reference, ResumeWish())

    async def scale(self, reference: str, request: WorkersRequest) -> Job:
        """Change how many workers the job has while it runs; returns once that is recorded."""
        given = [number for number in (request.total, request.add, request.remove) if number is not None]
        if len(given) != 1 or given[0] < (request.total is not None):
            raise UsageError("give one of total (from 1), add and remove", hint="a job keeps at least one worker")
        change = (request.add or 0) - (request.remove or 0)
        return await self._steer(Command.WORKERS, reference, ScaleWish(request.total, change))

    async def _steer(self, command: Command, reference: str, wish: Steering) -> Job:
        job = await self._lifecycle.require(reference)
        self._require(command, job)
        await self._asking.steer(job, wish)
        return await self.job(job.id)

    # starting

    async def start(self, reference: str, request: StartRequest) -> Job:
        """Start a job that does not run; returns when its new execution is recorded. One that runs is returned as it is."""
        job = await self._lifecycle.require(reference)
        if not self._require(Command.START, job):
            return await self.job(job.id)
        async with self._lifecycle.lock(job.id):
            job = await self._lifecycle.reread(job.id)
            restore = request.restore or default_restore(job)
            try:
                await self._lifecycle.start(await self._lifecycle.prepare_current(job, restore))
            except CheckpointDamaged as error:  # the person is told, and so is who looks at the job later
                await self._lifecycle.record_failed_start(job, error_info(error))
                raise
        return await self.job(job.id)

    async def restart(self, reference: str, request: RestartRequest) -> Job:
        """Start a new execution of the current generation, or with overrides of a new one made from it, after stopping one that
        runs. Returns when it is recorded, or earlier when the stop takes long; the restart goes on then."""
        job = await self._lifecycle.require(reference)
        self._require(Command.RESTART, job)
        await self._restarts.check(job, request)  # better refused before anything is stopped
        task = asyncio.create_task(self._restart(job.id, request), name=f"restart {job.id}")
        self._restarting.add(task)
        task.add_done_callback(self._restarted)
        patience = _OVERRIDE_PATIENCE if request.overrides else _RESTART_PATIENCE
        done, _ = await asyncio.wait({task}, timeout=patience)
        if task.cancelled():
            raise Conflict("the daemon is shutting down")
        if done:
            task.result()
        return await self.job(job.id)

    async def recover(self, reference: str, request: RecoverRequest) -> Job:
        """Start a new execution of a job that is over, which reads only what is not finished; returns when it is recorded."""
        job = await self._lifecycle.require(reference)
        self._require(Command.RECOVER, job)
        async with self._lifecycle.lock(job.id):
            await self._restarts.recover(job.id, request.cleanup)
        return await self.job(job.id)

    def _restarted(self, task: asyncio.Task[None]) -> None:
        self._restarting.discard(task)
        if not task.cancelled():
            task.exception()  # who waited has seen it; who did not sees the job's state

    async def _restart(self, job_id: str, request: RestartRequest) -> None:
        async with self._lifecycle.replacing(job_id):
            job = await self._lifecycle.reread(job_id)
            await self._restarts.run(job, await self._asking.control(job), request)

    async def close(self) -> None:
        """Give up restarts that have not come to their new execution yet."""
        restarts = list(self._restarting)
        for task in restarts:
            task.cancel()
        await asyncio.gather(*restarts, return_exceptions=True)


def default_restore(job: Job) -> str:
    """Where a start begins when nobody says it: a finished job from the beginning, another one where it left off, if it has a
    complete checkpoint."""
    finished = job.execution is None or job.execution.state is ExecutionState.FINISHED
    return NONE if finished or job.last_checkpoint is None else LATEST
