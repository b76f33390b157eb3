"""The daemon itself."""

from __future__ import annotations

import os

import msgspec
from litestar import get, post

from runner.api.access import ADMIN_ONLY
from runner.api.gateway import Gateway
from runner.model import DaemonStatus
from runner.replies import ShutdownReply


@get("/status", summary="The daemon and its processes", tags=["daemon"])
async def status(gateway: Gateway) -> DaemonStatus:
    """Who owns this home, since when, and how much is running."""
    return msgspec.structs.replace(await gateway.observation.status(), listening=gateway.listening)


@post("/shutdown", status_code=202, summary="Stop the daemon", tags=["daemon"], opt=ADMIN_ONLY)
async def shutdown(gateway: Gateway) -> ShutdownReply:
    """The daemon ends soon after the answer; running jobs go on from their last checkpoint when the next one starts."""
    gateway.closing.set()
    return ShutdownReply(pid=os.getpid())


ROUTES = (status, shutdown)
