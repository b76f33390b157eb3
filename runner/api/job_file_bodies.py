"""Job files as they are: a body that is the text of one, or a form with the file in it, instead of JSON with the text in it.

Either becomes the fields that the JSON would have had; what they mean is decided elsewhere. Of an uploaded file's name nothing
is used but its ending: a client's paths are not this machine's.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
from litestar import Request
from multipart import MultipartError, PushMultipartParser, parse_options_header

from runner.api.bodies import MalformedBody, UnsupportedMediaType, media_type_of
from runner.api.faults import InvalidRequest, fault_at
from runner.bounds import MAXIMUM_BODY_BYTES

TEXT_TYPES: Final = ("application/hocon", "text/plain")
FORM: Final = "multipart/form-data"
JOB_FILE_TYPES: Final = (*TEXT_TYPES, FORM)
_MAXIMUM_PARTS: Final = 200
_MAXIMUM_PART_HEADERS: Final = 8
_TEXT: Final = "text"
_FILE: Final = "file"
_BOOLEANS: Final = {"true": True, "false": False}
_UTF_8: Final = frozenset({"", "utf-8", "utf8", "us-ascii"})


class JobFileRequest(Request[Any, Any, Any]):
    """A request whose JSON may have come in another form."""

    _meant: dict[str, Any] | None = None

    async def json(self) -> Any:
        """The body as JSON, or what it means as such."""
        return self._meant if self._meant is not None else await super().json()

    def mean(self, fields: dict[str, Any]) -> None:
        """From now on the body means these fields."""
        self._meant = fields


def takes_job_file(kind: Any) -> bool:
    """Whether a body of that type has a job file's text in it."""
    return inspect.isclass(kind) and issubclass(kind, msgspec.Struct) and {_TEXT, "dialect"} <= set(kind.__struct_fields__)


def fields_beside(kind: Any) -> dict[str, bool]:
    """The fields that may stand beside the text, and whether each may be there more than once: as ``key=value`` then."""
    return {field.name: field.type == dict[str, str] for field in msgspec.structs.fields(kind) if field.name != _TEXT}


async def read_job_file(request: JobFileRequest, kind: Any, parameters: Collection[str]) -> None:
    """Give the body of one of the :data:`JOB_FILE_TYPES` its meaning. What the query has beside the route's own ``parameters``
    are fields. Raises what is wrong with it."""
    body = await request.body()
    if not body:
        return
    content_type = request.headers.get("content-type", "")
    if media_type_of(request) == FORM:
        fields, given = _read_form(content_type, body)
        sign = "/"
    else:
        _check_charset(content_type)
        given = [(name, value) for name, value in request.query_params.multi_items() if name not in parameters]
        fields = {_TEXT: _decoded(body)}
        sign = "?"
    found: dict[str, Any] = {}
    for name, value in given:
        _add(found, kind, name, value, sign + name)
    request.mean({**fields, **found})


def _read_form(content_type: str, body: bytes) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What the file says: its text and, by the ending of its name, its dialect; and the other parts."""
    fields: dict[str, Any] = {}
    others: list[tuple[str, str]] = []
    for name, file_name, content in _parts(content_type, body):
        if name != _FILE:
            others.append((name, _decoded(content)))
        elif file_name is None:
            raise _wrong("/file", "the part file must be a file, with a file name")
        elif _TEXT in fields:
            raise _wrong("/file", "there is more than one file")
        else:
            fields[_TEXT] = _decoded(content)
            if re.split(r"[/\\]", file_name)[-1].lower().endswith(".json"):
                fields["dialect"] = "json"
    return fields, others


def _add(fields: dict[str, Any], kind: Any, name: str, value: str, pointer: str) -> None:
    """Add what came as text as the value of a field."""
    if fields_beside(kind).get(name):
        key, separator, content = value.partition("=")
        values = fields.setdefault(name, {})
        if not separator or key in values:
            wrong = f"has {key!r} twice" if separator else "must be key=value"
            raise _wrong(pointer, f"{name} {wrong}")
        values[key] = content
    elif name in fields:
        raise _wrong(pointer, f"{name} is there twice")
    else:
        fields[name] = _typed(kind, name, value, pointer)


def _parts(content_type: str, body: bytes) -> Iterable[tuple[str, str | None, bytes]]:
    """Name, file name and content of each part."""
    _, options = parse_options_header(content_type)
    name, file_name, content = "", None, bytearray()
    try:
        parser = PushMultipartParser(
            options.get("boundary", ""),
            max_header_count=_MAXIMUM_PART_HEADERS,
            max_segment_count=_MAXIMUM_PARTS,
            max_segment_size=MAXIMUM_BODY_BYTES,
            strict=True,
        )
        with parser:
            for event in parser.parse(body):
                if event is None:
                    yield name, file_name, bytes(content)
                elif isinstance(event, bytes | bytearray):
                    content += event
                else:
                    name, file_name, content = event.name or "", event.filename, bytearray()
    except (MultipartError, UnicodeError) as error:
        raise MalformedBody(f"the request's body is not multipart/form-data: {error}") from error


def _decoded(content: bytes) -> str:
    try:
        return bytes(content).decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"the text is not UTF-8: {error}") from error


def _check_charset(content_type: str) -> None:
    charset = parse_options_header(content_type)[1].get("charset", "").lower()
    if charset not in _UTF_8:
        raise UnsupportedMediaType(f"the text's character set must be UTF-8, but it is declared as {charset!r}")


def _typed(kind: Any, name: str, value: str, pointer: str) -> Any:
    """The text as a value of the field; an unknown field stays as it is, to be refused with the others."""
    field = next((entry for entry in msgspec.structs.fields(kind) if entry.name == name), None)
    if field is None or field.type is not bool:
        return value
    if value not in _BOOLEANS:
        raise _wrong(pointer, f"{name} must be true or false")
    return _BOOLEANS[value]


def _wrong(pointer: str, message: str) -> InvalidRequest:
    return InvalidRequest(fault_at(pointer, message))
