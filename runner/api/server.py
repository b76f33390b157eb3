"""Serve the application on the sockets of :mod:`runner.api.listening`: the home's, and a TCP address when that is wanted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import uvicorn
from litestar.types import ASGIApp

from runner.api.access import OwnersDoor
from runner.api.application import build_application
from runner.api.gateway import Gateway
from runner.api.http_protocol import ConnectionLimits, ServerConfig
from runner.api.listening import BACKLOG, TcpSocket
from runner.api.origin import OriginCheck
from runner.api.tcp_door import Rates, TcpDoor
from runner.supervisor.confinement import Confinement

_GRACE_SECONDS = 3
_IDLE_SECONDS = 60
_TICK_SECONDS = 1


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What clients may take of the server. Over TCP anybody may open connections and say nothing; the unix socket stays free
    for the owner."""

    owners: ConnectionLimits = ConnectionLimits(connections=2000)
    tcp: ConnectionLimits = ConnectionLimits(connections=256)
    rates: Rates = Rates()


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
    gateway: Gateway, owners: socket.socket, tcp: TcpSocket | None = None, limits: ServerLimits | None = None
) -> AsyncIterator[asyncio.Future[None]]:
    """Answer on the unix socket ``owners``, whose clients may do everything, and on ``tcp``, while the context is open.

    On leaving, event streams are ended, requests in progress get three seconds, and the sockets are closed. Yields what ends
    early only if serving fails.
    """
    limits = limits or ServerLimits()
    application = build_application(gateway)
    servers = [_Server(_configure(OwnersDoor(application), limits.owners))]
    listeners = [owners]
    if tcp is not None:
        origins = OriginCheck(tcp.address, tcp.wanted.names, scheme=tcp.wanted.scheme)
        door = TcpDoor(
            application,
            gateway.keys,
            tcp.address,
            Confinement(tcp.wanted.roots),
            origins=origins,
            needs_key=tcp.wanted.needs_key,
            rates=limits.rates,
        )
        servers.append(_Server(_configure(door, limits.tcp, tcp.tls)))
        listeners.append(tcp.listener)
    tasks = [
        asyncio.create_task(server.serve(sockets=[listener]), name="api")
        for server, listener in zip(servers, listeners, strict=True)
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


def _configure(application: ASGIApp, bounds: ConnectionLimits, tls: ssl.SSLContext | None = None) -> ServerConfig:
    return ServerConfig(
        application,
        bounds,
        loop="none",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
