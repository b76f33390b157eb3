"""Whether the parts of the daemon work. Open to all; details are for who has a key."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get

from runner.api.access import OPEN_TO_ALL, visitor_of
from runner.api.gateway import Gateway
from runner.cluster import ComponentHealth, Health, HealthStatus


@get("/health", summary="Whether the daemon works", tags=["health"], opt=OPEN_TO_ALL)
async def health(gateway: Gateway, request: Request[Any, Any, Any]) -> Response[Health]:
    """Each part with its status, since when, and by what that is judged; 503 when one that matters is down. Needs no key;
    without one there are no details."""
    found = await gateway.observation.health.health()
    shown = msgspec.structs.replace(found, components=tuple(_shown(each, request) for each in found.components))
    return Response(shown, status_code=_status(found.status))


@get("/health/{component:str}", summary="Whether a part of the daemon works", tags=["health"], opt=OPEN_TO_ALL)
async def component_health(gateway: Gateway, request: Request[Any, Any, Any], component: str) -> Response[ComponentHealth]:
    """The same of one part; 503 when it is down, whether it matters to the daemon or not."""
    found = await gateway.observation.health.component(component)
    return Response(_shown(found, request), status_code=_status(found.status))


def _shown(found: ComponentHealth, request: Request[Any, Any, Any]) -> ComponentHealth:
    """What whoever asks may know of it."""
    if visitor_of(request.scope).scope is not None:
        return found
    return msgspec.structs.replace(found, message="", detail={})


def _status(status: HealthStatus) -> int:
    return 503 if status is HealthStatus.DOWN else 200


ROUTES = (health, component_health)
