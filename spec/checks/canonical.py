"""The canonical form of a block of options: the step between what a job file says and what a schema can check.

Everything the format allows to be written in more than one way is settled here, so that the schema sees one form: aliases
become the option's own key; ``row { num = 5 }`` and ``row.num = 5`` become ``"row.num"``; numbers and booleans in quotes become
numbers and booleans; enum values get their canonical case; ``"a, b"`` becomes a list where a list is wanted, and JSON in
quotes an object; null counts as absent. What cannot be converted stays as it is, for the schema to refuse. Positions are kept
beside the plain data.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from spec.position import Span
from spec.units import counted
from spec.value import Field, ListValue, ObjectValue, Plain, Scalar, Value, to_plain

Path: TypeAlias = tuple[str | int, ...]
Schema: TypeAlias = Mapping[str, Any]

_DEEPEST_JSON = 32
_BRACKET = re.compile(r"[\[\]{}]")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,20}")
_SMALLEST, _LARGEST = -(1 << 63), (1 << 63) - 1
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a canonical value was written: its key (None for list items), the value, and its JSON pointer in the document."""

    key_span: Span | None
    value: Value
    pointer: str

    @property
    def span(self) -> Span:
        """The key if there is one, else the value."""
        return self.key_span or self.value.span


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key that was written under another name than the canonical one, or that lost to another spelling of the same."""

    path: Path
    written: str
    origin: Origin


@dataclass(slots=True)
class Canonical:
    """Options in canonical form. ``origins`` has every path of ``data`` that a schema describes."""

    data: dict[str, Any]
    origins: dict[Path, Origin] = field(default_factory=dict)
    aliases: list[KeyUse] = field(default_factory=list)
    repeated: list[KeyUse] = field(default_factory=list)

    def origin(self, path: Path) -> Origin:
        """Where the value at ``path`` was written, or the nearest thing around it."""
        while path not in self.origins:
            path = path[:-1]
        return self.origins[path]


def canonical_options(block: ObjectValue, schema: Schema, origin: Origin) -> Canonical:
    """The options of ``block`` in the form that ``schema`` describes. ``origin`` is the block's own place."""
    result = Canonical({})
    result.origins[()] = origin
    result.data = _Conversion(result).object(block, schema, (), origin.pointer)
    return result


@dataclass(slots=True)
class _Entry:
    """One option of an object before conversion."""

    key: str
    written: str
    field: Field
    pointer: str

    @property
    def rank(self) -> tuple[bool, bool]:
        """Which of two spellings counts: the greater one."""
        return self.written == self.key, self.field.key == self.written

    def use(self, path: Path) -> KeyUse:
        """The key as written, for telling about it."""
        return KeyUse((*path, self.key), self.written, Origin(self.field.key_span, self.field.value, self.pointer))


class _Conversion:
    def __init__(self, result: Canonical) -> None:
        self._result = result

    def object(self, value: ObjectValue, schema: Schema, path: Path, pointer: str) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        extra = schema.get("additionalProperties")
        data: dict[str, Any] = {}
        for entry in self._entries(value, schema, path, pointer):
            option = properties.get(entry.key)
            if option is None and isinstance(extra, Mapping):
                option = extra
            converted = self._entry(entry, option, (*path, entry.key))
            if converted is None and schema.get("x-flowdeck-field-types"):
                converted = "null"  # a bare null here is the type of that name
            if converted is not None:
                data[entry.key] = converted
        return data

    def _entry(self, entry: _Entry, option: Schema | None, path: Path) -> Any:
        self._result.origins[path] = Origin(entry.field.key_span, entry.field.value, entry.pointer)
        if option is None:
            return to_plain(entry.field.value)
        return self.value(entry.field.value, option, path, entry.pointer)

    def _entries(self, value: ObjectValue, schema: Schema, path: Path, pointer: str) -> list[_Entry]:
        """One entry per option. Of several spellings of one option the canonical one counts, then the one with dots, then the
        last."""
        chosen: dict[str, _Entry] = {}
        for entry in _spread(value, _keys(schema), tuple(schema.get("patternProperties", ())), "", pointer):
            before = chosen.setdefault(entry.key, entry)
            if before is entry:
                continue
            if (merged := _merged(before, entry)) is not None:
                chosen[entry.key] = merged
                continue
            winner, loser = (before, entry) if before.rank > entry.rank else (entry, before)
            chosen[entry.key] = winner
            if winner.written != loser.written:
                self._result.repeated.append(loser.use(path))
        self._result.aliases.extend(entry.use(path) for entry in chosen.values() if _is_alias(entry, schema))
        return list(chosen.values())

    def value(self, value: Value, schema: Schema, path: Path, pointer: str) -> Any:
        types = _types(schema)
        if isinstance(value, ObjectValue):
            return self.object(value, schema, path, pointer) if "object" in types else to_plain(value)
        if isinstance(value, ListValue):
            return self._list(value, schema, path, pointer) if "array" in types else to_plain(value)
        if types == ("array",) and value.data is not None:
            return _list_of_text(value, schema.get("items", {}))
        if types == ("object",) and isinstance(value.data, str):
            return _object_of_text(value.data)
        return _scalar(value, schema, types)

    def _list(self, value: ListValue, schema: Schema, path: Path, pointer: str) -> list[Any]:
        items = schema.get("items")
        converted = []
        for index, item in enumerate(value.items):
            at, item_pointer = (*path, index), f"{pointer}/{index}"
            self._result.origins[at] = Origin(None, item, item_pointer)
            converted.append(to_plain(item) if items is None else self.value(item, items, at, item_pointer))
        return converted


