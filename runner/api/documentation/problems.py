"""Which problems a route may answer with: said once for all routes, by what they have in common."""

from __future__ import annotations

import http
from typing import Any, Final

from runner.api.statuses import make_problem

PROBLEM_JSON: Final = "application/problem+json"

MEANINGS: Final = {
    400: ("invalid-request", "A parameter or a field is wrong, unknown or missing; the body is not what it is declared to be."),
    401: ("unauthorized", "Over TCP: no key, or one that opens nothing."),
    403: ("forbidden", "The key's scope is too narrow, or the request comes from a web page elsewhere."),
    404: ("not-found", "There is no such thing."),
    409: ("conflict", "The present state does not allow it; the hint says what to do instead."),
    412: ("precondition-failed", "`If-Match` names another version than the present one."),
    413: ("body-too-large", "The body is larger than allowed."),
    408: ("request-timeout", "The request did not come in time."),
    415: ("unsupported-media-type", "The body is not of a type that is taken here."),
    422: ("spec-invalid", "The job file has errors, each with its place; or the Idempotency-Key was used for another request."),
    431: ("head-too-large", "The path, the query and the headers are larger than allowed together."),
    429: ("too-many-requests", "Too many requests; `Retry-After` says when to come back."),
    500: ("internal", "A defect; the details are in the daemon's log, not in the answer."),
    503: ("store-unavailable", "The daemon is ending, or its database is too busy or cannot be written."),
    504: ("timeout", "What was asked for did not happen in time. It may still happen."),
}
"""By status: an example of a code, and when."""

_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}}},
    429: {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}},
}
_ALWAYS: Final = (400, 401, 403, 408, 429, 431, 500, 503)
_WRITES: Final = (404, 409, 412, 413, 415, 422, 504)


def statuses_of(*, writes: bool, addresses: bool, refers: bool) -> tuple[int, ...]:
    """The statuses of a route's problems. ``addresses``: its path has parameters; ``refers``: its query names something."""
    found = {*_ALWAYS, *(_WRITES if writes else ()), *((404,) if addresses or refers else ()), *((409,) if addresses else ())}
    return tuple(sorted(found))


def component_name(status: int) -> str:
    """The name of a status' problem among the document's components."""
    return "".join(word.capitalize() for word in http.HTTPStatus(status).phrase.replace("-", " ").split())


def reference_to(status: int) -> dict[str, str]:
    """A reference to the problem of a status."""
    return {"$ref": f"#/components/responses/{component_name(status)}"}


def problem_responses() -> dict[str, Any]:
    """The components that routes refer to."""
    return {component_name(status): _response(status) for status in MEANINGS}


def _response(status: int) -> dict[str, Any]:
    code, meaning = MEANINGS[status]
    problem = make_problem(status, code, meaning)
    example = {name: getattr(problem, name) for name in problem.__struct_fields__} | {"errors": []}
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    found: dict[str, Any] = {"description": meaning, "content": content}
    if status in _HEADERS:
        found["headers"] = _HEADERS[status]
    return found
