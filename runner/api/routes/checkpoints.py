"""Checkpoints and savepoints."""

from __future__ import annotations

from litestar import delete, get, post

from runner.api.gateway import Gateway
from runner.api.routes.parameters import Limit, Number
from runner.model import CheckpointKind
from runner.replies import CheckpointList, SavepointList, SavepointVerdict


@get("/jobs/{job:str}/checkpoints", summary="List a job's checkpoints", tags=["checkpoints"])
async def checkpoints(gateway: Gateway, job: str, kind: CheckpointKind | None = None, limit: Limit = 50) -> CheckpointList:
    """Newest first, failed ones and savepoints too."""
    return CheckpointList(checkpoints=tuple(await gateway.service.checkpoints(job, kind, limit)))


@get("/savepoints", summary="List savepoints", tags=["checkpoints"])
async def savepoints(gateway: Gateway, job: str | None = None) -> SavepointList:
    """Of one job or of all, newest first."""
    return SavepointList(savepoints=tuple(await gateway.service.savepoints(job)))


@delete("/jobs/{job:str}/savepoints/{number:int}", summary="Delete a savepoint", tags=["checkpoints"])
async def remove(
    gateway: Gateway,
    job: str,
    number: Number,
    force: bool = False,  # noqa: FBT001, FBT002  # a query parameter
) -> None:
    """Forget a savepoint and its directory; unless forced, not one that the job needs."""
    await gateway.service.delete_savepoint(job, number, force=force)


@post("/jobs/{job:str}/savepoints/{number:int}/verify", status_code=200, summary="Verify a savepoint", tags=["checkpoints"])
async def verify(gateway: Gateway, job: str, number: Number) -> SavepointVerdict:
    """Reads every byte of it, in the store and in its directory."""
    return await gateway.service.verify_savepoint(job, number)


ROUTES = (checkpoints, savepoints, remove, verify)
