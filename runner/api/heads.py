"""HEAD: what a GET would answer, without its body. Monitors and load balancers ask like that."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage

_EVENT_STREAM = b"text/event-stream"


class Heads:
    """In front of the application: it is asked a GET, and the server sends the head of the answer alone."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == ScopeType.HTTP and scope["method"] == "HEAD":
            answer = _Head(receive, send)
            await self._application({**scope, "method": "GET"}, answer.receive, answer.send)
        else:
            await self._application(scope, receive, send)


class _Head:
    """One answer. One that would go on for as long as somebody reads it is over with its head."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_over = False

    async def receive(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        """What comes from the client: that it is gone, once it has all that it gets."""
        return {"type": "http.disconnect"} if self._is_over else await self._receive()

    async def send(self, message: Message) -> None:
        """What goes to it, up to the end."""
        if self._is_over:
            return
        await self._send(message)
        if message["type"] == "http.response.start" and _is_stream(message):
            self._is_over = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_stream(message: Message) -> bool:
    headers = message.get("headers") or ()
    return any(name.lower() == b"content-type" and value.startswith(_EVENT_STREAM) for name, value in headers)  # type: ignore[attr-defined]
