"""The OpenAPI 3.1 document of the API, and the page made of it: built once, when somebody first asks."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import msgspec
from litestar.handlers import HTTPRouteHandler

from runner.api.documentation import problems, words
from runner.api.documentation.operation import Operation
from runner.api.documentation.page import render_page
from runner.api.documentation.schemas import Schemas
from runner.model import Event
from runner.replies import Problem
from runner.transport import API_PREFIX

_DESCRIPTION: Final = """The daemon of a flowdeck home: it runs jobs as processes, and this is how to drive it.

`{job}` is a job's id, a unique prefix of it, or its name. Times are UTC seconds since 1970, durations are seconds, sizes are
bytes; null means unknown or not yet, zero is a measured zero. New fields may be added to answers at any time; fields are not
renamed or removed within `v1`. Unknown query parameters and unknown fields of a body are refused. Everything that is not a
success is a problem document (RFC 9457) with a stable `code`.

On the unix socket of the home nobody needs a key: only its owner can connect. Over TCP see `security`."""
_SECURITY: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key made by `POST /api/v1/keys` or `flowdeck keys add`."},
    "basic": {"type": "http", "scheme": "basic", "description": "The name of a key and the key as the password."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-KEY", "description": "A key."},
}


class Document:
    """What the API says about itself, as bytes to send."""

    def __init__(self, handlers: Iterable[HTTPRouteHandler]) -> None:
        self._handlers = tuple(handlers)
        self._building: asyncio.Task[tuple[bytes, bytes]] | None = None

    async def as_json(self) -> bytes:
        """The OpenAPI document."""
        return (await self._built())[0]

    async def as_page(self) -> bytes:
        """The document for people: one HTML page."""
        return (await self._built())[1]

    async def _built(self) -> tuple[bytes, bytes]:
        if self._building is None:
            # In a thread: it takes a few hundred milliseconds.
            self._building = asyncio.create_task(asyncio.to_thread(self._build))
        return await asyncio.shield(self._building)

    def _build(self) -> tuple[bytes, bytes]:
        document = describe(self._handlers)
        return msgspec.json.encode(document), render_page(document).encode()


def describe(handlers: Iterable[HTTPRouteHandler]) -> dict[str, Any]:
    """The OpenAPI document of ``handlers``, as plain data."""
    operations = sorted(operations_of(handlers), key=lambda operation: operation.target)
    schemas = Schemas([Problem, Event, *(kind for operation in operations for kind in operation.kinds)])
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.target, {})[operation.method.lower()] = operation.described(schemas)
    used = {tag for methods in paths.values() for described in methods.values() for tag in described["tags"]}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "flowdeck",
            "version": importlib.metadata.version("flowdeck"),
            "summary": "Data jobs as processes on this machine.",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where this document comes from."}],
        "tags": [{"name": tag, "description": words.TAGS[tag]} for tag in words.TAGS if tag in used],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": problems.problem_responses(),
            "securitySchemes": _SECURITY,
        },
    }
    # As a client reads it: defaults that are tuples are lists then.
    return cast("dict[str, Any]", msgspec.json.decode(msgspec.json.encode(document)))


def operations_of(handlers: Iterable[HTTPRouteHandler]) -> Iterator[Operation]:
    """The operations of ``handlers``, under the API's prefix."""
    for handler in handlers:
        for path in sorted(handler.paths):
            for method in sorted(handler.http_methods):
                yield Operation(handler, str(method), (API_PREFIX + path).rstrip("/"))
