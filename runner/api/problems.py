"""Failures as answers: problem documents (RFC 9457). Every answer that is not a success comes from here; what an error of the
core is to a client is said in :mod:`runner.api.statuses`."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException
from litestar.types import ExceptionHandlersMap

from runner.api.faults import faults_of
from runner.api.statuses import make_problem, problem_of, problem_of_defect
from runner.bounds import MAXIMUM_BODY_BYTES
from runner.replies import Problem
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"

_CODE_OF_STATUS = {
    404: ("no-such-route", "there is nothing at this path", "GET /api/v1/openapi.json lists the routes"),
    413: ("body-too-large", f"the request's body has more than {MAXIMUM_BODY_BYTES} bytes", ""),
}


def _respond(problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def _on_flowdeck_error(_request: Request[Any, Any, Any], error: FlowdeckError) -> Response[bytes]:
    problem = problem_of(error)
    if problem.status == 500:
        _log.error("a request failed: %s: %s", error.code, error.message, exc_info=error)
    return _respond(problem)


def _on_invalid_request(request: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    faults = faults_of(request, error)
    detail = "; ".join(str(fault["message"]) for fault in faults) or "the request is not valid"
    hint = next((str(fault["hint"]) for fault in faults if fault["hint"]), "")
    return _respond(make_problem(400, "invalid-request", detail, hint=hint, errors=faults))


def _on_wrong_method(request: Request[Any, Any, Any], _error: MethodNotAllowedException) -> Response[bytes]:
    allowed = ", ".join(sorted(allowed_methods(request)))
    detail = f"{request.method} is not a method of {request.url.path}"
    return _respond(make_problem(405, "method-not-allowed", detail, hint=f"it takes {allowed}"), {"Allow": allowed})


def allowed_methods(request: Request[Any, Any, Any]) -> set[str]:
    """The methods of all routes that the request's path matches."""
    segments = request.url.path.strip("/").split("/")
    methods: set[str] = set()
    for route in request.app.routes:
        pattern = route.path.strip("/").split("/")
        if len(pattern) == len(segments) and all(
            part.startswith("{") or part == segment for part, segment in zip(pattern, segments, strict=True)
        ):
            methods |= {str(method) for method in route.methods}
    return methods | {"HEAD"} if "GET" in methods else methods


def _on_http_error(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    code, detail, hint = _CODE_OF_STATUS.get(error.status_code, ("bad-request", str(error.detail), ""))
    return _respond(make_problem(error.status_code, code, detail, hint=hint))


def _on_defect(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Our own mistake: the log has the details, the answer has none."""
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _respond(problem_of_defect())


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    FlowdeckError: _on_flowdeck_error,
    ValidationException: _on_invalid_request,
    MethodNotAllowedException: _on_wrong_method,
    HTTPException: _on_http_error,
    Exception: _on_defect,
}
