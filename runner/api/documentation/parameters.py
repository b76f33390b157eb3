"""The parameters of a route, read off its handler: in the path, the query, the headers."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, ParameterKwarg
from litestar.types import Empty
from litestar.typing import FieldDefinition

from runner.api.documentation import words
from runner.api.documentation.schemas import plain

GIVEN: Final = frozenset({"gateway", "document", "request", "data", "body", "scope", "state", "headers", "query", "cookies"})
"""Arguments of handlers that are no parameters of the request."""
_BOUNDS: Final = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "pattern": "pattern",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name in the request, where it is (``path``, ``query`` or ``header``), and how it is declared."""

    name: str
    place: str
    field: FieldDefinition

    def described(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The parameter object of OpenAPI; ``schema`` is that of its type."""
        declared = self.field.kwarg_definition
        own, example = words.PARAMETERS.get(self.name, ("", None))
        description = getattr(declared, "description", None) or own
        found: dict[str, Any] = {"name": self.name, "in": self.place, "required": self.is_required}
        found["description"] = plain(description)
        found["schema"] = self._bounded(schema)
        if example is not None and _fits(example, self.field.annotation):
            found["example"] = example
        return found

    @property
    def is_required(self) -> bool:
        """Whether a request has to have it."""
        return self.place == "path" or (self.field.default is Empty and not self.field.is_optional)

    def _bounded(self, schema: dict[str, Any]) -> dict[str, Any]:
        # A query has no null: that an argument may be None says only that the parameter may be left out.
        choices = [entry for entry in schema.get("anyOf", ()) if entry.get("type") != "null"]
        bounded = {key: value for key, value in schema.items() if key != "anyOf"}
        if len(choices) == 1:
            bounded |= choices[0]
        elif choices:
            bounded["anyOf"] = choices
        bounds = {name: getattr(self.field.kwarg_definition, key, None) for key, name in _BOUNDS.items()}
        bounded |= {name: value for name, value in bounds.items() if value is not None}
        if self.place == "path" and bounded.get("type") == "string":
            bounded.setdefault("minLength", 1)
        if self.field.default not in (Empty, None):
            bounded["default"] = msgspec.to_builtins(self.field.default)
        return bounded


def parameters_of(handler: HTTPRouteHandler, path: str) -> Iterator[Parameter]:
    """All parameters of a handler at ``path``, in the order of its arguments."""
    for argument, field in handler.parsed_fn_signature.parameters.items():
        if argument in GIVEN:
            continue
        declared = field.kwarg_definition
        name = (declared.name if isinstance(declared, ParameterKwarg) else None) or argument
        if f"{{{argument}:" in path or f"{{{name}:" in path:
            yield Parameter(name, "path", field)
        elif isinstance(declared, HeaderParameter):
            yield Parameter(name, "header", field)
        else:
            yield Parameter(name, "query", field)


@dataclass(frozen=True, slots=True)
class QueryName:
    """What a parameter of the query may be: there more than once, and any text."""

    repeated: bool
    text: bool


class QueryNames:
    """Which parameters the query of a request may have, by the handler of its route."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, QueryName]] = {}

    def of(self, handler: HTTPRouteHandler) -> dict[str, QueryName]:
        """By name."""
        name = str(handler)
        if name not in self._known:
            found = [entry for entry in parameters_of(handler, next(iter(handler.paths))) if entry.place == "query"]
            self._known[name] = {entry.name: _query_name(entry.field) for entry in found}
        return self._known[name]


def _query_name(field: FieldDefinition) -> QueryName:
    members = {field.annotation, *typing.get_args(field.annotation)}
    return QueryName(repeated=field.is_non_string_sequence, text=str in members or field.is_non_string_sequence)


def _fits(example: object, annotation: Any) -> bool:
    try:
        msgspec.convert(example, annotation, strict=True)
    except (msgspec.ValidationError, TypeError):
        return False
    return True
