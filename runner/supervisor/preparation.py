"""What is settled before an execution is recorded: which work it does, from which restore point, and that the two fit."""

from __future__ import annotations

import secrets
from dataclasses import replace

from runner.model import Cleanup, Execution, Job
from runner.store.store import Store
from runner.supervisor.cleanup import read_split_choice, require_work
from runner.supervisor.compatibility import breaches, require_compatible
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.job_lookup import JobLookup
from runner.supervisor.job_record import Prepared, origin_of
from runner.supervisor.restore import LATEST, NONE, RestoreChoice, require_left_off
from runner.supervisor.restore_point import ALL, read_restore_point
from runner.supervisor.savepoint_import import names_directory, read_import
from runner.supervisor.submission import Submission
from runner.supervisor.work import Work


class Preparation(JobLookup):
    """Gets executions of the daemon's jobs ready; nothing is recorded yet."""

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
