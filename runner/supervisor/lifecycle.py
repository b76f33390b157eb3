"""The life of a job between its executions: admitting submissions, numbering generations, starting and stopping executions.

The steps that the service and hot reload are made of. Each one that changes the store is one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import msgspec

from runner.model import Cleanup, DesiredState, ErrorInfo, Execution, Job
from runner.requests import SubmitRequest
from runner.store.store import Store
from runner.supervisor.admission import Admission
from runner.supervisor.cleanup import read_split_choice, require_work
from runner.supervisor.compatibility import breaches, require_compatible
from runner.supervisor.control import ExecutionControl
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.executions import Executions
from runner.supervisor.files_of_jobs import FilesOfJobs, every_job
from runner.supervisor.generations import read_generation, read_work
from runner.supervisor.job_record import (
    NotWanted,
    Prepared,
    existing_job,
    origin_of,
    record_execution,
    record_failed_start,
    record_generation,
    recorded_job,
    require_over,
    same_meaning,
    stored_job,
    with_generation,
)
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.locks import Locks
from runner.supervisor.reloading.content import file_key
from runner.supervisor.restore import LATEST, NONE, RestoreChoice, choose_restore_point, has_left_off, require_left_off
from runner.supervisor.restore_point import ALL, read_restore_point
from runner.supervisor.savepoint_import import names_directory, read_import
from runner.supervisor.submission import Submission, names_no_place
from runner.supervisor.wishes import SettingsWish, StopWish
from runner.supervisor.work import Work
from spec.job import JobSpec

_STOP_SLACK = 60.0
_ADOPTION_PATIENCE = 10.0

__all__ = ["JobLifecycle", "NotWanted", "Prepared"]


class JobLifecycle:
    """Works on the jobs of one daemon."""

    def __init__(self, journal: Journal, executions: Executions) -> None:
        self._journal = journal
        self._executions = executions
        self.admission = Admission()
        """To be had while a job is looked for and made when there is none: two that come at once are one job."""
        self._locks: Locks[str] = Locks()
        self._files = FilesOfJobs()

    def lock(self, job_id: str) -> asyncio.Lock:
        """Held while an operation of several steps works on the job."""
        return self._locks.of(job_id)

    @contextlib.asynccontextmanager
    async def replacing(self, job_id: str) -> AsyncIterator[None]:
        """:meth:`lock` the job while its execution is replaced by another one, which takes its place in the queue."""
        async with self.lock(job_id):
            with self._executions.queues.keeping(job_id):
                yield

    # which jobs come from which file

    async def index_files(self) -> None:
        """Learn which jobs come from which files; once, when the daemon starts."""
        for job in await self._journal.read(every_job):
            self._files.put(job)

    def jobs_of_file(self, path: str) -> list[str]:
        """The ids of the jobs that were submitted from the file of this key."""
        return self._files.jobs_of(path)

    def files(self) -> list[str]:
        """The keys of all job files that jobs come from."""
        return self._files.keys()

    # looking

    async def require(self, reference: str) -> Job:
        """The one job that ``reference`` means. Raises :class:`NotFound`, :class:`Conflict` when it may mean several."""
        await asyncio.sleep(0)  # whoever asks again and again lets others have their turn, also where nothing is waited for
        if (known := self._journal.known_job(reference)) is not None:
            return known
        found = await self._journal.read(lambda store: store.find_jobs(reference))
        if not found and (deleted := await self.deleted(reference)) is not None:
            raise NotFound(f"the job {deleted.name} is deleted", hint=f"`flowdeck undelete {deleted.id}` brings it back")
        if not found:
            raise NotFound(f"there is no job {reference!r}", hint="`flowdeck ls` lists the jobs")
        if len(found) > 1:
            names = ", ".join(f"{job.id} ({job.name})" for job in found[:5])
            raise Conflict(f"{reference!r} may mean several jobs: {names}", hint="give more of the id")
        return found[0]

    async def find(self, reference: str) -> Job:
        """Like :meth:`require`, of deleted jobs too."""
        try:
            return await self.require(reference)
        except NotFound:
            job = await self.deleted(reference)
            if job is None:
                raise
            return job

    async def deleted(self, reference: str) -> Job | None:
        """The deleted job of that id, else the one of that name that was deleted last."""
        return await self._journal.read(lambda store: store.deleted_job(reference))

    async def reread(self, job_id: str) -> Job:
        """The job as the store has it now. Raises :class:`NotFound`."""
        job = await self._journal.read(lambda store: store.job(job_id))
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        return job

    async def named(self, name: str) -> Job | None:
        """The job of exactly this name."""
        return await self._journal.read(lambda store: store.named_job(name))

    def may_have(self, name: str) -> bool:
        """Whether there may be a job of exactly this name, at once. False is almost certain: to add one says whether it was."""
        return self._journal.may_have_job(name)

    async def meant_by(self, submission: Submission) -> Job | None:
        """The job that a submission is one of: that of its name; else the one of its file that was given another name by hand,
        and would have this one without."""
        found, request = await self.named(submission.job.name), submission.request
        if found is not None or request.file is None or request.name is not None:
            return found
        for job_id in self.jobs_of_file(file_key(request.file)):
            job = await self.reread(job_id)
            if job.given_name and (await self.generation(job, job.generation))[0].name == submission.job.name:
                return job
        return None

    async def generation(self, job: Job, number: int) -> tuple[JobSpec, SubmitRequest]:
        """A recorded generation: the resolved job, and the request it came from. Raises :class:`NotFound`."""
        return await self._journal.read(lambda store: read_generation(store, job.id, number))

    async def in_its_place(self, job: Job, request: SubmitRequest) -> SubmitRequest:
        """The request as one for the job: under the name that it was submitted with, and of its own file, or in its directory,
        when the request does not say where its text lies."""
        _, source = await self.generation(job, job.generation)
        request = msgspec.structs.replace(request, name=request.name or source.name)
        if not names_no_place(request):
            return request
        return msgspec.structs.replace(request, file=source.file, base_directory=source.base_directory)

    async def same_as_current(self, job: Job, submission: Submission) -> bool:
        """True when the submission means what the job's current generation means."""
        spec, request = await self.generation(job, job.generation)
        return same_meaning(spec, request, submission)

    async def same_but_overridden(self, job: Job, submission: Submission) -> bool:
        """True when the job's current generation is that of a file with values overridden, and the submission still means what
        the file meant then."""
        _, current = await self.generation(job, job.generation)
        kept = await self._journal.read(lambda store: store.generations(job.id)) if current.overrides else []
        for number in sorted((found.number for found in kept if found.number < job.generation), reverse=True):
            spec, request = await self.generation(job, number)
            if request.text == current.text and not request.overrides:
                return same_meaning(spec, request, submission)
        return False

    # preparing

    async def prepare_submission(self, job: Job | None, submission: Submission, restore: str) -> Prepared:
        """Get ready to run a submission, as the current generation when it means the same, else as a new one. Raises what
        choosing the restore point raises, and :class:`Conflict` when the job does not fit it."""
        if job is None:
            work = Work(secrets.token_hex(6), 1, submission.job, submission.base_directory)
            if names_directory(restore):
                return await self._prepared(work, restore, submission)
            if restore != NONE:
                raise NotFound(
                    f"there is no job {submission.job.name!r}, so it has no checkpoint to start from",
                    hint="leave --restore away, or name the directory of a savepoint",
                )
            return Prepared(work, RestoreChoice(None, "from the beginning"), submission)
        same = await self.same_as_current(job, submission)
        number = job.generation if same else await self._next_generation(job.id)
        work = Work(job.id, number, submission.job, submission.base_directory)
        return await self._prepared(work, restore, None if same else submission)

    async def prepare_current(self, job: Job, restore: str) -> Prepared:
        """Get ready to run the current generation again, or the one that is recorded for a restart, from ``restore``."""
        return await self._prepared(await self.work_of(job, job.restarting_as or job.generation), restore, None)

    async def prepare_successor(self, job: Job, generation: int, follows: Execution) -> Prepared:
        """Get ready to run a recorded generation from where the execution ``follows`` left off."""
        work = await self.work_of(job, generation)
        return Prepared(work, await self._choose(work, origin_of(follows), follows))

    async def prepare_recovery(self, job: Job, cleanup: Cleanup) -> Prepared:
        """Get ready to run the current generation from where its newest execution left off, reading only some of the splits
        that are not finished. Raises :class:`Conflict` when there are none."""
        follows = job.execution
        if follows is None:
            raise Conflict(f"the job {job.name} has never run", hint=f"flowdeck restart {job.name} --from none runs it")
        prepared = await self.prepare_successor(job, job.generation, follows)
        policy = prepared.work.job.env.checkpoint.on_damage

        def check(store: Store) -> None:
            choice = read_split_choice(store, job.id, cleanup)
            restored = read_restore_point(store, job.id, origin_of(follows), follows.id, policy)
            require_work(choice, restored.snapshot, job.name)

        await self._journal.read(check)
        return replace(prepared, cleanup=cleanup)

    async def prepare_next(
        self, job: Job, submission: Submission, follows: Execution, *, leave_behind: bool = False
    ) -> Prepared:
        """Get ready to run a new generation from where the execution ``follows`` left off; with ``leave_behind`` without the
        state that does not fit it."""
        work = Work(job.id, await self._next_generation(job.id), submission.job, submission.base_directory)
        if not leave_behind:
            return Prepared(work, await self._choose(work, origin_of(follows), follows), submission)
        policy = work.job.env.checkpoint.on_damage
        restored = await self._journal.read(
            lambda store: read_restore_point(store, job.id, origin_of(follows), follows.id, policy)
        )
        found = breaches(restored.snapshot, work.job) if restored.snapshot is not None else []
        return Prepared(work, restored.choice, submission, left_behind=tuple(dict.fromkeys(breach.plugin for breach in found)))

    async def execution(self, execution_id: str) -> Execution | None:
        """An execution as the store has it, None when there is none."""
        return await self._journal.read(lambda store: store.execution(execution_id))

    async def has_progressed(self, execution: Execution) -> bool:
        """Whether the execution has a complete checkpoint of its own."""
        return await self._journal.read(lambda store: has_left_off(store.checkpoints(execution.job_id, limit=ALL), execution))

    async def work_of(self, job: Job, number: int) -> Work:
        """What a recorded generation runs."""
        return await self._journal.read(lambda store: read_work(store, job.id, number))

    async def _next_generation(self, job_id: str) -> int:
        generations = await self._journal.read(lambda store: store.generations(job_id))
        return max((generation.number for generation in generations), default=0) + 1

    async def _prepared(self, work: Work, wanted: str, submission: Submission | None) -> Prepared:
        if names_directory(wanted):
            imported = await read_import(wanted, work.job)
            return Prepared(work, RestoreChoice(None, imported.reason), submission, imported)
        return Prepared(work, await self._choose(work, wanted, None), submission)

    async def _choose(self, work: Work, wanted: str, follows: Execution | None) -> RestoreChoice:
        policy = work.job.env.checkpoint.on_damage

        def read(store: Store) -> RestoreChoice:
            if wanted == LATEST:
                require_left_off(store.checkpoints(work.job_id, limit=ALL), store.executions(work.job_id, ALL, 0))
            restored = read_restore_point(store, work.job_id, wanted, follows.id if follows else None, policy)
            if restored.snapshot is not None:
                require_compatible(restored.snapshot, work.job, restored.choice.id or 0)
            return restored.choice

        return await self._journal.read(read)

    # starting and stopping

    async def start(
        self, prepared: Prepared, *, fragile: bool = False, only_if_wanted: bool = False, keep_pause: bool = False
    ) -> ExecutionControl:
        """Record a new execution (and the job and generation, when they are new) and run it; with ``keep_pause`` it is paused
        if the one before it was. Raises :class:`NotWanted` when ``only_if_wanted`` and the job is no longer to run, and what
        the store refuses (a name that is taken)."""
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
