"""Bodies that are a job file instead of JSON, as OpenAPI describes them: the text itself, or a form with the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from runner.api.documentation import words
from runner.api.job_file_bodies import FORM, TEXT_TYPES, fields_beside

_REPEATED: Final = {"type": "array", "items": {"type": "string", "pattern": "^[^=]*="}}
_FILE: Final = {"type": "string", "contentMediaType": "application/octet-stream", "description": "The job file, UTF-8."}


def contents(kind: Any) -> dict[str, Any]:
    """The media types beside JSON."""
    text = {"schema": {"type": "string", "description": "The job file, UTF-8."}, "example": words.JOB_TEXT}
    parts = {name: schema for name, schema in _schemas(kind) if name != "file"}
    form = {"type": "object", "properties": {"file": _FILE, **parts}, "required": ["file"], "additionalProperties": False}
    return {**dict.fromkeys(TEXT_TYPES, text), FORM: {"schema": form, "encoding": {"file": {"contentType": "text/plain"}}}}


def parameters(kind: Any) -> Iterator[dict[str, Any]]:
    """The fields beside the text, as parameters of the query."""
    for name, schema in _schemas(kind):
        yield {
            "name": name,
            "in": "query",
            "required": False,
            "description": f"The field `{name}` of the body, when the body is the job file's text itself.",
            "schema": schema,
        }


def _schemas(kind: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    switches = {name for name in kind.__struct_fields__ if kind.__annotations__[name] in (bool, "bool")}
    for name, repeated in fields_beside(kind).items():
        yield name, {"type": "boolean"} if name in switches else dict(_REPEATED) if repeated else {"type": "string"}
