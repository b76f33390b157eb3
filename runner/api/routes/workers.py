"""The workers of a running job."""

from __future__ import annotations

from litestar import get

from runner.api.gateway import Gateway
from runner.replies import WorkerList


@get("/jobs/{job:str}/workers", summary="List a job's workers", tags=["workers"])
async def workers(gateway: Gateway, job: str) -> WorkerList:
    """By number; none when the job does not run."""
    return await gateway.observation.workers(job)


ROUTES = (workers,)
