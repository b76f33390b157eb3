"""Serve the application on the home's unix socket, and on a TCP address when that is wanted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import uvicorn
from litestar.types import ASGIApp

from runner.api.access import OwnersDoor
from runner.api.application import build_application
from runner.api.gateway import Gateway
from runner.api.tcp_door import TcpDoor
from runner.endpoint import ListenAddress, is_loopback
from runner.supervisor.keys import Keys
from spec.errors import UsageError

_BACKLOG = 128
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


def open_tcp(wanted: ListenAddress, keys: Keys) -> tuple[socket.socket, ListenAddress]:
    """A bound socket, and the address it has got. Raises UsageError for an address that cannot be had, or that other machines
    can reach although there is no key."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(wanted.address, wanted.port, type=socket.SOCK_STREAM)[0]
        if not is_loopback(str(place[0])) and not keys.all():
            raise UsageError(
                f"{wanted} can be reached from other machines, and nobody would need a key",
                hint="make one first: flowdeck keys add NAME --scope operate; or listen on 127.0.0.1",
                code="listen-refused",
            )
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        message = f"cannot listen on {wanted}: {error.strerror or error}"
        raise UsageError(message, hint="choose another port, or 0 for any", code="listen-failed") from error
    bound = listener.getsockname()
    return listener, ListenAddress(str(bound[0]), int(bound[1]))


@contextlib.asynccontextmanager
async def serve(
    gateway: Gateway, path: Path, tcp: tuple[socket.socket, ListenAddress] | None = None
) -> AsyncIterator[asyncio.Future[None]]:
    """Answer on a unix socket at ``path``, for this user only, and on ``tcp``, while the context is open.

    The caller holds the home's lock: a socket file that is already there is a leftover. On leaving, event streams are ended
    and requests in progress get three seconds. Yields what ends early only if serving fails.
    """
    application = build_application(gateway)
    doors: list[tuple[ASGIApp, socket.socket, int | None]] = [(OwnersDoor(application), _listen(path), None)]
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
        backlog=_BACKLOG,
        limit_concurrency=connections,
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
