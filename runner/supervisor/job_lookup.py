"""What is on record of jobs: each by what people call it or by its file, its generations, its executions."""

from __future__ import annotations

import asyncio

import msgspec

from runner.model import Execution, Job
from runner.requests import SubmitRequest
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.files_of_jobs import FilesOfJobs, every_job
from runner.supervisor.generations import read_generation, read_work
from runner.supervisor.job_record import same_meaning
from runner.supervisor.journal import Journal
from runner.supervisor.reloading.content import file_key
from runner.supervisor.restore import has_left_off
from runner.supervisor.restore_point import ALL
from runner.supervisor.submission import Submission, names_no_place
from runner.supervisor.work import Work
from spec.job import JobSpec


class JobLookup:
    """Looks at the jobs of one daemon, and changes nothing."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._files = FilesOfJobs()

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

    # one job

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

    # its generations and executions

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
