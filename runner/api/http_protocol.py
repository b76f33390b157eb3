"""HTTP connections as this daemon takes them: uvicorn's, with bounds of time on every phase, a bound on their number, and, on
the unix socket, a look at who is at the other end. What is in a request is not looked at here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

import h11
import msgspec
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from runner.api.statuses import make_problem

_log = logging.getLogger(__name__)
_LOG_PAUSE = 1.0
_CREDENTIALS = struct.Struct("3i")
PEER: Final = "flowdeck.peer"
"""Where the ASGI scope's state holds the :class:`Peer` of a connection to the unix socket."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections there may be, and how many seconds a client may take: to send the head of a request, to send its
    body, and to take something of an answer when nothing more fits on the way."""

    connections: int
    head: float = 10.0
    body: float = 30.0
    write: float = 30.0


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end of a unix socket, as the kernel tells."""

    pid: int
    uid: int


class ServerConfig(uvicorn.Config):
    """uvicorn's configuration, with the bounds of the connections."""

    def __init__(self, application: Any, bounds: ConnectionLimits, **options: Any) -> None:
        super().__init__(application, http=BoundedProtocol, **options)
        self.bounds = bounds
        self.told = 0.0


class BoundedProtocol(H11Protocol):
    """One connection. A client that is too slow is told so where that is still possible, and cut off."""

    def __init__(self, config: ServerConfig, *arguments: Any, **named: Any) -> None:
        super().__init__(config, *arguments, **named)
        self._settings = config
        self._bounds = config.bounds
        self._receiving: asyncio.TimerHandle | None = None
        self._phase = ""
        self._sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many or it is another user's."""
        super().connection_made(transport)
        peer = peer_of(transport.get_extra_info("socket"))
        if len(self.connections) > self._bounds.connections:
            self._cut("there are too many connections")
        elif peer is not None and peer.uid not in {os.getuid(), 0}:
            self._cut(f"process {peer.pid} belongs to the user {peer.uid}")
        else:
            if peer is not None:
                self.app_state = {**self.app_state, PEER: peer}
            self._expect("head", self._bounds.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._expect_nothing()
        self._unset_sending()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and look which phase of a request the client is in then."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The connection is free for the next request, which may have begun already."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Nothing more fits on the way: the client has to take something."""
        super().pause_writing()
        self._unset_sending()
        self._sending = self.loop.call_later(self._bounds.write, self._cut, "it does not read its answer")

    def resume_writing(self) -> None:
        """The client has taken something."""
        self._unset_sending()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP with a problem document, and close."""
        error = sys.exception()
        too_large = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431
        self._tell(f"it sent no HTTP request: {error or msg}")
        if too_large:
            self._answer(431, "head-too-large", "the request's head is too large")
        else:
            self._answer(400, "bad-request", "this is no HTTP request")

    def _unsupported_upgrade_warning(self) -> None:
        """A client that offers another protocol is answered in this one, and nobody needs to know."""

    def _watch(self) -> None:
        if self.transport.is_closing():
            self._expect_nothing()
        elif self.conn.their_state is h11.SEND_BODY:
            self._expect("body", self._bounds.body)
        elif self.conn.their_state is h11.IDLE and (self.cycle is None or self.conn.trailing_data[0]):
            self._expect("head", self._bounds.head)
        else:
            self._expect_nothing()

    def _expect(self, phase: str, seconds: float) -> None:
        """Let the phase end within that time, counted from its beginning."""
        if self._phase != phase:
            self._expect_nothing()
            self._phase = phase
            self._receiving = self.loop.call_later(seconds, self._too_slow, phase)

    def _expect_nothing(self) -> None:
        self._phase = ""
        if self._receiving is not None:
            self._receiving.cancel()
            self._receiving = None

    def _unset_sending(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _too_slow(self, phase: str) -> None:
        self._tell(f"it did not send the {phase} of its request in time")
        self._answer(408, "request-timeout", f"the {phase} of the request did not come in time")

    def _answer(self, status: int, code: str, detail: str) -> None:
        """The last words on this connection, unless an answer is on its way already."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
            return
        problem = make_problem(status, code, detail)
        body = msgspec.json.encode(problem)
        head = (
            f"HTTP/1.1 {status} {problem.title}\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        if self.cycle is not None:
            self.cycle.disconnected = True
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _cut(self, reason: str) -> None:
        self._tell(reason)
        self.transport.abort()

    def _tell(self, reason: str) -> None:
        """At most once a second: the log is not for whoever connects to fill."""
        now = time.monotonic()
        if now - self._settings.told >= _LOG_PAUSE:
            self._settings.told = now
            _log.warning("closed a connection from %s: %s", self.client[0] if self.client else "this machine", reason)


def peer_of(connection: Any) -> Peer | None:
    """Who is at the other end of a unix socket; None for other sockets, and where the system does not tell."""
    if connection is None or connection.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    try:
        found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return None
    pid, uid, _ = _CREDENTIALS.unpack(found)
    return Peer(pid, uid)
