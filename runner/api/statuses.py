"""What an error of the core is to a client: a problem document with an HTTP status. Knows of no HTTP library: a client in the
daemon's own process need not wait for one."""

from __future__ import annotations

import http
from typing import Any, Final

from runner.replies import Problem
from spec.errors import FlowdeckError

STATUS_OF_CODE: Final = {
    "not-found": 404,
    "already-exists": 409,
    "name-taken": 409,
    "unauthorized": 401,
    "forbidden": 403,
    "path-not-allowed": 403,
    "method-not-implemented": 501,
    "head-too-large": 431,
    "too-many-requests": 429,
    "checkpoint-corrupt": 409,
    "conflict": 409,
    "illegal-transition": 409,
    "precondition-failed": 412,
    "idempotency-key-in-use": 409,
    "idempotency-outcome-unknown": 409,
    "idempotency-answer-gone": 409,
    "idempotency-key-reused": 422,
    "unsupported-media-type": 415,
    "spec-invalid": 422,
    "daemon-ends": 503,
    "store-closed": 503,
    "store-timeout": 503,
    "store-unavailable": 503,
    "timeout": 504,
}


def make_problem(status: int, code: str, detail: str, *, hint: str = "", errors: tuple[dict[str, Any], ...] = ()) -> Problem:
    """A problem whose type and title follow from its code and status."""
    title = http.HTTPStatus(status).phrase
    kind = f"urn:flowdeck:problem:{code}"
    return Problem(type=kind, title=title, status=status, detail=detail, code=code, hint=hint, errors=errors)


def problem_of(error: FlowdeckError) -> Problem:
    """The problem that an error of the core is to a client."""
    status = STATUS_OF_CODE.get(error.code, 400 if error.exit_code == 2 else 500)
    errors = tuple(getattr(error, "diagnostics", ()))
    return make_problem(status, error.code, error.message, hint=error.hint, errors=errors)


def problem_of_defect() -> Problem:
    """The problem that a mistake of our own is to a client, who learns no details."""
    detail = "the daemon could not answer because of a defect of its own"
    return make_problem(500, "internal", detail, hint="the details are in daemon.log in the home directory")
