"""The server of the pages: routes, bounds, and how it ends."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from spec.errors import UsageError
from tui.web import pages
from tui.web.conversation import converse
from tui.web.door import Door, Refused
from tui.web.visit import Visit
from tui.web.visitors import Visitors

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_MOST_CONNECTIONS = 64
_TO_END = 5.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENDED = "flowdeck web was stopped. Start it again, and open the address that it prints then."


class AddressTaken(UsageError):
    """The address to listen on cannot be had."""

    code = "web-address"


@dataclass(frozen=True, slots=True)
class Serving:
    """Where pages are served, to how many at once; ``idle`` is how many seconds a connection may take for a request."""

    address: str
    port: int
    visitors: int
    idle: float = 15.0
    connections: int = _MOST_CONNECTIONS


class _Closing(asyncio.Protocol):
    """For a connection more than there may be."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()


class PageServer:
    """Serves the daemon of a ``visit``. Made inside of a running event loop."""

    def __init__(self, visit: Visit, serving: Serving, report: Callable[[str], object]) -> None:
        self.door = Door(serving.address)
        self.visitors = Visitors(serving.visitors)
        self._visit = visit
        self._serving = serving
        self._report = report
        self._stop = asyncio.Event()
        self._socket = _bound(serving)

    @property
    def url(self) -> str:
        """The address to open, with the token."""
        host = f"[{self._serving.address}]" if ":" in self._serving.address else self._serving.address
        return f"http://{host}:{self._socket.getsockname()[1]}/?token={self.door.token}"

    async def serve(self, ready: Callable[[], Awaitable[object]]) -> None:
        """Until :meth:`stop`, SIGINT, SIGTERM or SIGHUP. ``ready`` is awaited once pages are served. No visitor's process is
        left then."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self.stop)
        runner = web.AppRunner(
            self._application(), access_log=None, keepalive_timeout=self._serving.idle, shutdown_timeout=_TO_END
        )
        await runner.setup()
        try:
            server = await loop.create_server(self._counted(runner), sock=self._socket, backlog=self._serving.connections)
            await ready()
            await self._stop.wait()
            server.close()
            self.visitors.send_home(ENDED)
        finally:
            await runner.cleanup()
            self.close()

    def close(self) -> None:
        """Let the address go; a server that was never asked to serve needs it."""
        self._socket.close()

    def stop(self) -> None:
        """End, soon."""
        self._stop.set()

    def _counted(self, runner: web.AppRunner) -> Callable[[], asyncio.BaseProtocol]:
        def protocol() -> asyncio.BaseProtocol:
            server = runner.server
            if server is None or len(server.connections) >= self._serving.connections:
                return _Closing()
            return server()

        return protocol

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded()], client_max_size=1024)
        below = self.door.path
        application.add_routes(
            [
                web.get("/", self._enter, allow_head=False),
                web.get(below, self._page, allow_head=False),
                web.get(f"{below}page.css", self._style, allow_head=False),
                web.get(f"{below}socket", self._converse, allow_head=False),
                web.get(f"{below}{{name}}", self._file, allow_head=False),
            ]
        )
        application.on_response_prepare.append(pages.dress)
        return application

    def _guarded(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
            try:
                self.door.check(request)
                return await handler(request)
            except Refused as error:
                return pages.refusal(error)

        return guard

    async def _enter(self, _request: web.Request) -> web.StreamResponse:
        return pages.entrance(self.door)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        title = f"flowdeck {self._visit.context}".strip()
        return pages.main_page(request, title, self.door.path)

    async def _style(self, _request: web.Request) -> web.StreamResponse:
        return pages.style_sheet()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return pages.file(request.match_info["name"])

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        return await converse(request, self.visitors, self._visit, self._report)


def _bound(serving: Serving) -> socket.socket:
    """Of the address. Raises :class:`AddressTaken`."""
    listening = socket.socket(socket.AF_INET6 if ":" in serving.address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((serving.address, serving.port))
    except (OSError, OverflowError) as error:
        listening.close()
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise AddressTaken(
            f"pages cannot be served at {serving.address}, port {serving.port}: {why}",
            hint="--port 0 takes any port that is free",
        ) from error
    listening.setblocking(False)  # noqa: FBT003 - the library's own argument
    return listening
