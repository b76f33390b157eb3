"""The types written in ``schema.fields``, ``schema.columns`` and Assert's rules: each must be one that exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from spec.checks.canonical import Canonical, Path, Schema, path_text
from spec.checks.findings import Findings
from spec.checks.suggestion import Suggestion, suggest
from spec.diagnostic import Label
from spec.types import MAXIMUM_DEPTH, FieldTypeError, parse_field_type, type_names

# What SQL dialects, Python and others call a type.
_ELSEWHERE = {
    **dict.fromkeys(("integer", "int32", "int4"), "int"),
    **dict.fromkeys(("int64", "int8", "bigserial"), "bigint"),
    **dict.fromkeys(("int16", "int2"), "smallint"),
    **dict.fromkeys(("varchar", "char", "text", "str", "nvarchar", "character varying", "uuid", "json"), "string"),
    **dict.fromkeys(("bool", "bit"), "boolean"),
    **dict.fromkeys(("real", "float4", "float32"), "float"),
    **dict.fromkeys(("float8", "float64", "double precision", "number"), "double"),
    **dict.fromkeys(("datetime", "timestamptz", "timestamp_ntz"), "timestamp"),
    **dict.fromkeys(("binary", "varbinary", "blob", "bytea"), "bytes"),
}
_DECIMAL = re.compile(r"(?:numeric|number|dec)(?=\s*\()|(?:numeric|dec)$")
_WORD = re.compile(r"[a-z_]\w*")


def check_field_types(canonical: Canonical, schema: Schema, findings: Findings) -> None:
    """Report every declared type that cannot be parsed, at the innermost place that is wrong."""
    for path, declared in _declared(canonical.data, schema, ()):
        if findings.full:
            return
        _check(path, declared, canonical, findings)


def check_column_names(canonical: Canonical, findings: Findings) -> None:
    """Report columns whose names differ only in case at most, which the SQL of the local engine takes for one, and names that
    it cannot have."""
    schema = canonical.data.get("schema")
    if not isinstance(schema, Mapping):
        return
    first: dict[str, Path] = {}
    for path, name in _named_columns(schema):
        if "\0" in name:
            origin = canonical.origin(path)
            at = origin.key_span if path[1] == "fields" and origin.key_span else origin.value
            findings.add("T517", "the name of a column has a NUL character", at, pointer=origin.pointer)
        before = first.setdefault(name.casefold(), path)
        if before is path or findings.full:
            continue
        origin, other = canonical.origin(path), canonical.origin(before)
        findings.add(
            "T502",
            f'two columns have the name "{name}", in whatever case',
            origin.span,
            label="named again",
            secondary=(Label(other.span, "first named here"),),
            pointer=origin.pointer,
        )


def _named_columns(schema: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    fields, columns = schema.get("fields"), schema.get("columns")
    if isinstance(fields, Mapping):
        yield from ((("schema", "fields", name), name) for name in fields)
        return  # columns beside fields are an error of their own
    for index, column in enumerate(columns if isinstance(columns, list) else ()):
        if isinstance(column, Mapping) and isinstance(column.get("name"), str):
            yield ("schema", "columns", index, "name"), column["name"]


def _declared(value: Any, schema: Schema, path: Path) -> Iterator[tuple[Path, Any]]:
    """The types below ``value`` that the schema says are types."""
    if schema.get("x-flowdeck-field-types"):
        yield from _types_of(value, path)
    elif isinstance(value, Mapping):
        for name, option in schema.get("properties", {}).items():
            if name in value:
                yield from _declared(value[name], option, (*path, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, item in enumerate(value):
            yield from _declared(item, schema["items"], (*path, index))


def _types_of(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, list):  # columns
        for index, column in enumerate(value):
            if isinstance(column, Mapping) and isinstance(column.get("type"), str | dict):
                yield (*path, index, "type"), column["type"]
    elif isinstance(value, Mapping):  # fields
        for name, declared in value.items():
            yield (*path, name), declared
    elif isinstance(value, str):  # one type
        yield path, value


def _suggestion(declared: str) -> Suggestion:
    """The type that may be meant: by what other systems call it, else by its spelling. None when the type's name is right, and
    only what stands in its brackets is wrong."""
    word = declared.strip().lower()
    if decimal := _DECIMAL.match(word):
        meant = f"decimal{word[decimal.end() :]}" if "(" in word else "decimal(10, 2)"
        return Suggestion((meant,), meant if "(" in word else None) if _is_type(meant) else Suggestion()
    if meant := _ELSEWHERE.get(word.partition("(")[0].strip(), ""):
        return Suggestion((meant,), meant)
    meant = _WORD.sub(lambda found: _ELSEWHERE.get(found[0], found[0]), word)
    if meant != word and _is_type(meant):
        return Suggestion((meant,), meant)
    return Suggestion() if _begins_with_a_type(word) else suggest(word, type_names())


def _is_type(text: str) -> bool:
    try:
        parse_field_type(text)
    except FieldTypeError:
        return False
    return True


def _begins_with_a_type(word: str) -> bool:
    name = _WORD.match(word)
    return name is not None and name[0] in type_names()


def _check(path: Path, declared: Any, canonical: Canonical, findings: Findings) -> bool:
    """Whether the type is one; what is wrong inside a row is reported there."""
    try:
        parse_field_type(declared)
    except FieldTypeError as error:
        if isinstance(declared, Mapping) and len(path) <= MAXIMUM_DEPTH:
            fields = [_check((*path, name), nested, canonical, findings) for name, nested in declared.items()]
            if not all(fields):
                return False
        origin = canonical.origin(path)
        suggestion = _suggestion(declared) if isinstance(declared, str) else Suggestion()
        findings.add(
            "T501",
            f'"{path_text(path[-1:])}" has no valid type: {error.message}',
            origin.value,
            label="not a type",
            notes=suggestion.note() or ((f"help: {error.hint}",) if error.hint else ()),
            fix=suggestion.fix(origin.value.span, declared) if isinstance(declared, str) else None,
            pointer=origin.pointer,
        )
        return False
    return True
