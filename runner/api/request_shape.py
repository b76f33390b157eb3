"""What every request has to look like before anybody asks who sends it, and the answer to one that is turned away at a door."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from litestar.types import Scope, Send

from runner.api.statuses import problem_of
from spec.errors import FlowdeckError

PROBLEM_JSON: Final = "application/problem+json"
MAXIMUM_HEADER_BYTES: Final = 32 * 1024
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_VERSIONS = frozenset({"1.0", "1.1"})
_REFUSED_BY_ROUTES = frozenset({"TRACE", "QUERY"})
_ONCE = frozenset(
    {b"host", b"content-type", b"content-length", b"transfer-encoding", b"authorization", b"x-api-key", b"origin"}
)
_NOT_IN_A_TARGET = re.compile(rb"[^\x21-\x7e]|%00|%0[ad]", re.IGNORECASE)


class BadRequest(FlowdeckError):
    """Not a request that this API can take, whatever it is about."""

    code = "bad-request"
    exit_code = 2


class HeadTooLarge(FlowdeckError):
    """The request's line and headers are too large."""

    code = "head-too-large"


class UnknownMethod(FlowdeckError):
    """No route takes that method."""

    code = "method-not-implemented"


class TooManyRequests(FlowdeckError):
    """More than one visitor may send. ``retry_after``: seconds until the next one is taken."""

    code = "too-many-requests"

    def __init__(self, message: str, *, hint: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


def check_shape(scope: Scope) -> None:
    """Raise for a request of an unknown method, with a head that is too large, or whose meaning two readers could see
    differently: headers that are there twice, two ways to tell the body's length, control characters in the path."""
    headers = scope["headers"]
    if scope.get("http_version", "1.1") not in _VERSIONS:
        raise BadRequest("this is no version of HTTP that is spoken here", hint="it is HTTP/1.1")
    target = scope.get("raw_path", b"") + scope.get("query_string", b"")
    if len(target) + sum(len(name) + len(value) + 4 for name, value in headers) > MAXIMUM_HEADER_BYTES:
        raise HeadTooLarge(f"the request's head has more than {MAXIMUM_HEADER_BYTES} bytes")
    if str(scope.get("method")) not in _METHODS | _REFUSED_BY_ROUTES:
        raise UnknownMethod("no route takes this method", hint=f"methods are {', '.join(sorted(_METHODS))}")
    names = [name for name, _ in headers if name in _ONCE]
    if len(names) != len(set(names)):
        raise BadRequest("a header that may be there once is there twice")
    if b"content-length" in names and b"transfer-encoding" in names:
        raise BadRequest("the request tells the length of its body in two ways")
    if _NOT_IN_A_TARGET.search(target):
        raise BadRequest("the request's path has control characters")


async def refuse(error: FlowdeckError, send: Send, challenges: tuple[bytes, ...] = ()) -> None:
    """Answer with the error's problem document, ``challenges`` (WWW-Authenticate) with a 401, and close the connection."""
    problem = problem_of(error)
    body = msgspec.json.encode(problem)
    headers = [
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if problem.status == 401:
        headers.extend((b"www-authenticate", challenge) for challenge in challenges)
    if isinstance(error, TooManyRequests):
        headers.append((b"retry-after", str(max(1, round(error.retry_after + 0.5))).encode()))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
