# ruff: noqa: FBT001, FBT002 - query parameters
"""Executions, their attempts and their checkpoints."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from runner.api.gateway import Gateway
from runner.api.routes.parameters import Deleted, Limit, Offset, OptionalLimit, PageToken, Sort
from runner.model import CheckpointKind, Execution
from runner.replies import AttemptList, CheckpointList, ExecutionList
from runner.states import ExecutionState
from runner.store.sorting import order_of

States = Annotated[list[ExecutionState] | None, QueryParameter(name="state", max_items=20)]


@get("/executions", summary="List executions", tags=["executions"])
async def list_executions(
    gateway: Gateway,
    job: str | None = None,
    states: States = None,
    queue: str | None = None,
    deleted: Deleted = False,
    limit: Limit = 100,
    offset: Offset = 0,
    after: PageToken = None,
    count: bool = False,
    sort: Sort = None,
) -> ExecutionList:
    """Of all jobs, newest first, or as `sort` says; with `deleted` of those that are deleted, or of one. `queue` is that of the
    job's newest generation; `after` is the `next` of the page before; `total` is null unless `count`."""
    return await gateway.service.execution_page(
        job=job,
        states=tuple(states or ()),
        queue=queue,
        deleted=deleted,
        order=order_of(sort),
        limit=limit,
        offset=offset,
        after=after,
        count=count,
    )


@get("/jobs/{job:str}/executions", summary="List a job's executions", tags=["executions"])
async def executions(
    gateway: Gateway,
    job: str,
    limit: Limit = 1000,
    offset: Offset = 0,
    after: PageToken = None,
    count: bool = False,
    sort: Sort = None,
) -> ExecutionList:
    """Newest first, or as `sort` says."""
    order = order_of(sort)
    return await gateway.service.execution_page(job=job, order=order, limit=limit, offset=offset, after=after, count=count)


@get("/executions/{execution_id:str}", summary="Look at an execution", tags=["executions"])
async def execution(gateway: Gateway, execution_id: str) -> Execution:
    """One run of one generation."""
    return await gateway.service.execution(execution_id)


@get("/executions/{execution_id:str}/attempts", summary="List an execution's attempts", tags=["executions"])
async def attempts(
    gateway: Gateway, execution_id: str, limit: OptionalLimit = None, offset: Offset = 0, after: PageToken = None
) -> AttemptList:
    """Each start of its workers, why it was made and how it ended, oldest first. `after` is the `next` of the page before."""
    return await gateway.service.attempt_page(execution_id, limit=limit, offset=offset, after=after)


@get("/executions/{execution_id:str}/checkpoints", summary="List an execution's checkpoints", tags=["executions"])
async def checkpoints(
    gateway: Gateway,
    execution_id: str,
    kind: CheckpointKind | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
    after: PageToken = None,
) -> CheckpointList:
    """Those that it took and that are kept, newest first, failed ones and savepoints too. `after` is the `next` of the page
    before."""
    return await gateway.service.execution_checkpoint_page(execution_id, kind, limit, offset, after)


ROUTES = (list_executions, executions, execution, attempts, checkpoints)
