"""Queues: how many of their jobs run at the same time, whose turn it is, and taking back what waits."""

from __future__ import annotations

from litestar import delete, get, post, put

from runner.api.gateway import Gateway
from runner.api.routes.parameters import DryRun, Reason
from runner.model import Queue
from runner.replies import CanceledList, QueueList
from runner.requests import CancelQueuedRequest, QueueRequest


@get("/queues", summary="List queues", tags=["queues"])
async def queues(gateway: Gateway) -> QueueList:
    """Those that are limited, paused or in use, and the default one, by name."""
    return QueueList(queues=tuple(await gateway.service.queues()))


@get("/queues/{name:str}", summary="Look at a queue", tags=["queues"])
async def queue(gateway: Gateway, name: str) -> Queue:
    """Its limit, and what runs and waits in it."""
    return await gateway.service.queue(name)


@put("/queues/{name:str}", summary="Limit or pause a queue", tags=["queues"])
async def limit(gateway: Gateway, name: str, data: QueueRequest, reason: Reason = None) -> Queue:
    """What runs already runs on; what waits starts in order as places become free."""
    del reason  # for the audit trail
    return await gateway.service.limit_queue(name, data)


@delete("/queues/{name:str}", summary="Delete a queue", tags=["queues"])
async def remove(gateway: Gateway, name: str, reason: Reason = None) -> None:
    """Its limit and its pause are forgotten. One that is in use is refused."""
    del reason  # for the audit trail
    await gateway.service.delete_queue(name)


@post("/cancel", status_code=200, summary="Cancel executions that wait", tags=["queues"])
async def cancel(
    gateway: Gateway,
    data: CancelQueuedRequest,
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
    reason: Reason = None,
) -> CanceledList:
    """Those of some jobs, of a queue, or of jobs of a name; what has started is left alone, and told."""
    del reason  # for the audit trail
    return await gateway.service.cancel_queued(data, dry_run=dry_run)


ROUTES = (queues, queue, limit, remove, cancel)
