"""Queues: how many of their jobs run at the same time, whose turn it is, and taking back what waits."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

from litestar import Request, Response, delete, get, post, put

from runner.api.gateway import Gateway
from runner.api.performing import Terms, perform_on_queues
from runner.api.routes.answers import TAKEN_UP
from runner.api.routes.parameters import DryRun, Prefer, Reason
from runner.model import Queue
from runner.replies import CanceledList, QueueList
from runner.requests import CancelQueuedRequest, QueueRequest
from runner.supervisor.actions import Tell
from runner.supervisor.operations import CANCEL_QUEUED, CHANGE_QUEUE, DELETE_QUEUE
from runner.supervisor.service import JobService

T = TypeVar("T")
Carry: TypeAlias = Callable[[JobService, Tell], Coroutine[Any, Any, T]]


@get("/queues", summary="List queues", tags=["queues"])
async def queues(gateway: Gateway) -> QueueList:
    """Those that are limited, paused or in use, and the default one, by name."""
    return QueueList(queues=tuple(await gateway.service.queues()))


@get("/queues/{name:str}", summary="Look at a queue", tags=["queues"])
async def queue(gateway: Gateway, name: str) -> Queue:
    """Its limit, and what runs and waits in it."""
    return await gateway.service.queue(name)


@put("/queues/{name:str}", summary="Limit or pause a queue", tags=["queues"], responses=TAKEN_UP)
async def limit(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    name: str,
    data: QueueRequest,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Queue]:
    """What runs already runs on; what waits starts in order as places become free."""
    terms = Terms(reason=reason, prefer=prefer)
    call: Carry[Queue] = lambda service, _: service.limit_queue(name, data)  # noqa: E731 - its type is said
    return await perform_on_queues(gateway, request, CHANGE_QUEUE, name, terms, call)


@delete("/queues/{name:str}", summary="Delete a queue", tags=["queues"], responses=TAKEN_UP)
async def remove(
    gateway: Gateway, request: Request[Any, Any, Any], name: str, reason: Reason = None, prefer: Prefer = None
) -> Response[None]:
    """Its limit and its pause are forgotten. One that is in use is refused."""
    terms = Terms(reason=reason, prefer=prefer)
    call: Carry[None] = lambda service, _: service.delete_queue(name)  # noqa: E731 - its type is said
    return await perform_on_queues(gateway, request, DELETE_QUEUE, name, terms, call, status=204)


@post("/cancel", status_code=200, summary="Cancel executions that wait", tags=["queues"], responses=TAKEN_UP)
async def cancel(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    data: CancelQueuedRequest,
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[CanceledList]:
    """Those of some jobs, of a queue, or of jobs of a name; what has started is left alone, and told."""
    if dry_run:
        return Response(await gateway.service.cancel_queued(data, dry_run=True), status_code=200)
    terms = Terms(reason=reason, prefer=prefer)
    call: Carry[CanceledList] = lambda service, tell: service.cancel_queued(data, tell=tell)  # noqa: E731 - its type is said
    return await perform_on_queues(gateway, request, CANCEL_QUEUED, data.queue or "", terms, call, body=data)


ROUTES = (queues, queue, limit, remove, cancel)
