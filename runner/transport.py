"""What goes to the daemon and comes from it: targets, bodies, refusals. Knows nothing of jobs, nor how it gets there: that is
in :mod:`runner.connection`.

Standard library and msgspec only: every command of the command line pays for this import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from runner.bounds import MAXIMUM_BODY_BYTES
from runner.replies import Problem
from runner.struct_types import learnt
from spec.errors import FlowdeckError, UsageError

API_PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class ErrorSpan:
    """A place in a job file and what is wrong there. Lines and columns count from 1; the end is just behind it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    message: str

    @classmethod
    def of(cls, error: Mapping[str, Any]) -> ErrorSpan:
        """The place of a diagnostic as the daemon sends it."""
        start, end = error["start"], error.get("end") or error["start"]
        places = (start["line"], start["column"], end["line"], end["column"])
        return cls(error.get("file") or "", *places, error.get("code") or "", error.get("message") or "")


class ApiError(FlowdeckError):
    """The daemon refused or failed. ``status`` is the HTTP status, ``problem`` its problem document as plain data."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail, hint=problem.hint, code=problem.code)
        self.status = problem.status
        self.problem: dict[str, Any] = msgspec.to_builtins(problem)
        self.exit_code = 1 if problem.status == 409 or problem.status >= 500 else 2

    @property
    def errors(self) -> tuple[dict[str, Any], ...]:
        """The diagnostics of a job file, or the faults of the request, one by one."""
        return tuple(self.problem["errors"])

    @property
    def spans(self) -> tuple[ErrorSpan, ...]:
        """Where the diagnostics are, of those that are about a place in a job file."""
        return tuple(ErrorSpan.of(error) for error in self.errors if error.get("start"))


def encode_body(request: msgspec.Struct) -> bytes:
    """The body; refused here when the daemon would, because it would close the connection while we still send."""
    body = msgspec.json.encode(request)
    if len(body) > MAXIMUM_BODY_BYTES:
        detail = f"the request has {len(body)} bytes, {MAXIMUM_BODY_BYTES} are allowed"
        raise ApiError(Problem(type="about:blank", title="Too large", status=413, detail=detail, code="body-too-large"))
    return body


Value = str | int | float | bool | None
"""What a query parameter may be; None leaves it out."""

Query = Mapping[str, Value | tuple[Value, ...]]
"""Query parameters; a tuple repeats one."""


def target_of(*parts: str | int, query: Query | None = None) -> str:
    """The request target of an API path; every part is one escaped path segment. Raises UsageError for one that is empty: the
    target would be another one."""
    if "" in parts or None in parts:
        raise UsageError("the name is empty", hint="name a job by its id or its name; jobs() lists them")
    path = "/".join(quote(str(part), safe="") for part in parts)
    known = [(name, text) for name, value in (query or {}).items() for text in _texts_of(value)]
    return f"{API_PREFIX}/{path}" + (f"?{urlencode(known)}" if known else "")


def _texts_of(value: Value | tuple[Value, ...]) -> list[str]:
    """Each value as it stands in the target."""
    values = value if isinstance(value, tuple) else (value,)
    return [str(single).lower() if isinstance(single, bool) else str(single) for single in values if single is not None]


def problem_of(status: int, body: bytes) -> Problem:
    """The problem document of an answer that is none of 2xx; one is made up when the body is not one."""
    try:
        return msgspec.json.decode(body, type=learnt(Problem))
    except msgspec.DecodeError:
        detail = f"the daemon answered with status {status} and no explanation"
        return Problem(type="about:blank", title="Unexpected answer", status=status, detail=detail, code="unexpected-answer")
