"""Jobs as a client sees them: submit, list, update, edit, delete, and their generations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import msgspec

from runner.dataflow import Dataflow
from runner.model import Generation, Job
from runner.replies import GenerationList, JobPage, SubmissionVerdict
from runner.requests import EditRequest, SubmitRequest, UpdateRequest
from runner.states import ExecutionState
from runner.store.errors import NAME_TAKEN, StoreError
from runner.store.pages import ALL, JobFilter, Place
from runner.store.sorting import USUAL, Order
from runner.store.store import Store
from runner.supervisor.commands import Command
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.generations import read_generation, read_shown
from runner.supervisor.journal import Entry
from runner.supervisor.labels import check_labels
from runner.supervisor.page_tokens import GENERATIONS, decode_place, decode_sort_place, page_of, sorted_page_of
from runner.supervisor.plan_view import dataflow_of, planned_plugins
from runner.supervisor.reloading.content import file_key
from runner.supervisor.reloading.upgrade import SYNCED, Step, Upgrade
from runner.supervisor.restore import NONE
from runner.supervisor.service_base import ServiceBase, is_active
from runner.supervisor.submission import Submission, check_name, check_request
from spec.errors import UsageError
from spec.job import JobSpec, RetentionSettings

_OCCASION = "update"
_Change: TypeAlias = Callable[[Entry, Job], Job]
"""Of the job itself, within the transaction that stores it."""


class Catalog(ServiceBase):
    """What can be asked about jobs and the specs they have had."""

    # submitting

    async def submit(self, request: SubmitRequest) -> Job:
        """Check and run a job file, or only store it. A job of that name, or of that file under a name given by hand, that is
        running the same is returned as it is; one that runs something else is a :class:`Conflict`. An execution is recorded
        even when it then fails to start."""
        if request.validate_only:
            raise UsageError("what is only to be checked is not submitted", hint="leave validate_only out, or call check")
        submission = await check_request(request)
        file = None if request.file is None else file_key(request.file)
        async with self._lifecycle.admission.to(submission.job.name, file):
            if (made := await self._submit_unknown(submission, request, file)) is not None:
                return made
            job = await self._lifecycle.meant_by(submission)
            if job is None:
                return await self._submit_new(submission, request)
            self._require_idle(job)
            async with self._lifecycle.lock(job.id):
                return await self._submit_again(job, submission, request)

    async def _submit_unknown(self, submission: Submission, request: SubmitRequest, file: str | None) -> Job | None:
        """Spare a job that is most probably new the look whether it is; None when that has to be seen."""
        known = self._journal.may_have_job(submission.job.name) or (file is not None and self._lifecycle.jobs_of_file(file))
        if known or request.restore != NONE:
            return None
        try:
            return await self._submit_new(submission, request)
        except StoreError as error:
            if error.code != NAME_TAKEN:
                raise
            return None

    async def _submit_new(self, submission: Submission, request: SubmitRequest) -> Job:
        if not request.start:
            return await self._lifecycle.store_job(submission)
        prepared = await self._lifecycle.prepare_submission(None, submission, request.restore)
        return self._executions.live_job(await self._lifecycle.start_new(prepared))

    async def _submit_again(self, job: Job, submission: Submission, request: SubmitRequest) -> Job:
        same = await self._lifecycle.same_as_current(job, submission)
        if is_active(job) and not same:
            state = job.execution.state if job.execution else "there"
            hint = f"it runs another generation: stop it first, then submit again, or `flowdeck update {job.name} FILE`"
            raise Conflict(f"the job {job.name} is {state}", hint=hint)
        if is_active(job):
            await self._label(job, request.labels)
        elif request.start:
            await self._lifecycle.start(await self._lifecycle.prepare_submission(job, submission, request.restore))
            if same:
                await self._label(job, request.labels)
        elif same:
            await self._label(job, request.labels)
        else:
            await self._lifecycle.record_generation(job, submission)
        return await self.job(job.id)

    async def check(self, request: SubmitRequest, *, alone: bool = False) -> SubmissionVerdict:
        """Check a job file and store nothing. With ``alone`` nothing but the text is read: no file that it includes."""
        submission = await check_request(request, including=not alone)
        job = await self._lifecycle.meant_by(submission)
        return SubmissionVerdict(
            name=submission.job.name,
            job_id=job.id if job else None,
            content_hash=submission.content_hash,
            plugins=planned_plugins(submission.job),
            diagnostics=submission.diagnostics,
            labels={**submission.job.env.labels, **submission.labels},
        )

    # looking

    async def jobs(
        self,
        state: ExecutionState | str | None = None,
        name: str | None = None,
        limit: int = 100,
        offset: int = 0,
        queue: str | None = None,
    ) -> tuple[list[Job], int]:
        """One page of jobs, newest first, and the number on all pages."""
        wanted = JobFilter(states=(state,) if state else (), name=name, queue=queue)
        page = await self.job_page(wanted, limit=limit, offset=offset)
        return list(page.jobs), page.total or 0

    async def job_page(
        self,
        wanted: JobFilter,
        *,
        order: Order = USUAL,
        limit: int = 100,
        offset: int = 0,
        after: str | None = None,
        count: bool = True,
    ) -> JobPage:
        """One page of the jobs that ``wanted`` describes, newest first or in another ``order``; with ``count``, how many there
        are on all pages. ``after`` is the ``next`` of the page before."""
        read = _jobs_of_page(wanted, order, limit, offset, after)
        (shown, token), total = await self._journal.read(
            lambda store: (read(store), store.count_jobs(wanted) if count else None)
        )
        return JobPage(jobs=tuple(map(self._executions.live_job, shown)), total=total, next=token)

    async def generations(self, reference: str) -> list[Generation]:
        """All generations of a job, oldest first."""
        return list((await self.generation_page(reference)).generations)

    async def generation_page(
        self, reference: str, *, limit: int | None = None, offset: int = 0, after: str | None = None
    ) -> GenerationList:
        """One page of the generations of a job, oldest first; all of them without ``limit``."""
        place, most = decode_place(after, GENERATIONS), limit or ALL
        job = await self._lifecycle.require(reference)
        found = await self._journal.read(lambda store: store.generations(job.id, most + 1, offset, place))
        shown, token = page_of(found, most, lambda generation: Place(generation.number, ""), GENERATIONS)
        return GenerationList(generations=shown, next=token)

    async def generation(self, reference: str, number: int) -> Generation:
        """One generation of a job."""
        job = await self._lifecycle.require(reference)
        found = await self._journal.read(lambda store: store.generation(job.id, number))
        if found is None:
            raise NotFound(f"the job {job.name} has no generation {number}")
        return found

    async def dataflow(self, reference: str) -> Dataflow:
        """What the job's execution runs; of a job that does not run, what its current generation would."""
        job = await self.job(reference)
        number = job.execution.generation if is_active(job) and job.execution else job.generation
        generation, spec = await self._journal.read(lambda store: read_shown(store, job.id, number))
        return dataflow_of(job, generation, spec)

    # changing

    async def update(self, reference: str, request: UpdateRequest) -> Job:
        """Make a job file the job's newest generation. One that runs goes on as it, from a savepoint; when it does not work,
        the old one goes on, and that is a :class:`Conflict` with the reason."""
        job = await self._lifecycle.require(reference)
        self._require(Command.UPDATE, job)
        submission = await check_request(await self._lifecycle.in_its_place(job, as_submit(request)))
        async with self._lifecycle.replacing(job.id):
            job = await self._lifecycle.reread(job.id)
            await self._update(job, submission)
        return await self.job(job.id)

    async def _update(self, job: Job, submission: Submission) -> None:
        if await self._lifecycle.same_as_current(job, submission):
            await self._label(job, submission.labels)
        elif not is_active(job):
            await self._lifecycle.record_generation(job, submission)
        else:
            upgrade = Upgrade(
                self._lifecycle, self._executions, self._parts.limits, occasion=_OCCASION, in_place=True, until_proven=True
            )
            outcome, message, _ = await upgrade.run(job, submission, self._announce)
            await self._note(job, message)
            if outcome is not SYNCED:
                hint = f"`flowdeck show {job.name}` tells what it runs"
                raise Conflict(f"the job {job.name} was not updated: {message}", hint=hint)

    async def _announce(self, job: Job, step: Step) -> None:
        await self._note(job, step.message)

    async def _note(self, job: Job, message: str) -> None:
        def record(entry: Entry) -> None:
            entry.note("job.update", f"{job.name}: {message}", job_id=job.id)

        await self._journal.write(record)

    async def edit(self, reference: str, request: EditRequest) -> Job:
        """Change the job's name, labels or retention; what runs is not touched."""
        job = await self._lifecycle.require(reference)
        self._require(Command.EDIT, job)
        changes = [change for change in (_naming(request), _labelling(request), _retaining(request)) if change]
        if changes:
            await self._lifecycle.edit(job.id, _one_after_the_other(changes), "its name, labels or retention changed")
        return await self.job(job.id)

    async def _label(self, job: Job, labels: Mapping[str, str]) -> None:
        if any(job.labels.get(key) != value for key, value in labels.items()):
            change = _labelling(EditRequest(labels=dict(labels)))
            if change is not None:
                await self._lifecycle.edit(job.id, change, "its labels changed")

    # deleting

    async def delete(self, reference: str) -> None:
        """Hide a job that is not running; its name becomes free. One that is deleted already stays so."""
        job = await self._lifecycle.find(reference)
        if not self._require(Command.DELETE, job):
            return
        async with self._lifecycle.lock(job.id):
            await self._lifecycle.delete(job)

    async def undelete(self, reference: str) -> Job:
        """Show a deleted job again. One that is not deleted is returned as it is."""
        job = await self._lifecycle.find(reference)
        if self._require(Command.UNDELETE, job):
            await self._lifecycle.undelete(job)
        return await self.job(job.id)

    async def purge(self, reference: str) -> None:
        """Forget a job that is not running, with everything that is known of it, for good."""
        job = await self._lifecycle.find(reference)
        self._require(Command.PURGE, job)
        async with self._lifecycle.lock(job.id):
            await self._lifecycle.purge(job)


