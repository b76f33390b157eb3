"""Serve the application on the sockets of :mod:`runner.api.listening`: the home's, and a TCP address when that is wanted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from litestar.types import ASGIApp

from runner.api.access import OwnersDoor
from runner.api.application import build_application
from runner.api.gateway import Gateway
from runner.api.listening import BACKLOG
from runner.api.tcp_door import TcpDoor
from runner.endpoint import ListenAddress

_GRACE_SECONDS = 3
_IDLE_SECONDS = 60
_TICK_SECONDS = 1
# Over TCP anybody may open connections and say nothing; the unix socket stays free for the owner.
_TCP_CONNECTIONS = 256


class _Server(uvicorn.Server):
    """A server that leaves signals to the daemon, and does not look ten times a second whether it is to end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told_to_end = asyncio.Event()

    def end(self) -> None:
        """Have it end."""
        self.should_exit = True
        self._told_to_end.set()

    async def main_loop(self) -> None:
        """Tick once a second, which is what the date in the answers needs, until told to end."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_SECONDS):
                    await self._told_to_end.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serve(
    gateway: Gateway, owners: socket.socket, tcp: tuple[socket.socket, ListenAddress] | None = None
) -> AsyncIterator[asyncio.Future[None]]:
    """Answer on the unix socket ``owners``, whose clients may do everything, and on ``tcp``, while the context is open.

    On leaving, event streams are ended, requests in progress get three seconds, and the sockets are closed. Yields what ends
    early only if serving fails.
    """
    application = build_application(gateway)
    doors: list[tuple[ASGIApp, socket.socket, int | None]] = [(OwnersDoor(application), owners, None)]
    if tcp is not None:
        listener, address = tcp
        doors.append((TcpDoor(application, gateway.keys, address), listener, _TCP_CONNECTIONS))
    servers = [_Server(_configure(door, limit)) for door, _, limit in doors]
    tasks = [
        asyncio.create_task(server.serve(sockets=[listener]), name="api")
        for server, (_, listener, _) in zip(servers, doors, strict=True)
    ]
    failed = asyncio.ensure_future(_first_to_end(tasks))
    try:
        yield failed
    finally:
        gateway.closing.set()
        for server in servers:
            server.end()
        await asyncio.gather(*tasks)
        await failed


async def _first_to_end(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _configure(application: ASGIApp, connections: int | None) -> uvicorn.Config:
    return uvicorn.Config(
        application,  # type: ignore[arg-type, unused-ignore]
        loop="none",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=connections,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
