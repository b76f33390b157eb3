"""Checkpoints and savepoints."""

from __future__ import annotations

from litestar import Response, delete, get, post

from runner.api.gateway import Gateway
from runner.api.routes.answers import GONE
from runner.api.routes.parameters import Deleted, DryRun, Limit, Number, Offset, OptionalLimit, PageToken
from runner.model import Checkpoint, CheckpointKind
from runner.operation import Effects
from runner.replies import CheckpointList, SavepointList, SavepointVerdict


@get("/jobs/{job:str}/checkpoints", summary="List a job's checkpoints", tags=["checkpoints"])
async def checkpoints(
    gateway: Gateway,
    job: str,
    kind: CheckpointKind | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
    after: PageToken = None,
) -> CheckpointList:
    """Newest first, failed ones and savepoints too. `after` is the `next` of the page before."""
    return await gateway.service.checkpoint_page(job, kind, limit, offset, after)


# The defaults below are those of query parameters.


@get("/savepoints", summary="List savepoints", tags=["checkpoints"])
async def savepoints(
    gateway: Gateway,
    job: str | None = None,
    deleted: Deleted = False,  # noqa: FBT002
    limit: OptionalLimit = None,
    offset: Offset = 0,
    after: PageToken = None,
) -> SavepointList:
    """Of one job or of all, newest first; with `deleted` of one that is deleted (by its id, or the last of its name), or of all
    that are. A job takes one of those up by its directory, see `restore` of a restart. `after` is the `next` of the page
    before."""
    return await gateway.service.savepoint_page(job, deleted=deleted, limit=limit, offset=offset, after=after)


@get("/jobs/{job:str}/savepoints/{number:int}", summary="Look at a savepoint", tags=["checkpoints"])
async def show(gateway: Gateway, job: str, number: Number, deleted: Deleted = False) -> Checkpoint:  # noqa: FBT002
    """Its size, its figures, where its directory is and whether that was whole when it was last read."""
    return await gateway.service.show_savepoint(job, number, deleted=deleted)


@delete(
    "/jobs/{job:str}/savepoints/{number:int}",
    status_code=200,
    summary="Delete a savepoint",
    tags=["checkpoints"],
    responses={204: GONE},
)
async def remove(
    gateway: Gateway,
    job: str,
    number: Number,
    force: bool = False,  # noqa: FBT001, FBT002  # a query parameter
    deleted: Deleted = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> Response[Effects]:
    """Answers 204: the savepoint is forgotten, and its directory gone; unless forced, not one that the job needs. Answers 200
    only to a dry run."""
    if dry_run:
        return Response(await gateway.service.deletion_of_savepoint(job, number, force=force, deleted=deleted), status_code=200)
    await gateway.service.delete_savepoint(job, number, force=force, deleted=deleted)
    return Response(None, status_code=204)  # type: ignore[arg-type]  # without a body, as `responses` says


@post("/jobs/{job:str}/savepoints/{number:int}/verify", status_code=200, summary="Verify a savepoint", tags=["checkpoints"])
async def verify(gateway: Gateway, job: str, number: Number, deleted: Deleted = False) -> SavepointVerdict:  # noqa: FBT002
    """Reads every byte of it, in the store and in its directory."""
    return await gateway.service.verify_savepoint(job, number, deleted=deleted)


ROUTES = (checkpoints, savepoints, show, remove, verify)
