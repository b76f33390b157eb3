"""What a body has to be before anybody reads it: of a type that the route takes and, as JSON, without what two readers could
see differently (a name twice, NaN) and not nested without end."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

import msgspec
from litestar import Request

from runner.api.faults import InvalidRequest, fault_at
from spec.errors import FlowdeckError

JSON: Final = "application/json"
MAXIMUM_DEPTH: Final = 32
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LARGE = 64 * 1024
_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class UnsupportedMediaType(FlowdeckError):
    """The body is of a type that is not taken here, or does not say of which."""

    code = "unsupported-media-type"
    exit_code = 2


class MalformedBody(FlowdeckError):
    """The body is not what its type says."""

    code = "malformed-body"
    exit_code = 2


def media_type_of(request: Request[Any, Any, Any]) -> str:
    """The declared type of the body, without its parameters; empty when none is declared."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def check_body(request: Request[Any, Any, Any], others: Iterable[str] = ()) -> None:
    """Refuse a body that is declared neither as JSON (a web page cannot send that without asking first) nor as one of the types
    ``others``, and JSON that is not, or that is ambiguous."""
    if request.method not in _WITH_BODY or not (body := await request.body()):
        return
    declared = media_type_of(request)
    if declared in others:
        return
    if declared != JSON:
        said = f"it is declared as {declared!r}" if declared else "its type is not declared"
        wanted = ", ".join(["JSON", *others])
        raise UnsupportedMediaType(
            f"the request's body must be {wanted}, but {said}", hint="send the header Content-Type: application/json"
        )
    if body.strip() == b"null":
        hint = "send an object, or no body where none is needed"
        raise InvalidRequest(fault_at("", "the request's body is null", hint))
    if len(body) > _LARGE:
        await asyncio.to_thread(check_json, body)
    else:
        check_json(body)


def check_coding(request: Request[Any, Any, Any]) -> None:
    """Raise :class:`UnsupportedMediaType` for a body that is compressed: a small one could become any size."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", ""):
        raise UnsupportedMediaType(f"the body is coded as {coding[:64]!r}", hint="send it as it is, without Content-Encoding")


def check_json(body: bytes) -> None:
    """Raise :class:`MalformedBody` unless the bytes are one JSON value that every reader understands alike."""
    _check_depth(body)
    try:
        msgspec.json.decode(body)
        json.loads(body, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedBody(f"the request's body is not JSON: {error}") from error


def _check_depth(body: bytes) -> None:
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(body):
        first = body[found.start()]
        if first in b"[{":
            depth += 1
            if depth > MAXIMUM_DEPTH:
                raise MalformedBody(f"the request's body is nested more than {MAXIMUM_DEPTH} deep")
        elif first in b"]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise MalformedBody(f"the request's body has the field {twice!r} twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBody(f"the request's body has {name}, which is not JSON")
