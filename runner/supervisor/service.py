"""What a client may ask of a daemon: submit, stop, savepoint, restart, look. The API, and everything else, calls this."""

from __future__ import annotations

import asyncio
from pathlib import Path

from runner.model import (
    Attempt,
    Checkpoint,
    CheckpointKind,
    CheckpointStatus,
    DesiredState,
    Execution,
    Generation,
    Job,
    Queue,
)
from runner.replies import SavepointVerdict
from runner.requests import (
    PauseRequest,
    QueueRequest,
    RecoverRequest,
    RestartRequest,
    SavepointRequest,
    StopRequest,
    SubmitRequest,
    WorkersRequest,
)
from runner.savepoint.writing import check_place
from runner.states import ExecutionState
from runner.supervisor.asking import Asking, Steering
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.executions import Executions
from runner.supervisor.journal import Entry
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.observation import Observation
from runner.supervisor.restarts import Restarts
from runner.supervisor.savepoints import Savepoints
from runner.supervisor.submission import check_name, check_request
from runner.supervisor.wishes import CancelWish, PauseWish, ResumeWish, SavepointWish, ScaleWish, StopWish
from runner.supervisor.work import Parts
from spec.errors import UsageError

# A restart of a running job answers when the new execution is recorded, or after this: the stop may take long.
_RESTART_PATIENCE = 5.0
# With overrides the answer says whether the new generation works, which takes the start of its workers too.
_OVERRIDE_PATIENCE = 60.0
_PAGE = 1000


