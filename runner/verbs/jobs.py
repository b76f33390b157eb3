"""Verbs about jobs: submit, list, look at, delete; their generations and executions."""

from __future__ import annotations

from runner.model import Attempt, Execution, Generation, Job
from runner.replies import AttemptList, ExecutionList, GenerationList, JobPage
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from runner.verbs.call import Call, delete, get, post
from runner.verbs.verb import Verb


class JobVerbs:
    """Jobs as a whole."""

    @Verb
    def submit(self, request: SubmitRequest) -> Call[Job]:
        """Start a job. The job file's diagnostics are in ``ApiError.errors`` when it is invalid (code ``spec-invalid``)."""
        return post(Job, "jobs", body=request)

    @Verb
    def jobs(
        self,
        state: ExecutionState | None = None,
        name: str | None = None,
        limit: int = 100,
        offset: int = 0,
        queue: str | None = None,
    ) -> Call[JobPage]:
        """Jobs in ``state`` and of ``queue`` whose name contains ``name``."""
        return get(JobPage, "jobs", query={"state": state, "name": name, "limit": limit, "offset": offset, "queue": queue})

    @Verb
    def job(self, reference: str) -> Call[Job]:
        """The job of this id, unique prefix of an id, or name."""
        return get(Job, "jobs", reference)

    @Verb
    def delete(self, reference: str) -> Call[None]:
        """Forget a job that is not running."""
        return delete("jobs", reference)

    @Verb
    def generations(self, reference: str) -> Call[tuple[Generation, ...]]:
        """Every snapshot of the job's spec."""
        return get(GenerationList, "jobs", reference, "generations").then(lambda reply: reply.generations)

    @Verb
    def generation(self, reference: str, number: int) -> Call[Generation]:
        """One snapshot of the job's spec."""
        return get(Generation, "jobs", reference, "generations", number)

    @Verb
    def executions(self, reference: str) -> Call[tuple[Execution, ...]]:
        """Newest first."""
        return get(ExecutionList, "jobs", reference, "executions").then(lambda reply: reply.executions)

    @Verb
    def execution(self, execution_id: str) -> Call[Execution]:
        """One execution by its id."""
        return get(Execution, "executions", execution_id)

    @Verb
    def attempts(self, execution_id: str) -> Call[tuple[Attempt, ...]]:
        """The attempts of an execution, in order."""
        return get(AttemptList, "executions", execution_id, "attempts").then(lambda reply: reply.attempts)