def _jobs_of_page(
    wanted: JobFilter, order: Order, limit: int, offset: int, after: str | None
) -> Callable[[Store], tuple[tuple[Job, ...], str | None]]:
    """Reads a page of jobs, and where the next one begins."""
    if order == USUAL:
        place = decode_place(after)
        return lambda store: page_of(
            store.job_page(wanted, limit + 1, offset, place), limit, lambda job: Place(job.created_at, job.id)
        )
    behind = decode_sort_place(after, order)
    return lambda store: sorted_page_of(store.sorted_jobs(wanted, order, limit + 1, offset, behind), limit, order)


def as_submit(request: UpdateRequest) -> SubmitRequest:
    """The submission of the same text."""
    return SubmitRequest(**{name: getattr(request, name) for name in request.__struct_fields__})


def _spec(entry: Entry, job: Job) -> JobSpec:
    """What the job's file says, as of the generation that it has in this transaction."""
    return read_generation(entry.store, job.id, job.generation)[0]


def _naming(request: EditRequest) -> _Change | None:
    name = request.name
    if isinstance(name, msgspec.UnsetType):
        return None
    if name is not None:
        check_name("a job's name", name)
    return lambda entry, job: msgspec.structs.replace(job, name=name or _spec(entry, job).name, given_name=name or "")


