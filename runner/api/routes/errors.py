"""What went wrong in a job."""

from __future__ import annotations

from litestar import get

from runner.api.gateway import Gateway
from runner.api.routes.parameters import Limit
from runner.replies import ErrorReport


@get("/jobs/{job:str}/errors", summary="Rejected rows and failed attempts of a job", tags=["observation"])
async def errors(
    gateway: Gateway, job: str, plugin: str | None = None, kind: str | None = None, limit: Limit = 100
) -> ErrorReport:
    """Rows that did not fit, counted by plugin and kind and the newest of them, and the failures of attempts."""
    return await gateway.observation.errors(job, plugin=plugin, kind=kind, limit=limit)


ROUTES = (errors,)
