"""One HTTP exchange with the daemon. Apart from :mod:`runner.transport` because what speaks HTTP takes a while to import."""

from __future__ import annotations

import http.client

from runner.endpoint import Endpoint


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
    connection: DaemonConnection, method: str, target: str, body: bytes | None, timeout: float
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send one request and read its whole answer."""
    headers = {"Host": connection.endpoint.host, "Accept": "application/json", **dict(connection.endpoint.headers)}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
    connection.request(method, target, body=body, headers=headers)
    connection.sock.settimeout(timeout)
    response = connection.getresponse()
    return response, response.read()
