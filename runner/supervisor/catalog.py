"""Jobs as a client sees them: submit, list, delete, and their generations."""

from __future__ import annotations

from runner.model import Generation, Job
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.service_base import ServiceBase, is_active
from runner.supervisor.submission import check_request


class Catalog(ServiceBase):
    """What can be asked about jobs and the specs they have had."""

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
                if is_active(job):
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


def _active(job: Job, hint: str) -> Conflict:
    state = job.execution.state if job.execution else "there"
    return Conflict(f"the job {job.name} is {state}", hint=hint)
