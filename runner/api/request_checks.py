"""What is looked at of every request, once it is known for which route it is and that it may use it: its query, its body, its
conditions."""

from __future__ import annotations

import difflib
from typing import Any, Final, cast

from litestar import Request, Response

from runner.api.bodies import check_body, media_type_of
from runner.api.documentation.operation import WRITING, body_type
from runner.api.documentation.parameters import QueryNames
from runner.api.gateway import Gateway
from runner.api.idempotency import Idempotency
from runner.api.job_file_bodies import (
    JOB_FILE_TYPES,
    TEXT_TYPES,
    JobFileRequest,
    fields_beside,
    read_job_file,
    takes_job_file,
)
from runner.api.preconditions import Preconditions
from spec.errors import FlowdeckError

_MAXIMUM_FAULTS: Final = 20


class InvalidQuery(FlowdeckError):
    """The query has what the route does not know, or what it knows too often. ``diagnostics``: each fault."""

    code = "invalid-request"
    exit_code = 2

    def __init__(self, faults: list[dict[str, str]]) -> None:
        hint = next((fault["hint"] for fault in faults if fault["hint"]), "")
        super().__init__("; ".join(fault["message"] for fault in faults), hint=hint)
        self.diagnostics = tuple(faults)


class RequestChecks:
    """The checks of one application."""

    def __init__(self, gateway: Gateway, idempotency: Idempotency) -> None:
        self._idempotency = idempotency
        self._preconditions = Preconditions(gateway.service)
        self._names = QueryNames()

    async def check(self, request: Request[Any, Any, Any]) -> Response[bytes] | None:
        """Before each request: raise what is wrong with it; the answer, when it was carried out before."""
        known = self._names.of(request.route_handler)
        kind = body_type(request.route_handler)
        declared = media_type_of(request)
        if not takes_job_file(kind) or declared not in JOB_FILE_TYPES:
            check_query(request, known)
            await check_body(request, JOB_FILE_TYPES if takes_job_file(kind) else ())
        else:
            check_query(request, known | fields_beside(kind) if declared in TEXT_TYPES else known)
            await read_job_file(cast("JobFileRequest", request), kind)
        if request.method in WRITING:
            # A repeated request has its answer although what it depended on has changed: by itself, perhaps.
            if (answer := await self._idempotency.begin(request)) is not None:
                return answer
            await self._preconditions.check(request)
        return None


def check_query(request: Request[Any, Any, Any], known: dict[str, bool]) -> None:
    """Raise :class:`InvalidQuery` for parameters that are not ``known``, and for those that may be there once (False) and are
    there twice."""
    faults: list[dict[str, str]] = []
    seen: set[str] = set()
    for name, _value in request.query_params.multi_items():
        if name not in known and name not in seen:
            faults.append(_unknown(name, known))
        elif name in seen and not known.get(name, True):
            message = f"the parameter {name} may be there once"
            faults.append({"pointer": f"?{name}", "message": message, "hint": ""})
        seen.add(name)
    if faults:
        raise InvalidQuery(faults[:_MAXIMUM_FAULTS])


def _unknown(name: str, known: dict[str, bool]) -> dict[str, str]:
    close = difflib.get_close_matches(name[:64], known, n=1)
    hint = f"the parameters are {', '.join(sorted(known))}" if known else "this route takes none"
    if close:
        hint = f"did you mean {close[0]}?"
    return {"pointer": f"?{name}", "message": f"there is no parameter {name!r}", "hint": hint}
