"""Field types of a schema: the tree that a type's text or nested object stands for.

What the engine makes of a type (Arrow, SQL) is the runner's business and not in here.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from spec.errors import FlowdeckError

MAXIMUM_PRECISION = 38
MAXIMUM_DEPTH = 32

_TOKEN = re.compile(r"[a-z0-9_]+|[<>(),]")


class FieldTypeError(FlowdeckError):
    """A text or object that is no field type."""

    code = "field-type"


class ScalarType(enum.StrEnum):
    """The types without parameters."""

    STRING = "string"
    BOOLEAN = "boolean"
    TINYINT = "tinyint"
    SMALLINT = "smallint"
    INT = "int"
    BIGINT = "bigint"
    FLOAT = "float"
    DOUBLE = "double"
    NULL = "null"
    BYTES = "bytes"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    BINARY_VECTOR = "binary_vector"
    FLOAT_VECTOR = "float_vector"
    FLOAT16_VECTOR = "float16_vector"
    BFLOAT16_VECTOR = "bfloat16_vector"
    SPARSE_FLOAT_VECTOR = "sparse_float_vector"


ALIASES: dict[str, ScalarType] = {
    "byte": ScalarType.TINYINT,
    "short": ScalarType.SMALLINT,
    "long": ScalarType.BIGINT,
}

_SCALARS: dict[str, ScalarType] = {**{str(scalar): scalar for scalar in ScalarType}, **ALIASES}
_GENERICS = ("decimal", "array", "map")


@dataclass(frozen=True, slots=True)
class DecimalType:
    """``decimal(precision, scale)``; precision is 1 to 38, scale 0 to precision."""

    precision: int
    scale: int

    def __str__(self) -> str:
        return f"decimal({self.precision}, {self.scale})"


@dataclass(frozen=True, slots=True)
class ArrayType:
    """``array<element>``."""

    element: FieldType

    def __str__(self) -> str:
        return f"array<{self.element}>"


@dataclass(frozen=True, slots=True)
class MapType:
    """``map<key, value>``."""

    key: FieldType
    value: FieldType

    def __str__(self) -> str:
        return f"map<{self.key}, {self.value}>"


@dataclass(frozen=True, slots=True)
class RowType:
    """A nested object: field names with their types, in order."""

    fields: tuple[tuple[str, FieldType], ...]

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name} = {field_type}" for name, field_type in self.fields) + "}"


FieldType: TypeAlias = ScalarType | DecimalType | ArrayType | MapType | RowType


def type_names() -> tuple[str, ...]:
    """Every name that a type's text may begin with, aliases included, for suggestions."""
    return (*_SCALARS, *_GENERICS)


def parse_field_type(declared: object) -> FieldType:
    """The type that ``declared`` stands for: a text such as ``map<string, array<int>>`` (case and spaces do not matter), or
    a mapping of field names to types (a row). Raises :class:`FieldTypeError`.
    """
    return _parse(declared, depth=0)


def _parse(declared: object, depth: int) -> FieldType:
    if depth > MAXIMUM_DEPTH:
        raise FieldTypeError(f"a type is nested more than {MAXIMUM_DEPTH} levels deep")
    if isinstance(declared, Mapping):
        return _parse_row(declared, depth)
    if declared is None:
        return ScalarType.NULL  # a bare `null` in a job file is the type null
    if not isinstance(declared, str):
        raise FieldTypeError(f"a type is a text or an object of fields, not {type(declared).__name__}")
    if declared.lstrip().startswith("{"):
        return _parse_row_text(declared, depth)
    return _TypeText(declared, depth).parse()


def _parse_row(declared: Mapping[object, object], depth: int) -> RowType:
    if not declared:
        raise FieldTypeError("a row type needs at least one field")
    return RowType(tuple((str(name), _parse(nested, depth + 1)) for name, nested in declared.items()))


def _parse_row_text(declared: str, depth: int) -> FieldType:
    try:
        fields = json.loads(declared)
    except ValueError as error:
        raise FieldTypeError(
            f"'{declared}' is not a type", hint="write a row as a nested object: `c = { a = int, b = string }`"
        ) from error
    return _parse(fields, depth)


class _TypeText:
    """Recursive descent over the text of one type."""

    def __init__(self, text: str, depth: int) -> None:
        self._text = text
        self._depth = depth
        compact = "".join(text.lower().split())
        self._tokens: list[str] = _TOKEN.findall(compact)
        self._next = 0
        if "".join(self._tokens) != compact or not compact:
            raise self._error(f"'{text}' is not a type")

    def parse(self) -> FieldType:
        field_type = self._type(self._depth)
        if self._next < len(self._tokens):
            raise self._error(f"'{self._text}' goes on after the type: '{''.join(self._tokens[self._next :])}'")
        return field_type

    def _type(self, depth: int) -> FieldType:
        if depth > MAXIMUM_DEPTH:
            raise self._error(f"a type is nested more than {MAXIMUM_DEPTH} levels deep")
        name = self._take()
        if name == "decimal":
            return self._decimal()
        if name == "array":
            return ArrayType(self._arguments(1, depth)[0])
        if name == "map":
            key, value = self._arguments(2, depth)
            if isinstance(key, ArrayType | MapType) or key is ScalarType.NULL:
                raise self._error(f"'{key}' cannot be the key of a map")
            return MapType(key, value)
        scalar = _SCALARS.get(name)
        if scalar is None:
            raise self._unknown(name)
        return scalar

    def _decimal(self) -> DecimalType:
        if self._next >= len(self._tokens):
            raise self._error("decimal needs a precision and a scale", hint="write decimal(10, 2)")
        self._expect("(")
        precision = self._number()
        self._expect(",")
        scale = self._number()
        self._expect(")")
        if not 1 <= precision <= MAXIMUM_PRECISION:
            raise self._error(f"a decimal's precision is 1 to {MAXIMUM_PRECISION}, not {precision}")
        if scale > precision:
            raise self._error(f"a decimal's scale cannot be larger than its precision: {self._text}")
        return DecimalType(precision, scale)

    def _arguments(self, count: int, depth: int) -> list[FieldType]:
        self._expect("<")
        arguments = [self._type(depth + 1)]
        while len(arguments) < count:
            self._expect(",")
            arguments.append(self._type(depth + 1))
        self._expect(">")
        return arguments

    def _take(self) -> str:
        if self._next >= len(self._tokens):
            raise self._error(f"'{self._text}' ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def _expect(self, token: str) -> None:
        found = self._take()
        if found != token:
            raise self._error(f"expected '{token}' and found '{found}' in the type '{self._text}'")

    def _number(self) -> int:
        text = self._take()
        if not text.isdecimal() or not text.isascii():
            raise self._error(f"'{text}' is not a whole number in the type '{self._text}'")
        return int(text)

    def _unknown(self, name: str) -> FieldTypeError:
        if name == "row":
            return self._error("a row has no text form", hint="write a row as a nested object: `c = { a = int, b = string }`")
        return self._error(f"unknown type '{name}'", hint=f"known types: {', '.join(type_names())}")

    def _error(self, message: str, *, hint: str = "") -> FieldTypeError:
        return FieldTypeError(message, hint=hint)
