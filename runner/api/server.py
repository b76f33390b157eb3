"""Serve the application on the home's unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import uvicorn

from runner.api.application import build_application
from runner.api.gateway import Gateway

_BACKLOG = 128
_GRACE_SECONDS = 3
_IDLE_SECONDS = 60


class _Server(uvicorn.Server):
    """A server that leaves signals to the daemon."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serve(gateway: Gateway, path: Path) -> AsyncIterator[asyncio.Task[None]]:
    """Answer on a unix socket at ``path``, for this user only, while the context is open.

    The caller holds the home's lock: a socket file that is already there is a leftover. On leaving, event streams are ended
    and requests in progress get three seconds. Yields the server's task, which ends early only if serving fails.
    """
    listener = _listen(path)
    server = _Server(_configure(gateway))
    task = asyncio.create_task(server.serve(sockets=[listener]), name="api")
    try:
        yield task
    finally:
        gateway.closing.set()
        server.should_exit = True
        await task


def _configure(gateway: Gateway) -> uvicorn.Config:
    return uvicorn.Config(
        build_application(gateway),
        loop="none",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _listen(path: Path) -> socket.socket:
    """The directory is private (mode 0700), so nobody can connect before the socket's own mode is set."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(_BACKLOG)
        listener.settimeout(0)
    except BaseException:
        listener.close()
        raise
    return listener