class JobService:
    """Everything that can be asked. Jobs are named by id, unique prefix of one, or name.

    Raises :class:`NotFound`, :class:`Conflict`, :class:`~runner.supervisor.errors.SpecInvalid`, and what the store raises.
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
        self._admission = asyncio.Lock()
        self._asking = Asking(executions, lifecycle)
        self._restarts = Restarts(parts, lifecycle, executions)
        self._restarting: set[asyncio.Task[None]] = set()

    # jobs

    async def submit(self, request: SubmitRequest) -> Job:
        """Check and run a job file. A job of that name that is running the same is returned as it is; one that runs something
        else is a :class:`Conflict`. An execution is recorded even when it then fails to start."""
        submission = await check_request(request)
        async with self._admission:
            job = await self._lifecycle.named(submission.job.name)
            if job is None:
                control = await self._lifecycle.start(
                    await self._lifecycle.prepare_submission(None, submission, request.restore)
                )
                return await self.job(control.work.job_id)
            self._require_idle(job)
            async with self._lifecycle.lock(job.id):
                if _is_active(job):
                    if await self._lifecycle.same_as_current(job, submission):
                        return self._executions.live_job(job)
                    raise _active(job, "it runs another generation: stop it first, then submit again")
                prepared = await self._lifecycle.prepare_submission(job, submission, request.restore)
                await self._lifecycle.start(prepared)
                return await self.job(job.id)

    async def jobs(
        self,
        state: ExecutionState | str | None = None,
        name: str | None = None,
        limit: int = 100,
        offset: int = 0,
        queue: str | None = None,
    ) -> tuple[list[Job], int]:
        """One page of jobs, newest first, and the number on all pages."""
        found, total = await self._journal.read(lambda store: store.jobs(state, name, limit, offset, queue))
        return [self._executions.live_job(job) for job in found], total

    async def job(self, reference: str) -> Job:
        """One job."""
        return self._executions.live_job(await self._lifecycle.require(reference))

    async def delete(self, reference: str) -> None:
        """Forget a job that is not running."""
        job = await self._lifecycle.require(reference)
        self._require_idle(job)
        async with self._lifecycle.lock(job.id):
            await self._lifecycle.delete(job)

    async def generations(self, reference: str) -> list[Generation]:
        """All generations of a job, oldest first."""
        job = await self._lifecycle.require(reference)
        return await self._journal.read(lambda store: store.generations(job.id))

    async def generation(self, reference: str, number: int) -> Generation:
        """One generation of a job."""
        job = await self._lifecycle.require(reference)
        found = await self._journal.read(lambda store: store.generation(job.id, number))
        if found is None:
            raise NotFound(f"the job {job.name} has no generation {number}")
        return found

    # control

    async def stop(self, reference: str, request: StopRequest) -> Job:
        """Stop the job; returns once that is recorded. A job that is over, or ending already, is returned as it is."""
        job = await self._lifecycle.require(reference)
        control = await self._asking.control(job)
        if control is None:
            await self._lifecycle.set_desired(job.id, DesiredState.STOPPED)
        else:
            wish = StopWish(savepoint=request.savepoint, description=request.description)
            await self._asking.end(job, control, wish)
        return await self.job(job.id)

    async def cancel(self, reference: str) -> Job:
        """End the job at once; returns once that is recorded. A job that is over is returned as it is."""
        job = await self._lifecycle.require(reference)
        control = await self._asking.control(job)
        if control is None:
            await self._lifecycle.set_desired(job.id, DesiredState.CANCELED)
        else:
            wish = CancelWish()
            await self._asking.end(job, control, wish)
        return await self.job(job.id)

    async def pause(self, reference: str, request: PauseRequest) -> Job:
        """Let the job read nothing until it is resumed; returns once that is recorded. One that is paused is returned as it
        is."""
        return await self._steer(reference, PauseWish(request.reason))

    async def resume(self, reference: str) -> Job:
        """Let the job read again; returns once that is recorded. One that is not paused is returned as it is."""
        return await self._steer(reference, ResumeWish())

    async def scale(self, reference: str, request: WorkersRequest) -> Job:
        """Change how many workers the job has while it runs; returns once that is recorded."""
        given = [number for number in (request.total, request.add, request.remove) if number is not None]
        if len(given) != 1 or given[0] < (request.total is not None):
            raise UsageError("give one of total (from 1), add and remove", hint="a job keeps at least one worker")
        return await self._steer(reference, ScaleWish(request.total, (request.add or 0) - (request.remove or 0)))

    async def savepoint(self, reference: str, request: SavepointRequest) -> Checkpoint:
        """Take a savepoint; returns when it is committed and its directory is written (or its record says why not), or raises
        :class:`Conflict` when it is not committed within the time that checkpoints of the job may take."""
        job = await self._lifecycle.require(reference)
        control = await self._asking.control(job)
        if control is None:
            raise _inactive(job)
        if request.directory is not None:
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

    async def restart(self, reference: str, request: RestartRequest) -> Job:
        """Start a new execution of the current generation, or with overrides of a new one made from it, after stopping one that
        runs. Returns when it is recorded, or earlier when the stop takes long; the restart goes on then."""
        job = await self._lifecycle.require(reference)
        self._require_idle(job)
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
        self._require_idle(job)
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

    # queues

    async def queues(self) -> list[Queue]:
        """Every queue that is limited or in use, and the default one, by name."""
        return self._parts.queues.view()

    async def limit_queue(self, name: str, request: QueueRequest) -> Queue:
        """Limit how many executions of a queue run at the same time; those that run already run on."""
        check_name("a queue's name", name)
        limit = request.limit

        def record(entry: Entry) -> None:
            entry.store.limit_queue(name, limit)
            said = "has no limit" if limit is None else f"runs at most {limit} at the same time"
            entry.note("queue.limit", f"the queue {name} {said}", data={"queue": name, "limit": limit})

        await self._journal.write(record)
        self._parts.queues.limit(name, limit)
        return self._parts.queues.one(name)

    # checkpoints

    async def checkpoints(self, reference: str, kind: CheckpointKind | str | None = None, limit: int = 50) -> list[Checkpoint]:
        """Checkpoints of a job, newest first."""
        job = await self._lifecycle.require(reference)
        control = self._executions.control(job.execution.id) if job.execution is not None else None
        if control is not None:
            await control.write_down()
        return await self._journal.read(lambda store: store.checkpoints(job.id, kind, limit))

    async def savepoints(self, reference: str | None = None) -> list[Checkpoint]:
        """Complete savepoints of one job or of all, newest first."""
        if reference is not None:
            found = await self.checkpoints(reference, CheckpointKind.SAVEPOINT, _PAGE)
        else:
            found = await self._journal.read(lambda store: store.savepoints())
        kept = {CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}
        return [savepoint for savepoint in found if savepoint.status in kept]

    async def delete_savepoint(self, reference: str, number: int, *, force: bool = False) -> None:
        """Forget a savepoint and remove its directory below the home. Unless forced, not the one that the job is running from,
        nor its only restore point. While it is the newest point that the job can go on from, its state is kept as an ordinary
        checkpoint even then: from an older one the job would write again what is there already."""
        await self._savepoints.delete(await self._lifecycle.require(reference), number, force=force)

    async def verify_savepoint(self, reference: str, number: int) -> SavepointVerdict:
        """Check every byte of a savepoint, in the store and in its directory; the record remembers when, and the result."""
        savepoint, problems = await self._savepoints.verify(await self._lifecycle.require(reference), number)
        return SavepointVerdict(savepoint=savepoint, problems=problems)

    # looking

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

    # inside

    async def _steer(self, reference: str, wish: Steering) -> Job:
        job = await self._lifecycle.require(reference)
        await self._asking.steer(job, wish)
        return await self.job(job.id)

    def _require_idle(self, job: Job) -> None:
        if self._lifecycle.lock(job.id).locked():
            raise Conflict(f"the job {job.name} is being restarted or upgraded", hint="try again when that is done")


def _is_active(job: Job) -> bool:
    return job.execution is not None and not job.execution.state.is_terminal


def _active(job: Job, hint: str) -> Conflict:
    state = job.execution.state if job.execution else "there"
    return Conflict(f"the job {job.name} is {state}", hint=hint)


def _inactive(job: Job) -> Conflict:
    state = job.execution.state if job.execution else "not started"
    return Conflict(f"the job {job.name} is {state}: there is nothing to save", hint=f"`flowdeck restart {job.name}` starts it")
