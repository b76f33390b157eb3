"""One route as an OpenAPI operation: what it takes, what it answers, how it can fail."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from runner.api.documentation import job_file, problems, words
from runner.api.documentation.operation_names import OPERATION_NAMES
from runner.api.documentation.parameters import Parameter, parameters_of
from runner.api.documentation.schemas import Schemas, plain
from runner.api.job_file_bodies import takes_job_file
from runner.model import KeyScope
from runner.transport import API_PREFIX

WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. ``path`` has the prefix, its parameters are typed as Litestar writes them."""

    handler: HTTPRouteHandler
    method: str
    path: str

    @property
    def target(self) -> str:
        """The path as OpenAPI writes it."""
        return re.sub(r"\{(\w+)(?::\w+)?\}", r"{\1}", self.path)

    @property
    def identifier(self) -> str:
        """The operation's id."""
        return OPERATION_NAMES[self.method, self.target.removeprefix(API_PREFIX) or "/"]

    @property
    def parameters(self) -> list[Parameter]:
        """What the request has beside its body."""
        return list(parameters_of(self.handler, self.path))

    @property
    def body(self) -> Any:
        """The type of the body, without the None that says that it may be left out; None without a body."""
        return body_type(self.handler)

    @property
    def answers(self) -> dict[int, tuple[str, tuple[Any, ...], str]]:
        """By status: a description, the types of the answer (none: without a body), and its media type."""
        media_type = str(getattr(self.handler.media_type, "value", self.handler.media_type) or JSON)
        kinds = tuple(_members(self.handler.parsed_fn_signature.return_type.annotation))
        found = {self.handler.status_code: (self._success, kinds, media_type)}
        for status, declared in (self.handler.responses or {}).items():
            if status < 400:
                kinds = tuple(_members(declared.data_container))
                found[status] = (declared.description, kinds, str(getattr(declared.media_type, "value", declared.media_type)))
        return found

    @property
    def kinds(self) -> Iterator[Any]:
        """Every type that the description refers to."""
        yield from (parameter.field.annotation for parameter in self.parameters)
        if self.body is not None:
            yield self.body
        for _description, kinds, _media_type in self.answers.values():
            yield from kinds

    def described(self, schemas: Schemas) -> dict[str, Any]:
        """The operation object."""
        found: dict[str, Any] = {
            "operationId": self.identifier,
            "tags": list(self.handler.tags or ()),
            "summary": self.handler.summary or "",
            "description": self._description,
            "security": self._security,
            "x-flowdeck-scope": self._scope,
        }
        if parameters := [*self._parameters(schemas), *self._common_parameters]:
            found["parameters"] = parameters
        if self.body is not None:
            found["requestBody"] = self._request_body(schemas)
        found["responses"] = self._responses(schemas)
        return found

    @property
    def writes(self) -> bool:
        """Whether the route may change something."""
        return self.method in WRITING

    @property
    def _success(self) -> str:
        return "Done; there is no body." if self.handler.status_code == 204 else str(self.handler.summary)

    @property
    def _description(self) -> str:
        return plain(str(self.handler.description or self.handler.fn.__doc__ or ""))

    @property
    def _scope(self) -> str:
        if self.handler.opt.get("open"):
            return "none"
        return str(self.handler.opt.get("scope", KeyScope.OPERATE if self.writes else KeyScope.READ))

    @property
    def _security(self) -> list[dict[str, list[str]]]:
        if self.handler.opt.get("open"):
            return [{}]
        return [{}, {"bearer": []}, {"basic": []}, {"key": []}]

    def _parameters(self, schemas: Schemas) -> Iterator[dict[str, Any]]:
        for parameter in self.parameters:
            yield parameter.described(schemas.of(parameter.field.annotation))

    @property
    def _common_parameters(self) -> Iterator[dict[str, Any]]:
        """Headers that all routes of a kind take; they are read before the handler sees the request."""
        if takes_job_file(self.body):
            yield from job_file.parameters(self.body)
        if not self.writes:
            if any(media_type == JSON for _, _, media_type in self.answers.values()):
                yield _header(*words.CONDITIONAL_READ)
            return
        if self.is_about_a_job:
            yield _header(*words.CONDITIONAL_WRITE, words.VERSIONS_PATTERN)
        if self.handler.opt.get("replayable", True):
            yield _header(*words.IDEMPOTENCY, words.KEY_PATTERN)

    @property
    def is_about_a_job(self) -> bool:
        """Whether the path names a job, which has a version."""
        return "/jobs/{job}" in self.target

    def _request_body(self, schemas: Schemas) -> dict[str, Any]:
        field = self.handler.parsed_data_field
        schema = schemas.of(self.body)
        media: dict[str, Any] = {"schema": schema}
        if example := words.EXAMPLES.get(schema.get("$ref", "").rpartition("/")[2]):
            media["example"] = example
        return {
            "required": not (field is not None and field.is_optional),
            "content": {JSON: media, **(job_file.contents(self.body) if takes_job_file(self.body) else {})},
        }

    def _responses(self, schemas: Schemas) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for status, (description, kinds, media_type) in sorted(self.answers.items()):
            found[str(status)] = {"description": description, **self._headers(status, media_type)}
            if content := _content(schemas, kinds, media_type):
                found[str(status)]["content"] = content
        if not self.writes and any(media_type == JSON for _, _, media_type in self.answers.values()):
            found["304"] = {"description": "Nothing has changed since the answer with that entity tag.", **_ETAG}
        for status in sorted(self._problem_statuses):
            found.setdefault(str(status), problems.reference_to(status))
        return found

    @property
    def _problem_statuses(self) -> set[int]:
        refers = any(parameter.name in {"job", "execution", "queue"} for parameter in self.parameters)
        common = problems.statuses_of(writes=self.writes, addresses="{" in self.path, refers=refers)
        return {*common, *self.handler.opt.get("problems", ())}

    def _headers(self, status: int, media_type: str) -> dict[str, Any]:
        return _ETAG if not self.writes and status == 200 and media_type == JSON else {}


_ETAG: Final = {
    "headers": {
        "ETag": {
            "description": "The version of the job, if the answer is about one, a dot, and a digest of the answer.",
            "schema": {"type": "string"},
        }
    }
}


def body_type(handler: HTTPRouteHandler) -> Any:
    """The type of the body that a handler takes, without the None that says that it may be left out; None: it takes none."""
    field = handler.parsed_data_field
    return None if field is None else next(_members(field.annotation), None)


def _content(schemas: Schemas, kinds: tuple[Any, ...], media_type: str) -> dict[str, Any]:
    if media_type == EVENT_STREAM:
        return {media_type: {"schema": {"type": "string"}, "example": words.EVENT_STREAM}}
    if media_type != JSON:
        return {media_type: {"schema": {"type": "string"}}}
    found = [schemas.of(kind) for kind in kinds]
    if not found:
        return {}
    return {media_type: {"schema": found[0] if len(found) == 1 else {"anyOf": found}}}


def _header(name: str, description: str, pattern: str | None = None) -> dict[str, Any]:
    schema = {"type": "string"} | ({} if pattern is None else {"pattern": pattern})
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _members(annotation: Any) -> Iterator[Any]:
    """The types of a union, without None and without what only wraps an answer."""
    origin = typing.get_origin(annotation)
    kind = origin or annotation
    if origin in (types.UnionType, typing.Union) or (isinstance(kind, type) and issubclass(kind, Response)):
        for member in typing.get_args(annotation):
            yield from _members(member)
    elif annotation not in (None, type(None), bytes):
        yield annotation
