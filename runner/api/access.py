"""Who may do what: each request carries the visitor that it comes from, and each route says which scope it needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from runner.api.http_protocol import PEER, Peer
from runner.api.request_shape import check_shape, refuse
from runner.model import KeyScope
from spec.errors import FlowdeckError

ACCESS: Final = "flowdeck.access"
"""Where the ASGI scope holds the :class:`Visitor`. Nothing there means nothing may be done."""
_NEEDED = "scope"
_OPEN = "open"
ADMIN_ONLY: Final = {_NEEDED: KeyScope.ADMIN}
FOR_READERS: Final = {_NEEDED: KeyScope.READ}
"""For a route that only reads, whatever its method, or that looks itself whether it may do more."""
OPEN_TO_ALL: Final = {_OPEN: True}
"""For a route that tells nothing worth a key: whether the daemon is healthy."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Unauthorized(FlowdeckError):
    """No key, or one that opens nothing."""

    code = "unauthorized"


class Forbidden(FlowdeckError):
    """The request may not do that, or not come from there."""

    code = "forbidden"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends a request: ``unix:UID``, ``key:NAME``, or ``anyone`` where no key is needed. ``scope`` None: only what is open
    to all. ``remote`` is an address, or the process at the other end of the unix socket."""

    name: str
    scope: KeyScope | None
    remote: str


class OwnersDoor:
    """In front of the application on the unix socket: only the owner of the home gets here, and may do everything."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in."""
        try:
            check_shape(scope)
        except FlowdeckError as error:
            await refuse(error, send)
            return
        peer = scope.get("state", {}).get(PEER) or Peer(pid=0, uid=os.getuid())
        visitor = Visitor(f"unix:{peer.uid}", KeyScope.ADMIN, f"process {peer.pid}")
        await self._application({**scope, ACCESS: visitor}, receive, send)  # type: ignore[arg-type, misc, unused-ignore]


def visitor_of(scope: Scope) -> Visitor:
    """Who sends the request; somebody who may do nothing when it came through no door."""
    found = scope.get(ACCESS)
    return found if isinstance(found, Visitor) else Visitor("nobody", None, "")


def require_scope(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of the application: raises :class:`Forbidden` unless the request may use the route."""
    if handler.opt.get(_OPEN):
        return
    reading = str(connection.scope.get("method", "")) in _READING
    require(connection.scope, handler.opt.get(_NEEDED, KeyScope.READ if reading else KeyScope.OPERATE))


def may_operate(scope: Scope) -> bool:
    """Whether who sends the request may do more than look."""
    granted = visitor_of(scope).scope
    return granted is not None and granted.allows(KeyScope.OPERATE)


def require(scope: Scope, needed: KeyScope) -> None:
    """Raise :class:`Forbidden` unless who sends the request may do what takes this scope."""
    granted = visitor_of(scope).scope
    if granted is None or not granted.allows(needed):
        raise Forbidden(f"the key's scope does not allow this: it needs {needed}", hint="use a key of a wider scope")
