"""The workers of a running job, and how many there are to be."""

from __future__ import annotations

from litestar import get, post

from runner.api.gateway import Gateway
from runner.model import Job
from runner.replies import WorkerList
from runner.requests import WorkersRequest


@get("/jobs/{job:str}/workers", summary="List a job's workers", tags=["workers"])
async def workers(gateway: Gateway, job: str) -> WorkerList:
    """By number; none when the job does not run."""
    return await gateway.observation.workers(job)


@post("/jobs/{job:str}/workers", status_code=202, summary="Change the number of a job's workers", tags=["workers"])
async def scale(gateway: Gateway, job: str, data: WorkersRequest) -> Job:
    """Answers once the wish is recorded; workers join and leave while the job runs on."""
    return await gateway.service.scale(job, data)


ROUTES = (workers, scale)
