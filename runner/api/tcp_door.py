"""What comes over TCP has to pass here before the application sees it: shape, Host, Origin, key, and how often.

Of a request that is refused nothing but its head is read. What it may name in the file system is bounded as long as it is
under way (:mod:`runner.supervisor.confinement`).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from runner.api.access import ACCESS, Unauthorized, Visitor
from runner.api.credentials import CHALLENGES, credentials_of
from runner.api.origin import Headers, OriginCheck
from runner.api.request_shape import TooManyRequests, check_shape, refuse
from runner.api.throttle import Throttle
from runner.endpoint import ListenAddress, is_loopback
from runner.model import KeyScope
from runner.supervisor.confinement import Confinement, confined
from runner.supervisor.keys import Keys
from runner.transport import API_PREFIX
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_LOG_PAUSE = 1.0
_HEALTH = f"{API_PREFIX}/health"
_EVENT_STREAM = b"text/event-stream"


@dataclass(frozen=True, slots=True)
class Rates:
    """How often: requests of one visitor a second (and at once), wrong keys of one address, and streams at the same time."""

    requests: float = 200.0
    requests_burst: int = 400
    wrong_keys: float = 0.5
    wrong_keys_burst: int = 20
    streams: int = 64


class TcpDoor:
    """In front of the application on a TCP address. ``needs_key`` False, which only a loopback address can have: who has no key
    may do everything but end the daemon and make keys."""

    def __init__(
        self,
        application: ASGIApp,
        keys: Keys,
        address: ListenAddress,
        confinement: Confinement,
        *,
        origins: OriginCheck | None = None,
        needs_key: bool = True,
        rates: Rates | None = None,
    ) -> None:
        self._application = application
        self._keys = keys
        self._confinement = confinement
        self._is_open = not needs_key and is_loopback(address.address)
        self._origins = origins or OriginCheck(address)
        rates = rates or Rates()
        self._requests = Throttle(rates.requests, rates.requests_burst)
        self._wrong_keys = Throttle(rates.wrong_keys, rates.wrong_keys_burst)
        self._streams: dict[str, int] = {}
        self._most_streams = rates.streams
        self._told = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it."""
        if scope["type"] != ScopeType.HTTP:
            return
        try:
            check_shape(scope)
            visitor = self._visitor(scope)
        except FlowdeckError as error:
            self._log_refusal(scope, error)
            await refuse(error, send, CHALLENGES)
            return
        counted = _CountedStreams(self._streams, visitor.name, self._most_streams, send)
        with confined(self._confinement), counted:
            await self._application({**scope, ACCESS: visitor}, receive, counted.send)  # type: ignore[arg-type, misc, unused-ignore]

    def _visitor(self, scope: Scope) -> Visitor:
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        remote = _remote(scope)
        self._origins.check(headers)
        visitor = self._known(headers, remote, is_health=_is_health(scope))
        rate_of = visitor.name if visitor.name.startswith("key:") else remote
        if wait := self._requests.take(rate_of):
            raise TooManyRequests("too many requests", hint=f"try again in {wait:.1f} s", retry_after=wait)
        return visitor

    def _known(self, headers: Headers, remote: str, *, is_health: bool) -> Visitor:
        """Who it is by its key. Wrong keys are counted by address; nobody is locked out who has a right one."""
        given = credentials_of(headers)
        if given is None:
            if self._is_open or is_health:
                return Visitor("anyone", KeyScope.OPERATE if self._is_open else None, remote)
            raise Unauthorized(
                "this address needs a key", hint="send Authorization: Bearer KEY; flowdeck keys add NAME makes one"
            )
        key = self._keys.verify(given.secret, given.name)
        if key is not None:
            return Visitor(f"key:{key.name}", key.scope, remote)
        if wait := self._wrong_keys.take(remote):
            raise TooManyRequests("too many wrong keys", hint=f"try again in {wait:.0f} s", retry_after=wait)
        hint = "it may be wrong, removed or expired: flowdeck keys list"
        if given.name is not None:
            hint += "; with Basic the user's name is that of the key"
        raise Unauthorized("the key opens nothing here", hint=hint)

    def _log_refusal(self, scope: Scope, error: FlowdeckError) -> None:
        """At most once a second: the log is not for whoever knocks to fill."""
        now = time.monotonic()
        if now - self._told >= _LOG_PAUSE:
            self._told = now
            _log.warning("refused a request from %s: %s", _remote(scope), error.message)


class _CountedStreams:
    """Counts the event streams of one visitor while they are open."""

    def __init__(self, open_streams: dict[str, int], visitor: str, most: int, send: Send) -> None:
        self._open = open_streams
        self._visitor = visitor
        self._most = most
        self._send = send
        self._counted = False

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._counted:
            self._open[self._visitor] -= 1
            if not self._open[self._visitor]:
                del self._open[self._visitor]

    async def send(self, message: Message) -> None:
        """Send on; raise :class:`TooManyRequests` instead of beginning one stream more than there may be."""
        if message["type"] == "http.response.start" and _is_stream(message):
            present = self._open.get(self._visitor, 0)
            if present >= self._most:
                raise TooManyRequests(f"there are {present} streams open already", hint="close one first")
            self._open[self._visitor] = present + 1
            self._counted = True
        await self._send(message)


def _is_stream(message: Message) -> bool:
    headers = message.get("headers") or ()
    return any(name.lower() == b"content-type" and value.startswith(_EVENT_STREAM) for name, value in headers)  # type: ignore[attr-defined]


def _is_health(scope: Scope) -> bool:
    path = scope["path"]
    return str(scope.get("method")) in {"GET", "HEAD"} and (path == _HEALTH or path.startswith(f"{_HEALTH}/"))


def _remote(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "nowhere"
