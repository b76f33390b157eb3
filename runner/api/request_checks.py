"""What is looked at of every request, once it is known for which route it is and that it may use it: its query, its body, its
conditions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final, cast

from litestar import Request, Response

from runner.api.bodies import check_body, check_coding, media_type_of
from runner.api.documentation.operation import WRITING, body_type
from runner.api.documentation.parameters import QueryName, QueryNames
from runner.api.faults import InvalidRequest, fault_at
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
from runner.api.problems import allowed_methods

_MAXIMUM_FAULTS: Final = 20


class RequestChecks:
    """The checks of one application."""

    def __init__(self, gateway: Gateway, idempotency: Idempotency) -> None:
        self._idempotency = idempotency
        self._preconditions = Preconditions(gateway.service)
        self._names = QueryNames()

    async def check(self, request: Request[Any, Any, Any]) -> Response[bytes] | None:
        """Before each request: raise what is wrong with it; the answer, when it was carried out before."""
        if request.method == "OPTIONS":
            allowed = ", ".join(sorted(allowed_methods(request)))
            return Response(b"", status_code=204, headers={"Allow": allowed})
        if request.method in WRITING:
            check_coding(request)
        known = self._names.of(request.route_handler)
        kind = body_type(request.route_handler)
        declared = media_type_of(request)
        if not takes_job_file(kind) or declared not in JOB_FILE_TYPES:
            check_query(request, known)
            await check_body(request, JOB_FILE_TYPES if takes_job_file(kind) else ())
        else:
            check_query(request, known | _beside(kind) if declared in TEXT_TYPES else known)
            await read_job_file(cast("JobFileRequest", request), kind, known)
        if request.method in WRITING:
            # A repeated request has its answer although what it depended on has changed: by itself, perhaps.
            if (answer := await self._idempotency.begin(request)) is not None:
                return answer
            await self._preconditions.check(request)
        return None


def _beside(kind: Any) -> dict[str, QueryName]:
    return {name: QueryName(repeated=repeated, text=True) for name, repeated in fields_beside(kind).items()}


def check_query(request: Request[Any, Any, Any], known: Mapping[str, QueryName]) -> None:
    """Raise :class:`.InvalidRequest` for parameters that are not ``known``, and for those that are there more often than they
    may be. A query has no null: as a number, a switch or a name of something the word is a mistake."""
    faults: list[dict[str, str]] = []
    seen: set[str] = set()
    # By name, because Litestar gives them in no order.
    for name, value in sorted(request.query_params.multi_items(), key=lambda item: item[0]):
        if name not in known and name not in seen:
            faults.append(_unknown(name, known))
        elif name in seen and name in known and not known[name].repeated:
            faults.append(_fault(name, f"the parameter {name} may be there once"))
        elif value.lower() == "null" and name in known and not known[name].text:
            faults.append(_fault(name, f"the parameter {name} cannot be null", "leave it out"))
        seen.add(name)
    if faults:
        raise InvalidRequest(*faults[:_MAXIMUM_FAULTS])


def _unknown(name: str, known: Mapping[str, QueryName]) -> dict[str, str]:
    close = difflib.get_close_matches(name[:64], known, n=1)
    hint = f"the parameters are {', '.join(sorted(known))}" if known else "this route takes none"
    if close:
        hint = f"did you mean {close[0]}?"
    return _fault(name, f"there is no parameter {name!r}", hint)


def _fault(name: str, message: str, hint: str = "") -> dict[str, str]:
    return fault_at(f"?{name}", message, hint)
