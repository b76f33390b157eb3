"""One visit: a page's websocket on one side, the process of the visitor on the other, and a reason when it ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import WSCloseCode, WSMsgType, web

from tui.web.messages import LARGEST_MESSAGE, Pinged, Typed, first_size, read
from tui.web.process import VisitorProcess
from tui.web.visit import Visit
from tui.web.visitors import NoPlace, Place, Visitors

LEFT = "The terminal UI was left."
STRANGE = "The page said what no page says."
_HEARTBEAT = 15.0
_TO_CLOSE = 3.0
_LONGEST_REASON = 600


async def converse(
    request: web.Request, visitors: Visitors, visit: Visit, report: Callable[[str], object]
) -> web.WebSocketResponse:
    """From the page's first word until one of both goes; the process has ended then."""
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=LARGEST_MESSAGE, timeout=_TO_CLOSE, compress=False)
    await socket.prepare(request)
    page = _Page(socket)
    try:
        async with visitors.visit(page.leave) as place:
            await _attend(page, place, visit.arguments(), first_size(request), report)
    except NoPlace as error:
        page.leave(f"{error.message} {error.hint}")
    await page.gone()
    return socket


async def _attend(
    page: _Page, place: Place, arguments: list[str], size: tuple[int, int], report: Callable[[str], object]
) -> None:
    async def ended() -> None:
        if trouble := process.trouble:
            report(f"the terminal UI of a page could not go on: {trouble}")
        page.leave(f"The terminal UI could not go on: {trouble}" if trouble else LEFT)

    process = VisitorProcess(arguments, page.socket.send_bytes, page.socket.send_str, ended)
    try:
        await process.start(*size)
    except OSError as error:
        report(f"no process could be started for a page: {error.strerror or error}")
        page.leave("No process could be started for this page.")
        return
    try:
        with contextlib.suppress(ConnectionError):  # the page has gone while it was answered
            await _listen(page, process, place)
    finally:
        page.leave(LEFT)
        await process.stop()


async def _listen(page: _Page, process: VisitorProcess, place: Place) -> None:
    """Hand on what the page says until it goes."""
    async for message in page.socket:
        said = read(message.data) if message.type is WSMsgType.TEXT else None
        if said is None:
            page.leave(STRANGE)
        elif isinstance(said, Pinged):
            await page.socket.send_json(["pong", said.text])
        else:
            if isinstance(said, Typed):
                place.use()
            await process.hear(said)


class _Page:
    """The websocket, which is closed once, with the first reason. (The protocol has room for a short one only: it is said.)"""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self._closing: asyncio.Task[None] | None = None

    def leave(self, reason: str) -> None:
        """End the visit."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(reason[:_LONGEST_REASON]))

    async def _close(self, reason: str) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_TO_CLOSE):
                await self.socket.send_json(["ended", reason])
        await self.socket.close(code=WSCloseCode.GOING_AWAY)

    async def gone(self) -> None:
        """Wait until the page knows. Bounded."""
        if self._closing is not None:
            await asyncio.wait([self._closing], timeout=_TO_CLOSE * 2)
