"""The schema of a value as it may be written, from that of its canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from spec.bundle.patterns import BOOLEAN, NUMBER, VARIABLE, WHOLE_NUMBER, any_case

Schema: TypeAlias = Mapping[str, Any]

ANNOTATIONS: Final = ("title", "description", "default", "examples", "deprecated", "writeOnly")
_TEXT_FORMS: Final = {"boolean": BOOLEAN, "integer": WHOLE_NUMBER, "number": NUMBER}
_APPLIED: Final = frozenset(("properties", "patternProperties", "additionalProperties", "items", "required"))


def is_annotation(keyword: str) -> bool:
    """Whether a keyword says something about a value and nothing of which values there may be."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def types_of(schema: Schema) -> tuple[str, ...]:
    """The types that a schema names; empty for any."""
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def written_value(schema: Schema, items: Schema | None) -> dict[str, Any]:
    """What may be written for a value that is no object. ``items`` is the written form of the elements of a list."""
    types = types_of(schema)
    annotations = {keyword: value for keyword, value in schema.items() if is_annotation(keyword)}
    if not types:
        return dict(schema)
    exact = {keyword: value for keyword, value in schema.items() if not is_annotation(keyword) and keyword not in _APPLIED}
    if items is not None:
        exact["items"] = items
    if "string" in types and not exact.keys() - {"type"}:  # any text, and what can be taken for one
        return {**annotations, "type": sorted({*types, "string", "number", "boolean", "null"})}
    return {**annotations, "anyOf": [_exact(exact, types), _as_text(schema, types)]}


def _exact(exact: dict[str, Any], types: tuple[str, ...]) -> dict[str, Any]:
    if types == ("string",) and "enum" not in exact:
        return {**exact, "type": ["string", "number", "boolean"]}  # the other keywords are about texts only
    return exact


def _as_text(schema: Schema, types: tuple[str, ...]) -> dict[str, Any]:
    """The other ways to write it: as a text, as null (which counts as nothing), or as the single element of a list."""
    if "array" in types:
        return {"type": ["string", "number", "boolean", "null"]}
    patterns = [_TEXT_FORMS[kind] for kind in types if kind in _TEXT_FORMS]
    if "string" in types and (texts := [text for text in schema.get("enum", ()) if isinstance(text, str)]):
        patterns.append(any_case(texts))
    return {"type": ["string", "null"], "pattern": "|".join([VARIABLE, *dict.fromkeys(patterns)])}


def written_condition(schema: Schema) -> dict[str, Any]:
    """What is written where the canonical value fulfils ``schema``, a condition of a rule."""
    if "const" in schema:
        return _one_of_these([schema["const"]])
    if "enum" in schema:
        return _one_of_these(schema["enum"])
    return dict(schema)


def _one_of_these(values: list[Any]) -> dict[str, Any]:
    texts = [value if isinstance(value, str) else str(value).lower() for value in values]
    pattern: dict[str, Any] = {"type": "string", "pattern": any_case(texts)}
    others = [value for value in values if not isinstance(value, str)]
    return {"anyOf": [{"enum": others}, pattern]} if others else pattern
