"""Queues: how many of their jobs run at the same time."""

from __future__ import annotations

from litestar import get, put

from runner.api.gateway import Gateway
from runner.model import Queue
from runner.replies import QueueList
from runner.requests import QueueRequest


@get("/queues", summary="List queues", tags=["queues"])
async def queues(gateway: Gateway) -> QueueList:
    """Those that are limited or in use, and the default one, by name."""
    return QueueList(queues=tuple(await gateway.service.queues()))


@put("/queues/{name:str}", summary="Limit a queue", tags=["queues"])
async def limit(gateway: Gateway, name: str, data: QueueRequest) -> Queue:
    """What runs already runs on; what waits starts in order as places become free."""
    return await gateway.service.limit_queue(name, data)


ROUTES = (queues, limit)
