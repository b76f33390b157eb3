"""What comes over TCP has to pass here before the application sees it: Host, Origin, key.

A web page in a browser on this machine can send requests to a loopback address, under its own name (cross-site) or, by
answering for its name with that address (rebinding), under a name of its choosing. Neither gets past Host and Origin. Of a
request that is refused nothing but its head is read.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import time

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from runner.api.access import ACCESS, Forbidden, Unauthorized
from runner.api.problems import PROBLEM_JSON
from runner.api.statuses import problem_of
from runner.endpoint import ListenAddress, is_loopback
from runner.model import KeyScope
from runner.supervisor.keys import Keys
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_BEARER = "bearer "
_LOG_PAUSE = 1.0
_SAME_SITE = frozenset({"same-origin", "none"})


class TcpDoor:
    """In front of the application on a TCP address. On a loopback address nobody needs a key until there is one; without
    it nobody may end the daemon or make keys there."""

    def __init__(self, application: ASGIApp, keys: Keys, address: ListenAddress) -> None:
        self._application = application
        self._keys = keys
        self._is_open = is_loopback(address.address)
        self._hosts = _hosts(address)
        self._any_address = address.address in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
        self._told = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it."""
        if scope["type"] != ScopeType.HTTP:
            return
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        try:
            granted = self._granted(headers)
        except FlowdeckError as error:
            self._log_refusal(scope, error)
            await _refuse(error, send)
        else:
            await self._application({**scope, ACCESS: granted}, receive, send)  # type: ignore[arg-type, misc, unused-ignore]

    def _granted(self, headers: list[tuple[str, str]]) -> KeyScope:
        self._check_host(_values(headers, "host"))
        self._check_origin(headers)
        given = _values(headers, "authorization")
        if not given and self._is_open and not self._keys.all():
            return KeyScope.OPERATE
        if len(given) != 1 or not given[0].lower().startswith(_BEARER):
            raise Unauthorized(
                "this address needs a key", hint="send Authorization: Bearer KEY; flowdeck keys add NAME makes one"
            )
        key = self._keys.verify(given[0][len(_BEARER) :].strip())
        if key is None:
            raise Unauthorized("the key opens nothing here", hint="it may have been removed: flowdeck keys list")
        return key.scope

    def _check_host(self, given: list[str]) -> None:
        match = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        name = match[1].lower() if match else ""
        if name not in self._hosts and not (self._any_address and _is_address(name)):
            raise Forbidden("the Host header names none of the daemon's addresses", hint="connect by the address it listens on")

    def _check_origin(self, headers: list[tuple[str, str]]) -> None:
        """What a browser says about the page that sends the request; others say nothing."""
        here = f"http://{_values(headers, 'host')[0]}".lower()
        origins = {origin.lower() for origin in _values(headers, "origin")}
        sites = {site.lower() for site in _values(headers, "sec-fetch-site")}
        if not origins <= {here} or not sites <= _SAME_SITE:
            raise Forbidden("requests from web pages elsewhere are refused")

    def _log_refusal(self, scope: Scope, error: FlowdeckError) -> None:
        """At most once a second: the log is not for whoever knocks to fill."""
        now = time.monotonic()
        if now - self._told >= _LOG_PAUSE:
            self._told = now
            client = scope.get("client")
            _log.warning("refused a request from %s: %s", client[0] if client else "nowhere", error.message)


def _hosts(address: ListenAddress) -> set[str]:
    """The names that requests may come by."""
    own = f"[{address.address}]" if ":" in address.address else address.address
    hosts = {own.lower()}
    if is_loopback(address.address):
        hosts |= {"localhost", "127.0.0.1", "[::1]"}
    else:
        hosts.add(socket.gethostname().lower())
    return hosts


def _is_address(name: str) -> bool:
    """Whether a Host header names an IP address: rebinding takes a name."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _values(headers: list[tuple[str, str]], wanted: str) -> list[str]:
    return [value.strip() for name, value in headers if name == wanted]


async def _refuse(error: FlowdeckError, send: Send) -> None:
    problem = problem_of(error)
    body = msgspec.json.encode(problem)
    headers = [
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if problem.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="flowdeck"'))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
