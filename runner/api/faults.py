"""What is wrong with a request: its parameters and its body, fault by fault, with suggestions."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException

from runner.api.expectations import choices_of, in_words, members_of, suggestion, told, words_for
from spec.errors import FlowdeckError

_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<name>[^`]*)`")
_MISSING_FIELD = re.compile(r"missing required field `(?P<name>[^`]*)`")
_NO_CHOICE = re.compile(r"^Invalid enum value '(?P<value>.*)'$", re.DOTALL)
_LOCATION = re.compile(r" - at `\$\.data\.?(?P<path>[^`]*)`$")


class InvalidRequest(FlowdeckError):
    """The request is not one that its route takes. ``diagnostics``: each fault, as :func:`faults_of` gives them."""

    code = "invalid-request"
    exit_code = 2

    def __init__(self, *faults: dict[str, str]) -> None:
        hint = next((fault["hint"] for fault in faults if fault["hint"]), "")
        super().__init__("; ".join(fault["message"] for fault in faults), hint=hint)
        self.diagnostics = faults


def fault_at(pointer: str, message: str, hint: str = "") -> dict[str, str]:
    """One fault: a JSON pointer into the body, or ``?name`` for a parameter."""
    return {"pointer": pointer, "message": message, "hint": hint}


def faults_of(request: Request[Any, Any, Any], error: ValidationException) -> tuple[dict[str, str], ...]:
    """Each fault as ``{pointer, message, hint}``; the pointer is a JSON pointer into the body, or ``?name`` for a parameter."""
    extra = error.extra if isinstance(error.extra, list) else []
    faults = [_fault(request, entry, str(error.__cause__ or "")) for entry in extra if isinstance(entry, dict)]
    return tuple(faults) or ({"pointer": "", "message": str(error.detail), "hint": ""},)


def _fault(request: Request[Any, Any, Any], entry: dict[str, Any], cause: str) -> dict[str, str]:
    if entry.get("source") != "body":
        return _parameter_fault(request, str(entry.get("key", "")), str(entry.get("message")))
    if missing := _MISSING_FIELD.search(cause):
        if missing["name"] == "data":
            return fault_at("", "the request needs a JSON body", _fields_hint(request))
        return fault_at("", f"the body lacks the field {missing['name']}")
    location = _LOCATION.search(cause)
    pointer = _pointer(location["path"]) if location else ""
    if unknown := _UNKNOWN_FIELD.search(cause):
        return fault_at(f"{pointer}/{unknown['name']}", **_unknown_field(request, unknown["name"]))
    message = str(entry.get("message"))
    hint = ""
    if value := _NO_CHOICE.search(message):
        hint = suggestion(value["value"], choices_of(tuple(_types_of_field(request, pointer))))
    return fault_at(pointer, f"the body{pointer and ' at ' + pointer}: {in_words(message)}", hint)


def _parameter_fault(request: Request[Any, Any, Any], key: str, said: str) -> dict[str, str]:
    name = _parameter_name(request, key)
    field = request.scope["route_handler"].parsed_fn_signature.parameters.get(key)
    if field is None or not (wanted := words_for(name, field)):
        return fault_at(f"?{name}", f"the parameter {name}: {in_words(said)}")
    values = [value for value in request.query_params.getall(name, []) if isinstance(value, str)]
    choices = choices_of(tuple(members_of(field.annotation)))
    if choices:
        wrong = next((value for value in values if value not in choices), "")
        return fault_at(f"?{name}", f"the parameter {name} cannot be {told(wrong)}", suggestion(wrong, choices))
    given = f" cannot be {told(values[0])}: it" if values else ""
    return fault_at(f"?{name}", f"the parameter {name}{given} has to be {wanted}")


def _types_of_field(request: Request[Any, Any, Any], pointer: str) -> Iterator[Any]:
    name = pointer.split("/")[1] if pointer else ""
    for struct in _body_structs(request):
        hints = typing.get_type_hints(struct) if name in struct.__struct_fields__ else {}
        yield from members_of(hints.get(name))


def _unknown_field(request: Request[Any, Any, Any], name: str) -> dict[str, str]:
    close = difflib.get_close_matches(name, _body_fields(request), n=1)
    hint = f"did you mean {close[0]}?" if close else _fields_hint(request)
    return {"message": f"the body has the unknown field {name}", "hint": hint}


def _fields_hint(request: Request[Any, Any, Any]) -> str:
    return "its fields are " + ", ".join(_body_fields(request))


def _body_fields(request: Request[Any, Any, Any]) -> list[str]:
    return [entry.encode_name for struct in _body_structs(request) for entry in msgspec.structs.fields(struct)]


def _body_structs(request: Request[Any, Any, Any]) -> list[Any]:
    field = request.scope["route_handler"].parsed_data_field
    annotation = field.annotation if field is not None else None
    return [kind for kind in (annotation, *typing.get_args(annotation)) if msgspec.inspect.is_struct_type(kind)]


def _parameter_name(request: Request[Any, Any, Any], key: str) -> str:
    """The name in the query string: some differ from the argument's because Litestar reserves the word."""
    field = request.scope["route_handler"].parsed_fn_signature.parameters.get(key)
    return str(getattr(field.kwarg_definition, "name", None) or key) if field is not None else key


def _pointer(path: str) -> str:
    steps = [step for step in re.split(r"[.\[\]]+", path) if step]
    return "".join(f"/{step}" for step in steps)