def _labelling(request: EditRequest) -> _Change | None:
    labels = request.labels
    if isinstance(labels, msgspec.UnsetType):
        return None
    check_labels(labels)

    def change(_: Entry, job: Job) -> Job:
        merged = {**job.labels, **labels}
        kept = {key: value for key, value in merged.items() if value is not None}
        check_labels(kept)
        return msgspec.structs.replace(job, labels=kept)

    return change


def _retaining(request: EditRequest) -> _Change | None:
    retention = request.retention
    if isinstance(retention, msgspec.UnsetType):
        return None
    if retention is not None:
        _check_retention(retention)

    def change(entry: Entry, job: Job) -> Job:
        return msgspec.structs.replace(job, retention=retention or _spec(entry, job).env.retention, given_retention=retention)

    return change


def _check_retention(retention: RetentionSettings) -> None:
    few = retention.executions is not None and not 1 <= retention.executions <= 100_000
    short = retention.days is not None and not 0 < retention.days <= 36_500
    if few or short:
        raise UsageError(
            "the retention makes no sense",
            hint="executions: 1 to 100000; days: more than 0, at most 36500; null for neither",
            code="invalid-retention",
        )


def _one_after_the_other(changes: Iterable[_Change]) -> _Change:
    def change(entry: Entry, job: Job) -> Job:
        for one in changes:
            job = one(entry, job)
        return job

    return change
