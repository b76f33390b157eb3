"""Entity tags: what an answer's tag is, and whether a client's ``If-None-Match`` or ``If-Match`` names it.

A tag is ``"VERSION.DIGEST"``, or ``"DIGEST"`` of an answer without a version. The digest is that of the answer's bytes, so 304
says that really nothing has changed, counters neither. The version is what a write depends on: counters do not change it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse

from spec.errors import UsageError

_JSON = "application/json"
_DIGEST_BYTES = 9
_TAG = re.compile(r'\s*(?:W/)?"([!#-~]*)"\s*')
ANY: Final = "*"


class Answer(Response[Any]):
    """What a route answers. A JSON answer to a GET has an entity tag, and is left out when the client has it already."""

    def to_asgi_response(self, app: Litestar | None, request: Request[Any, Any, Any], **options: Any) -> ASGIResponse:
        """The answer as bytes, or 304 without any."""
        answer = super().to_asgi_response(app, request, **options)
        if request.method != "GET" or answer.status_code != 200 or answer.headers.get("content-type") != _JSON:
            return answer
        tag = make_tag(getattr(self.content, "version", None), answer.body)
        asked = request.headers.getall("if-none-match", [])
        if asked and is_named(tag, ",".join(asked)):
            return ASGIResponse(status_code=304, headers={"etag": tag, "cache-control": "no-cache"})
        answer.headers["etag"] = tag
        answer.headers.setdefault("cache-control", "no-cache")
        return answer


def make_tag(version: object, body: bytes) -> str:
    """The tag of an answer with ``body``, which is about a record of ``version`` if that is a number."""
    digest = hashlib.blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()
    return f'"{version}.{digest}"' if isinstance(version, int) else f'"{digest}"'


def is_named(tag: str, header: str) -> bool:
    """Whether the value of ``If-None-Match`` names the tag; what is no list of tags names none."""
    return header.strip() == ANY or tag.strip('"') in _named(header)


def allows(version: int, header: str) -> bool:
    """Whether the value of ``If-Match`` names that version. Raises UsageError when it is no list of tags with versions."""
    if header.strip() == ANY:
        return True
    versions = [tag.partition(".")[0] for tag in _named(header)]
    if not versions or not all(found.isdecimal() and found.isascii() and len(found) < 20 for found in versions):
        raise UsageError(
            "the header If-Match names no version",
            hint='send the ETag of the job as it came, or its version in quotes: If-Match: "12"',
            code="invalid-request",
        )
    return version in {int(found) for found in versions}


def _named(header: str) -> list[str]:
    found: list[str] = []
    position = 0
    while match := _TAG.match(header, position):
        found.append(match[1])
        position = match.end()
        if not header.startswith(",", position):
            break
        position += 1
    return found if position >= len(header) else []