def _keys(schema: Schema) -> dict[str, str]:
    """Every accepted spelling of a key, with its canonical one."""
    keys: dict[str, str] = {}
    for name, option in schema.get("properties", {}).items():
        keys[name] = name
        for alias in option.get("x-flowdeck-aliases", ()):
            keys.setdefault(alias, name)
    return keys


def _is_alias(entry: _Entry, schema: Schema) -> bool:
    option = schema.get("properties", {}).get(entry.key)
    return option is not None and entry.written in option.get("x-flowdeck-aliases", ())


def _spread(
    value: ObjectValue, keys: Mapping[str, str], patterns: tuple[str, ...], prefix: str, pointer: str
) -> Iterator[_Entry]:
    """The options of ``value`` however nested: ``a { b = 1 }`` for the option ``a.b``, ``a.b = 1`` for ``b`` of ``a``."""
    for item in value.fields:
        written = prefix + item.key
        at = f"{pointer}/{pointer_step(item.key)}"
        if written in keys:
            yield _Entry(keys[written], written, item, at)
        elif isinstance(item.value, ObjectValue) and _leads_on(written + ".", keys, patterns):
            yield from _spread(item.value, keys, patterns, written + ".", at)
        elif (outer := _outer(written, keys)) is not None:
            nested = Field(written[len(outer) + 1 :], item.key_span, item.value)
            block = ObjectValue((nested,), item.value.span, item.value.via)
            yield _Entry(keys[outer], outer, Field(outer, item.key_span, block), at)
        else:
            yield _Entry(written, written, item, at)


def _leads_on(prefix: str, keys: Mapping[str, str], patterns: tuple[str, ...]) -> bool:
    return any(key.startswith(prefix) for key in keys) or any(re.match(pattern, prefix) for pattern in patterns)


def _outer(written: str, keys: Mapping[str, str]) -> str | None:
    """The option that a dotted key reaches into (``schema`` of ``schema.fields``), if there is one."""
    end = written.find(".")
    while end > 0:
        if written[:end] in keys:
            return written[:end]
        end = written.find(".", end + 1)
    return None


def _merged(before: _Entry, entry: _Entry) -> _Entry | None:
    """Two pieces of one nested option as one; None when they are not pieces but repetitions."""
    first, second = before.field.value, entry.field.value
    if not isinstance(first, ObjectValue) or not isinstance(second, ObjectValue):
        return None
    if set(first.keys()) & set(second.keys()):
        return None
    block = ObjectValue(first.fields + second.fields, first.span, first.via)
    return replace(before, field=Field(before.field.key, before.field.key_span, block))


def _types(schema: Schema) -> tuple[str, ...]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def _scalar(value: Scalar, schema: Schema, types: tuple[str, ...]) -> Plain:
    data = value.data
    if data is None or not types:
        return data
    if isinstance(data, str):
        return _from_text(data, schema, types)
    if types == ("string",):
        return _enum_case(_as_written(value), schema)
    if types == ("integer",) and not _SMALLEST <= data <= _LARGEST:
        return _as_written(value)
    if isinstance(data, float) and types == ("integer",) and data.is_integer():
        return int(data)
    return data


def _from_text(text: str, schema: Schema, types: tuple[str, ...]) -> Plain:
    if "string" in types:
        return _enum_case(text, schema)
    stripped = text.strip()
    if "boolean" in types and stripped.lower() in ("true", "false"):
        return stripped.lower() == "true"
    if ("integer" in types or "number" in types) and _WHOLE_NUMBER.fullmatch(stripped):
        return int(stripped) if _SMALLEST <= int(stripped) <= _LARGEST else text  # what is larger, nobody can store
    if "integer" in types and (whole := counted(stripped, schema.get("x-flowdeck-unit", ""))) is not None:
        return whole
    if "number" in types and _NUMBER.fullmatch(stripped) and math.isfinite(float(stripped)):
        return float(stripped)
    return text


def _enum_case(text: str, schema: Schema) -> str:
    folded = text.casefold()
    for allowed in schema.get("enum", ()):
        if isinstance(allowed, str) and allowed.casefold() == folded:
            return allowed
    return text


def _as_written(value: Scalar) -> str:
    """The text of a number or boolean where a string is wanted: as in the file (``1.10`` stays ``1.10``)."""
    if isinstance(value.data, bool):
        return "true" if value.data else "false"
    written = value.span.text
    if _NUMBER.fullmatch(written) and float(written) == value.data:
        return written
    return str(value.data)


def _list_of_text(value: Scalar, items: Schema) -> Plain:
    """A single value where a list is wanted: JSON text, else text split at commas, else a list of one."""
    text = value.data
    if not isinstance(text, str):
        return [_scalar(value, items, _types(items))]
    if text.lstrip().startswith("["):
        parsed = _json(text)
        return parsed if isinstance(parsed, list) else text
    parts = [part.strip() for part in text.split(",")]
    return [_scalar(Scalar(part, value.span, value.via), items, _types(items)) for part in parts]


def _object_of_text(text: str) -> Plain:
    """A text where an object is wanted: JSON, if it is that."""
    parsed = _json(text) if text.lstrip().startswith("{") else None
    return parsed if isinstance(parsed, dict) else text


def _json(text: str) -> Any:
    """The JSON in ``text``; None when it is none, or nested so deep that nobody means it."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > _DEEPEST_JSON:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def pointer_step(key: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def path_text(path: Path) -> str:
    """A path as one writes it: ``rules.row_rules[0].rule_type``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
