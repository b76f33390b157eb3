"""Hot reload: where each watched file stands, what a text would change, and a person's word on what waits for it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from runner.api.access import FOR_READERS, may_operate, visitor_of
from runner.api.gateway import Gateway
from runner.api.performing import OPERATION_LOCATION, location_of
from runner.reload import ReloadPlan, ReloadReport, WatchedFile
from runner.requests import DecisionRequest, LookRequest, SubmitRequest


@get("/reload", summary="Watched files", tags=["reload"])
async def report(gateway: Gateway) -> ReloadReport:
    """Each watched file: its state, its job, which generation of it was seen and which was applied, and what is wrong."""
    return gateway.reloader.report()


@post("/reload", status_code=202, summary="Look at the watched files again", tags=["reload"])
async def look_again(gateway: Gateway, data: LookRequest | None = None) -> ReloadReport:
    """Answers before it is done: events of the kind `job.reload` and the state of each file tell what comes of it."""
    return await gateway.reloader.look_again(data or LookRequest())


@get("/jobs/{job:str}/reload", summary="A job's watched file", tags=["reload"])
async def of_job(gateway: Gateway, job: str) -> WatchedFile:
    """Where the file of the job stands."""
    return await gateway.reloader.of_job(job)


@post("/jobs/{job:str}/reload/apply", status_code=202, summary="Apply a change that waits", tags=["reload"])
async def apply(
    gateway: Gateway, request: Request[Any, Any, Any], job: str, data: DecisionRequest | None = None
) -> Response[WatchedFile]:
    """Let the change of the job's file that waits for approval be carried out. Answers before it is done: the header
    `Operation-Location` names the operation that tells what becomes of it."""
    wanted, asked_by = data or DecisionRequest(), visitor_of(request.scope).name
    record, operation = await gateway.reloader.apply(job, wanted, requested_by=asked_by)
    return Response(record, status_code=202, headers={OPERATION_LOCATION: location_of(operation)})


@post("/jobs/{job:str}/reload/discard", status_code=200, summary="Discard a change that waits", tags=["reload"])
async def discard(gateway: Gateway, job: str, data: DecisionRequest | None = None) -> WatchedFile:
    """Leave the job as it is. The file has to change to be looked at again."""
    return await gateway.reloader.discard(job, data or DecisionRequest())


@post("/jobs/{job:str}/plan", status_code=200, summary="What a text would change of a job", tags=["reload"], opt=FOR_READERS)
async def plan(gateway: Gateway, request: Request[Any, Any, Any], job: str, data: SubmitRequest) -> ReloadPlan:
    """Compares the text with the job's current generation; nothing is touched. A text without `file` and `base_directory`
    counts as one of the job's own file. For a key that may only read, the text stands alone: files that it includes and
    variables of the daemon are not read."""
    return await gateway.reloader.plan(job, data, alone=not may_operate(request.scope))


ROUTES = (report, look_again, of_job, apply, discard, plan)
