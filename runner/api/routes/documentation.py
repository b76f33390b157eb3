"""The API about itself: where to begin, the OpenAPI document, and a page for people."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
from typing import Any

from litestar import Request, Response, get
from litestar.routes import HTTPRoute

from runner.api.documentation.document import Document
from runner.api.documentation.page import CONTENT_SECURITY_POLICY, STYLE
from runner.api.etags import Answer
from runner.replies import ApiRoot
from runner.transport import API_PREFIX

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.format(digest=_DIGEST),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@get("/", summary="Where to begin", tags=["documentation"])
async def root(request: Request[Any, Any, Any]) -> ApiRoot:
    """The version of the program, and everything that can be looked at without knowing more, by name."""
    found = {route.path for route in request.app.routes if isinstance(route, HTTPRoute) and "GET" in route.methods}
    links = {path.removeprefix(f"{API_PREFIX}/"): path for path in sorted(found) if "{" not in path and path != API_PREFIX}
    return ApiRoot(version=importlib.metadata.version("flowdeck"), links=links)


@get("/openapi.json", summary="The API as OpenAPI 3.1", tags=["documentation"], media_type="application/json")
async def openapi(document: Document) -> Response[dict[str, Any]]:
    """This API for programs: every route, parameter, body, answer and problem."""
    return Answer(await document.as_json(), media_type="application/json")


@get("/docs", summary="The API as a page", tags=["documentation"], media_type="text/html")
async def page(document: Document) -> Response[bytes]:
    """This API for people: one page that loads nothing from elsewhere and needs no script."""
    return Response(await document.as_page(), media_type="text/html", headers=_HEADERS)


ROUTES = (root, openapi, page)
