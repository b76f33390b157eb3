"""One HTTP exchange with the daemon. Apart from :mod:`runner.transport` because what speaks HTTP takes a while to import."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

from runner.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``headers`` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class DaemonConnection(http.client.HTTPConnection):
    """An HTTP connection to a daemon."""

    def __init__(self, endpoint: Endpoint, *, timeout: float) -> None:
        super().__init__("flowdeck", timeout=timeout)
        self.endpoint = endpoint
        self._seconds = timeout

    def connect(self) -> None:
        """Open the socket; raises OSError when nobody listens."""
        self.sock = self.endpoint.connect(self._seconds)


def exchange(
    connection: DaemonConnection,
    method: str,
    target: str,
    body: bytes | None,
    timeout: float,
    headers: tuple[tuple[str, str], ...] = (),
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send one request and read its whole answer."""
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
    connection.request(method, target, body=body, headers=request_headers(connection.endpoint, headers, body))
    connection.sock.settimeout(timeout)
    response = connection.getresponse()
    return response, response.read()


def request_headers(endpoint: Endpoint, headers: tuple[tuple[str, str], ...], body: bytes | None) -> dict[str, str]:
    """What goes with a request: where to, what is understood, the key, and ``headers`` of its own."""
    content = {} if body is None else {"Content-Type": "application/json"}
    return {"Host": endpoint.host, "Accept": "application/json", **content, **dict(endpoint.headers), **dict(headers)}
