"""Jobs: submit, list, look at, delete."""

from __future__ import annotations

from typing import Annotated

from litestar import delete, get, post
from litestar.params import QueryParameter

from runner.api.gateway import Gateway
from runner.api.routes.parameters import Limit, Number, Offset
from runner.model import Generation, Job
from runner.replies import GenerationList, JobPage
from runner.requests import SubmitRequest
from runner.states import ExecutionState


@post("/jobs", summary="Submit a job", tags=["jobs"])
async def submit(gateway: Gateway, data: SubmitRequest) -> Job:
    """Check the job file, keep it as a new generation of the job of its name, and start an execution."""
    return await gateway.service.submit(data)


@get("/jobs", summary="List jobs", tags=["jobs"])
async def list_jobs(
    gateway: Gateway,
    execution_state: Annotated[ExecutionState | None, QueryParameter(name="state")] = None,
    name: str | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
    queue: str | None = None,
) -> JobPage:
    """Jobs of ``queue`` whose newest execution is in ``state`` and whose name contains ``name``."""
    jobs, total = await gateway.service.jobs(execution_state, name, limit, offset, queue)
    return JobPage(jobs=tuple(jobs), total=total)


@get("/jobs/{job:str}", summary="Look at a job", tags=["jobs"])
async def show(gateway: Gateway, job: str) -> Job:
    """The job with its newest execution and checkpoint."""
    return await gateway.service.job(job)


@delete("/jobs/{job:str}", summary="Delete a job", tags=["jobs"])
async def remove(gateway: Gateway, job: str) -> None:
    """Forget a job that is not running."""
    await gateway.service.delete(job)


@get("/jobs/{job:str}/generations", summary="List a job's generations", tags=["jobs"])
async def generations(gateway: Gateway, job: str) -> GenerationList:
    """Every snapshot of the job's spec."""
    return GenerationList(generations=tuple(await gateway.service.generations(job)))


@get("/jobs/{job:str}/generations/{number:int}", summary="Look at a generation", tags=["jobs"])
async def generation(gateway: Gateway, job: str, number: Number) -> Generation:
    """One snapshot of the job's spec."""
    return await gateway.service.generation(job, number)


ROUTES = (submit, list_jobs, show, remove, generations, generation)
