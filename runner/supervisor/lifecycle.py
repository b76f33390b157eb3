"""The life of a job between its executions: it is recorded, started, stopped, changed, deleted.

The steps that the service and hot reload are made of. Each one that changes the store is one transaction. What is only looked
up is in job_lookup.py, what an execution begins with in preparation.py."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from runner.model import DesiredState, ErrorInfo, Execution, Job
from runner.supervisor.admission import Admission
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import Conflict
from runner.supervisor.executions import Executions
from runner.supervisor.generations import read_work
from runner.supervisor.job_record import (
    Prepared,
    existing_job,
    origin_of,
    record_execution,
    record_failed_start,
    record_generation,
    recorded_job,
    require_over,
    stored_job,
    with_generation,
)
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.locks import Locks
from runner.supervisor.preparation import Preparation
from runner.supervisor.restore import NONE, choose_restore_point
from runner.supervisor.restore_point import ALL
from runner.supervisor.submission import Submission
from runner.supervisor.wishes import SettingsWish, StopWish
from runner.supervisor.work import Work

_STOP_SLACK = 60.0
_ADOPTION_PATIENCE = 10.0


class JobLifecycle(Preparation):
    """Works on the jobs of one daemon."""

    def __init__(self, journal: Journal, executions: Executions) -> None:
        super().__init__(journal)
        self._executions = executions
        self.admission = Admission()
        """To be had while a job is looked for and made when there is none: two that come at once are one job."""
        self._locks: Locks[str] = Locks()

    def lock(self, job_id: str) -> asyncio.Lock:
        """Held while an operation of several steps works on the job."""
        return self._locks.of(job_id)

    @contextlib.asynccontextmanager
    async def replacing(self, job_id: str) -> AsyncIterator[None]:
        """:meth:`lock` the job while its execution is replaced by another one, which takes its place in the queue."""
        async with self.lock(job_id):
            with self._executions.queues.keeping(job_id):
                yield

    # starting and stopping

    async def start(
        self, prepared: Prepared, *, fragile: bool = False, only_if_wanted: bool = False, keep_pause: bool = False
    ) -> ExecutionControl:
        """Record a new execution (and the job and generation, when they are new) and run it; with ``keep_pause`` it is paused
        if the one before it was. Raises :class:`~runner.supervisor.job_record.NotWanted` when ``only_if_wanted`` and the job is
        no longer to run, and what the store refuses (a name that is taken)."""
        _, control = await self._start(prepared, fragile=fragile, only_if_wanted=only_if_wanted, keep_pause=keep_pause)
        return control

    async def start_new(self, prepared: Prepared) -> Job:
        """:meth:`start` a job that is new; it as it is on record now."""
        job, _ = await self._start(prepared)
        return job if job.execution is not None else await self.reread(job.id)

    async def _start(
        self, prepared: Prepared, *, fragile: bool = False, only_if_wanted: bool = False, keep_pause: bool = False
    ) -> tuple[Job, ExecutionControl]:
        work, submission, now = prepared.work, prepared.submission, time.time()
        queue = work.job.env.queue
        waits = queue if self._executions.queues.has_to_wait(queue, work.job_id) else None

        def record(entry: Entry) -> tuple[Job, Execution]:
            job = recorded_job(entry, prepared, now, only_if_wanted=only_if_wanted)
            if submission is not None:
                record_generation(entry, work, submission, now)
            execution = record_execution(entry, job, prepared, now, keep_pause=keep_pause, waits=waits)
            if prepared.also is not None:
                prepared.also(entry)
            entry.made = added = entry.store.added_job(job.id)
            return added or job, execution

        job, execution = await self._journal.write(record, prepared.then)
        self._files.put(job)
        return job, self._executions.launch(work, execution, wanted=origin_of(execution), fragile=fragile)

    async def stop_and_wait(self, control: ExecutionControl, wish: StopWish) -> str:
        """Stop an execution and wait until it is over; the reason why it is not, empty when it is."""
        await control.post(wish)
        ended = asyncio.ensure_future(control.ended.wait())
        outcomes: set[asyncio.Future[Any]] = {ended, wish.failed}
        patience = 4 * control.work.job.env.checkpoint.timeout + _STOP_SLACK
        try:
            await asyncio.wait(outcomes, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        if control.ended.is_set():
            return ""
        return wish.failed.result() if wish.failed.done() else "it does not end"

    # what is recorded about a job

    async def store_job(self, submission: Submission) -> Job:
        """Record a new job that is not started. Raises what the store refuses (a name that is taken)."""
        now = time.time()
        work = Work(secrets.token_hex(6), 1, submission.job, submission.base_directory)

        def record(entry: Entry) -> Job:
            job = stored_job(entry, work, submission, now)
            record_generation(entry, work, submission, now)
            entry.made = added = entry.store.added_job(job.id)
            return added or job

        job = await self._journal.write(record)
        self._files.put(job)
        return job

    async def record_failed_start(self, job: Job, error: ErrorInfo) -> None:
        """Record an execution that could not even be started; nothing when the job runs or is gone meanwhile."""

        def record(entry: Entry) -> None:
            current = entry.store.job(job.id)
            if current is not None and (current.execution is None or current.execution.state.is_terminal):
                record_failed_start(entry, current, error, time.time())

        await self._journal.write(record)

    async def record_generation(self, job: Job, submission: Submission) -> None:
        """Keep a submission as the job's current generation without running it."""
        _, record = await self._next_work(job, submission)
        await self._journal.write(record)
        self._files.put(await self.reread(job.id))

    async def adopt(self, job: Job, submission: Submission, control: ExecutionControl) -> int:
        """Let what runs go on as the submission's generation, which differs only in settings of the supervisor; its number.
        Raises :class:`Conflict` when the execution is not in a state for that, or does not get to it."""
        work, record = await self._next_work(job, submission)
        wish = SettingsWish(work.generation, work.job, record)
        await control.post(wish)
        try:
            async with asyncio.timeout(_ADOPTION_PATIENCE):
                await wish.accepted
        except TimeoutError:
            raise Conflict("the execution is too busy to take other settings", hint="try again") from None
        self._files.put(await self.reread(job.id))
        return work.generation

    async def _next_work(self, job: Job, submission: Submission) -> tuple[Work, Callable[[Entry], None]]:
        """The work of the submission as the job's next generation, and what records it as the current one."""
        now = time.time()
        work = Work(job.id, await self._next_generation(job.id), submission.job, submission.base_directory)

        def record(entry: Entry) -> None:
            current = existing_job(entry, job.id)
            record_generation(entry, work, submission, now)
            entry.store.update_job(with_generation(entry, current, work, submission, current.desired_state, now))

        return work, record

    async def set_desired(self, job_id: str, desired: DesiredState) -> bool:
        """Record what a person wants of a job that does not run. False: its execution is not over, and has to be asked."""

        def record(entry: Entry) -> bool:
            job = existing_job(entry, job_id)
            if job.execution is not None and not job.execution.state.is_terminal:
                return False
            if job.desired_state is not desired:
                entry.store.update_job(msgspec.structs.replace(job, desired_state=desired, updated_at=time.time()))
                entry.note("job.desired", f"{job.name} is to be {desired}", job_id=job_id, data={"desired": str(desired)})
            return True

        return await self._journal.write(record)

    async def return_to(self, job_id: str, generation: int) -> None:
        """Make a former generation the job's current one again, without running it."""

        def record(entry: Entry) -> None:
            job = existing_job(entry, job_id)
            work = read_work(entry.store, job_id, generation)
            entry.store.update_job(with_generation(entry, job, work, None, job.desired_state, time.time()))

        await self._journal.write(record)

    async def keep_restore_point(self, execution: Execution, why: str) -> str:
        """Keep what the execution would go on from until somebody deletes it; what `restart --from` takes for it."""

        def record(entry: Entry) -> str:
            points = entry.store.checkpoints(execution.job_id, limit=ALL)
            choice = choose_restore_point(points, origin_of(execution), execution.id)
            if choice.id is None:
                return NONE
            entry.store.keep_checkpoint(execution.job_id, choice.id, why)
            return str(choice.id)

        return await self._journal.write(record)

    async def move_file(self, job_id: str, file: str) -> Job:
        """The job comes from another file from now on: its own, under another name."""

        def record(entry: Entry) -> Job:
            job = msgspec.structs.replace(existing_job(entry, job_id), file=file, updated_at=time.time())
            entry.store.update_job(job)
            return job

        job = await self._journal.write(record)
        self._files.put(job)
        return job

    async def set_restarting(self, job: Job, restore: str, submission: Submission | None = None) -> None:
        """Record what a restart is to begin from, and the generation that it is to run when that is a new one, so that it is
        not forgotten while the job is stopped for it; empty: there is no restart any more."""
        now = time.time()
        number = None if submission is None else await self._next_generation(job.id)

        def record(entry: Entry) -> None:
            if submission is not None and number is not None:
                record_generation(entry, Work(job.id, number, submission.job, submission.base_directory), submission, now)
            found = entry.store.job(job.id)
            if found is not None and (found.restarting_from, found.restarting_as) != (restore, number):
                changed = msgspec.structs.replace(found, restarting_from=restore, restarting_as=number, updated_at=now)
                entry.store.update_job(changed)

        await self._journal.write(record)

    async def edit(self, job_id: str, change: Callable[[Entry, Job], Job], message: str) -> None:
        """Record what a person changed of the job itself."""

        def record(entry: Entry) -> None:
            changed = msgspec.structs.replace(change(entry, existing_job(entry, job_id)), updated_at=time.time())
            entry.store.update_job(changed)
            entry.note("job.edited", f"{changed.name}: {message}", job_id=job_id)

        await self._journal.write(record)

    async def delete(self, job: Job) -> None:
        """Hide a job that does not run."""

        def record(entry: Entry) -> None:
            require_over(existing_job(entry, job.id))
            entry.store.delete_job(job.id)
            entry.note("job.deleted", f"{job.name} is deleted", job_id=job.id)

        await self._journal.write(record)
        self._files.drop(job.id)

    async def undelete(self, job: Job) -> None:
        """Show a deleted job again. Raises what the store refuses: a name that is taken."""

        def record(entry: Entry) -> None:
            entry.store.undelete_job(job.id)
            entry.note("job.undeleted", f"{job.name} is back", job_id=job.id)

        await self._journal.write(record)
        self._files.put(job)

    async def purge(self, job: Job) -> None:
        """Forget a job that does not run, for good. Raises :class:`Conflict` while it has output that is to be removed."""

        def record(entry: Entry) -> None:
            if job.deleted_at is None:
                require_over(existing_job(entry, job.id))
                entry.store.delete_job(job.id)
            if not entry.store.purge_job(job.id):
                raise Conflict(
                    f"the job {job.name} has left unfinished output that is not removed yet",
                    hint="the daemon tries again by itself; `flowdeck show` tells why it could not",
                )
            entry.note("job.purged", f"{job.name} is forgotten", job_id=job.id)

        await self._journal.write(record)
        self._files.drop(job.id)
