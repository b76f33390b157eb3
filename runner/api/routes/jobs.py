# ruff: noqa: FBT001, FBT002 - query parameters
"""Jobs: submit, list, look at, update, edit, delete, and their generations."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, delete, get, patch, post, put
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter

from runner.api.access import FOR_READERS, may_operate, require
from runner.api.audit_hook import ASKS_ONLY
from runner.api.gateway import Gateway
from runner.api.idempotency import CLAIMED_BY_ITS_WRITE
from runner.api.performing import Terms, perform, perform_submit
from runner.api.routes.answers import GONE, TAKEN_UP
from runner.api.routes.parameters import DryRun, Limit, Number, Offset, OptionalLimit, PageToken, Prefer, Reason, Sort
from runner.dataflow import Dataflow
from runner.model import Generation, Job, KeyScope
from runner.operation import Effects
from runner.replies import GenerationList, JobPage, SubmissionVerdict
from runner.requests import EditRequest, SubmitRequest, UpdateRequest
from runner.states import ExecutionState
from runner.store.pages import JobFilter
from runner.store.sorting import order_of
from runner.supervisor.commands import Command
from runner.supervisor.labels import parse_labels

_CHECKED = ResponseSpec(data_container=SubmissionVerdict, description="With `validate_only`: what the check says.")
States = Annotated[list[ExecutionState] | None, QueryParameter(name="state", max_items=20)]
_DELETED = "Those that are deleted and not purged yet, instead of the others."
Deleted = Annotated[bool, QueryParameter(name="deleted", description=_DELETED)]
Labels = Annotated[list[str] | None, QueryParameter(name="label", max_items=32)]


@post(
    "/jobs",
    status_code=201,
    summary="Submit a job",
    tags=["jobs"],
    responses={200: _CHECKED, **TAKEN_UP},
    opt=CLAIMED_BY_ITS_WRITE | FOR_READERS,
)
async def submit(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    data: SubmitRequest,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job]:
    """Check the job file, keep it as a new generation of the job of its name, and start an execution, unless `start` is false.
    With `validate_only` it is checked and nothing else: for that a key that may only read is enough, and its text stands alone
    then: files that it includes are not read. Everything else needs the scope `operate`."""
    if data.validate_only:
        request.scope[ASKS_ONLY] = True  # type: ignore[literal-required, typeddict-unknown-key, unused-ignore]
        verdict = await gateway.service.check(data, alone=not may_operate(request.scope))
        return Response(verdict, status_code=200)  # type: ignore[arg-type]
    require(request.scope, KeyScope.OPERATE)
    return await perform_submit(gateway, request, data, Terms(reason=reason, prefer=prefer))


@get("/jobs", summary="List jobs", tags=["jobs"])
async def list_jobs(
    gateway: Gateway,
    states: States = None,
    name: str | None = None,
    queue: str | None = None,
    label: Labels = None,
    deleted: Deleted = False,
    limit: Limit = 100,
    offset: Offset = 0,
    after: PageToken = None,
    count: bool = True,
    sort: Sort = None,
) -> JobPage:
    """Newest first, or as `sort` says. Those whose newest execution is in one of the states, whose name contains `name`, of
    `queue`, with each label; `deleted`: those that are deleted. `after` is the `next` of the page before, `total` is null
    without `count`."""
    wanted = JobFilter(states=tuple(states or ()), name=name, queue=queue, labels=parse_labels(label or ()), deleted=deleted)
    order = order_of(sort)
    return await gateway.service.job_page(wanted, order=order, limit=limit, offset=offset, after=after, count=count)


@get("/jobs/{job:str}", summary="Look at a job", tags=["jobs"])
async def show(gateway: Gateway, job: str) -> Job:
    """The job with its newest execution and checkpoint."""
    return await gateway.service.job(job)


@put("/jobs/{job:str}", summary="Give a job a new generation", tags=["jobs"], responses=TAKEN_UP)
async def update(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: UpdateRequest,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Effects]:
    """Of a job that runs, the execution is stopped with a savepoint, and the new generation goes on from it; the old one does
    when that fails, which is answered 409. A job that does not run stays as it is."""
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(
        gateway, request, Command.UPDATE, job, terms, lambda service, found: service.update(found, data), body=data, status=200
    )


@patch("/jobs/{job:str}", summary="Change a job's name, labels or retention", tags=["jobs"])
async def edit(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: EditRequest,
    dry_run: DryRun = False,
    reason: Reason = None,
) -> Response[Job | Effects]:
    """What the job runs is not touched."""
    terms = Terms(dry_run=dry_run, reason=reason)
    return await perform(
        gateway, request, Command.EDIT, job, terms, lambda service, found: service.edit(found, data), body=data, status=200
    )


@delete("/jobs/{job:str}", status_code=200, summary="Delete a job", tags=["jobs"], responses={204: GONE})
async def remove(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    purge: bool = False,
    dry_run: DryRun = False,
    reason: Reason = None,
) -> Response[Effects]:
    """Answers 204: the job is hidden and its name is free; it can be brought back for a week. With `purge` everything that is
    known of it is gone at once. One that runs is refused. Answers 200 only to a dry run."""
    terms = Terms(dry_run=dry_run, reason=reason)
    if purge:
        return await perform(
            gateway, request, Command.PURGE, job, terms, lambda service, found: service.purge(found), status=204
        )
    return await perform(gateway, request, Command.DELETE, job, terms, lambda service, found: service.delete(found), status=204)


@post("/jobs/{job:str}/undelete", status_code=200, summary="Bring a deleted job back", tags=["jobs"])
async def undelete(
    gateway: Gateway, request: Request[Any, Any, Any], job: str, dry_run: DryRun = False, reason: Reason = None
) -> Response[Job | Effects]:
    """By its id, or by its name when nobody has taken that."""
    terms = Terms(dry_run=dry_run, reason=reason)
    return await perform(
        gateway, request, Command.UNDELETE, job, terms, lambda service, found: service.undelete(found), status=200
    )


@get("/jobs/{job:str}/generations", summary="List a job's generations", tags=["jobs"])
async def generations(
    gateway: Gateway, job: str, limit: OptionalLimit = None, offset: Offset = 0, after: PageToken = None
) -> GenerationList:
    """Snapshots of the job's spec, oldest first. `after` is the `next` of the page before."""
    return await gateway.service.generation_page(job, limit=limit, offset=offset, after=after)


@get("/jobs/{job:str}/generations/{number:int}", summary="Look at a generation", tags=["jobs"])
async def generation(gateway: Gateway, job: str, number: Number) -> Generation:
    """One snapshot of the job's spec."""
    return await gateway.service.generation(job, number)


@get("/jobs/{job:str}/plan", summary="What a job runs", tags=["jobs"])
async def dataflow(gateway: Gateway, job: str) -> Dataflow:
    """The plugins and edges of the generation that its execution runs; when it does not run, of its newest one."""
    return await gateway.service.dataflow(job)


ROUTES = (submit, list_jobs, show, update, edit, remove, undelete, generations, generation, dataflow)
