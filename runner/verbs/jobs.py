"""Verbs about jobs: submit, check, list, look at; their generations and what they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from runner.dataflow import Dataflow
from runner.model import Generation, Job
from runner.replies import GenerationList, JobPage, SubmissionVerdict
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from runner.transport import Query
from runner.verbs.call import Call, get, post
from runner.verbs.verb import Verb


class JobVerbs:
    """Jobs as a whole."""

    @Verb
    def submit(self, request: SubmitRequest, *, reason: str | None = None) -> Call[Job]:
        """Store a job, and start it unless ``request.start`` is False. The job file's diagnostics are in ``ApiError.errors``
        when it is invalid (code ``spec-invalid``)."""
        return post(Job, "jobs", body=request, query={"reason": reason})

    @Verb
    def check(self, request: SubmitRequest) -> Call[SubmissionVerdict]:
        """What a submit would take, and what the check says; nothing is stored. An invalid file is refused as by a submit."""
        return post(SubmissionVerdict, "jobs", body=msgspec.structs.replace(request, validate_only=True))

    @Verb
    def jobs(
        self,
        state: ExecutionState | Sequence[ExecutionState] | None = None,
        name: str | None = None,
        limit: int = 100,
        offset: int = 0,
        queue: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        deleted: bool = False,
        after: str | None = None,
        count: bool = True,
        sort: str | None = None,
    ) -> Call[JobPage]:
        """Jobs in one of the states and of ``queue``, whose name contains ``name``, with all the labels; the newest first, or
        as ``sort`` says: by ``name``, ``state``, ``created``, ``updated``, ``started`` or ``ended``, as in ``ended:asc``.
        ``after`` is the ``next`` of the page before; without ``count`` nobody counts how many there are in all."""
        states = (state,) if isinstance(state, str) or state is None else tuple(state)
        marks = tuple(f"{key}={value}" for key, value in (labels or {}).items())
        query: Query = {"state": states, "name": name, "limit": limit, "offset": offset, "queue": queue, "label": marks}
        rarer: Query = {"deleted": deleted or None, "after": after, "count": None if count else False, "sort": sort}
        return get(JobPage, "jobs", query={**query, **rarer})

    @Verb
    def job(self, reference: str) -> Call[Job]:
        """The job of this id, unique prefix of an id, or name."""
        return get(Job, "jobs", reference)

    @Verb
    def generations(self, reference: str) -> Call[tuple[Generation, ...]]:
        """Every snapshot of the job's spec."""
        return get(GenerationList, "jobs", reference, "generations").then(lambda reply: reply.generations)

    @Verb
    def generation_page(
        self, reference: str, *, limit: int = 100, offset: int = 0, after: str | None = None
    ) -> Call[GenerationList]:
        """The same page by page, oldest first: ``after`` is the ``next`` of the page before."""
        query: Query = {"limit": limit, "offset": offset or None, "after": after}
        return get(GenerationList, "jobs", reference, "generations", query=query)

    @Verb
    def generation(self, reference: str, number: int) -> Call[Generation]:
        """One snapshot of the job's spec."""
        return get(Generation, "jobs", reference, "generations", number)

    @Verb
    def dataflow(self, reference: str) -> Call[Dataflow]:
        """The plugins that the job runs, and the datasets between them."""
        return get(Dataflow, "jobs", reference, "plan")
