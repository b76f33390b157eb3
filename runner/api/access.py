"""Who may do what: each request carries the scope that it came in with, and each route says which one it needs."""

from __future__ import annotations

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from runner.model import KeyScope
from spec.errors import FlowdeckError

ACCESS: Final = "flowdeck.access"
"""Where the ASGI scope holds what the request may do. Nothing there means nothing may be done."""
_NEEDED = "scope"
ADMIN_ONLY: Final = {_NEEDED: KeyScope.ADMIN}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Unauthorized(FlowdeckError):
    """No key, or one that opens nothing."""

    code = "unauthorized"


class Forbidden(FlowdeckError):
    """The request may not do that, or not come from there."""

    code = "forbidden"


class OwnersDoor:
    """In front of the application on the unix socket: only the owner of the home gets here, and may do everything."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in."""
        await self._application({**scope, ACCESS: KeyScope.ADMIN}, receive, send)  # type: ignore[arg-type, misc, unused-ignore]


def require_scope(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of the application: raises :class:`Forbidden` unless the request may use the route."""
    reading = str(connection.scope.get("method", "")) in _READING
    needed = handler.opt.get(_NEEDED, KeyScope.READ if reading else KeyScope.OPERATE)
    granted = connection.scope.get(ACCESS)
    if not isinstance(granted, KeyScope) or not granted.allows(needed):
        raise Forbidden(f"the key's scope does not allow this: it needs {needed}", hint="use a key of a wider scope")
