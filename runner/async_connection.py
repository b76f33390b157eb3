"""HTTP exchanges with the daemon in an event loop: one connection, which is kept open between them."""

from __future__ import annotations

import asyncio
import contextlib

import h11

from runner.connection import Answer, request_headers
from runner.endpoint import Endpoint, UnixEndpoint, client_context

_CHUNK = 65536


async def open_streams(endpoint: Endpoint, *, limit: int = _CHUNK) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to where the daemon answers; at most ``limit`` bytes wait to be read."""
    if isinstance(endpoint, UnixEndpoint):
        return await asyncio.open_unix_connection(endpoint.path, limit=limit)
    context = await asyncio.to_thread(client_context, endpoint.authority) if endpoint.tls else None
    return await asyncio.open_connection(endpoint.address, endpoint.port, ssl=context, limit=limit)


class AsyncConnection:
    """An HTTP connection to a daemon, for one exchange at a time."""

    def __init__(self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._endpoint = endpoint
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, endpoint: Endpoint) -> AsyncConnection:
        """Connect; raises OSError when nobody listens."""
        return cls(endpoint, *await open_streams(endpoint))

    @property
    def is_reusable(self) -> bool:
        """Whether another exchange may follow."""
        return self._protocol.our_state is h11.IDLE and not self._reader.at_eof()

    async def exchange(self, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes | None) -> Answer:
        """Send one request and read its whole answer. Raises OSError when the connection breaks."""
        sent = request_headers(self._endpoint, headers, body) | {"Content-Length": str(len(body or b""))}
        self._send(h11.Request(method=method, target=target, headers=list(sent.items())))
        if body:
            self._send(h11.Data(data=body))
        self._send(h11.EndOfMessage())
        await self._writer.drain()
        answer = await self._answer()
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
        return answer

    def close(self) -> None:
        """Close it at once."""
        with contextlib.suppress(OSError, RuntimeError):  # gone already, or its event loop has
            self._writer.close()

    def _send(self, event: h11.Event) -> None:
        if data := self._protocol.send(event):
            self._writer.write(data)

    async def _answer(self) -> Answer:
        status, headers, body = 0, {}, bytearray()
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return Answer(status, headers, bytes(body))
            elif isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError("it closed the connection")

    async def _next_event(self) -> h11.Event:
        try:
            while not isinstance(event := self._protocol.next_event(), h11.Event):
                self._protocol.receive_data(await self._reader.read(_CHUNK))
        except h11.RemoteProtocolError as error:
            raise ConnectionResetError(f"it does not speak HTTP: {error}") from error
        return event
