"""Field types of a schema: the tree that a type's text or nested object stands for.

What the engine makes of a type (Arrow, SQL) is the runner's business and not in here.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from spec.errors import FlowdeckError

MAXIMUM_PRECISION = 38
MAXIMUM_DEPTH = 32
_SHORT = 200
_REMEMBERED = 1024
_DIGITS = 9
"""Python makes no number of several thousand."""

_TOKEN = re.compile(r"""(?P<space>[ \t\r]+)|(?P<name>"[^"\n]*"|[^\W\d][\w.$-]*|\d+)|(?P<mark>[<>(),{}=:\n])""")


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
    return _parse_text(declared, depth) if len(declared) <= _SHORT else _TypeText(declared, depth).parse()


@lru_cache(_REMEMBERED)
def _parse_text(declared: str, depth: int) -> FieldType:
    """A job says the same few types again and again."""
    return _TypeText(declared, depth).parse()


def _parse_row(declared: Mapping[object, object], depth: int) -> RowType:
    if not declared:
        raise FieldTypeError("a row type needs at least one field")
    return RowType(tuple((str(name), _parse(nested, depth + 1)) for name, nested in declared.items()))


class _TypeText:
    """Recursive descent over the text of one type. A row in it is written as in HOCON: ``{ a = int, b = string }``."""

    def __init__(self, text: str, depth: int) -> None:
        self._text = text
        self._depth = depth
        self._tokens: list[str] = []
        self._next = 0
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise self._error(f"'{text}' is not a type")
            if found.lastgroup != "space":
                self._tokens.append(found[0])
            position = found.end()

    def parse(self) -> FieldType:
        self._skip_lines()
        field_type = self._type(self._depth)
        self._skip_lines()
        if self._next < len(self._tokens):
            raise self._error(f"'{self._text}' goes on after the type: '{''.join(self._tokens[self._next :])}'")
        return field_type

    def _type(self, depth: int) -> FieldType:
        if depth > MAXIMUM_DEPTH:
            raise self._error(f"a type is nested more than {MAXIMUM_DEPTH} levels deep")
        if self._peek() == "{":
            return self._row(depth)
        if self._peek().startswith('"'):
            return _TypeText(self._take()[1:-1], depth).parse()
        name = self._take().lower()
        while self._peek()[:1].isalnum():  # spaces inside a name do not matter
            name += self._take().lower()
        if name == "decimal":
            return self._decimal()
        if name == "array":
            return ArrayType(self._arguments(1, depth)[0])
        if name == "map":
            return self._map(depth)
        scalar = _SCALARS.get(name)
        if scalar is None:
            raise self._unknown(name)
        return scalar

    def _map(self, depth: int) -> MapType:
        key, value = self._arguments(2, depth)
        if isinstance(key, ArrayType | MapType | RowType) or key is ScalarType.NULL:
            raise self._error(f"'{key}' cannot be the key of a map")
        return MapType(key, value)

    def _row(self, depth: int) -> RowType:
        self._expect("{")
        fields: list[tuple[str, FieldType]] = []
        self._skip_separators()
        while self._peek() != "}":
            name = self._take().strip('"')
            mark = self._take()
            if mark not in {"=", ":"} or not name or name in "<>(),{}=:\n":
                raise self._error(f"expected a field such as 'a = int' in the type '{self._text}'")
            self._skip_lines()
            fields.append((name, self._type(depth + 1)))
            self._skip_separators()
        self._expect("}")
        if not fields:
            raise self._error("a row type needs at least one field")
        return RowType(tuple(fields))

    def _decimal(self) -> DecimalType:
        if self._peek() != "(":
            raise self._error("decimal needs a precision and a scale", hint="write decimal(10, 2)")
        self._expect("(")
        precision = self._number()
        if self._peek() == ")":
            raise self._error("decimal needs a scale, too", hint=f"write decimal({precision}, 0)")
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
        self._skip_lines()
        arguments = [self._type(depth + 1)]
        while len(arguments) < count:
            if self._peek() == ">":
                raise self._error(
                    f"a map needs the types of its keys and values in '{self._text}'", hint="write map<string, int>"
                )
            self._expect(",")
            self._skip_lines()
            arguments.append(self._type(depth + 1))
        self._expect(">")
        return arguments

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise self._error(f"'{self._text}' ends too early" if self._text.strip() else "the type is empty")
        self._next += 1
        return token

    def _skip_lines(self) -> None:
        while self._peek() == "\n":
            self._next += 1

    def _skip_separators(self) -> None:
        while self._peek() in {"\n", ","}:
            self._next += 1

    def _expect(self, token: str) -> None:
        self._skip_lines()
        found = self._take()
        if found != token:
            raise self._error(f"expected '{token}' and found '{found}' in the type '{self._text}'")

    def _number(self) -> int:
        text = self._take()
        if not text.isdecimal() or not text.isascii():
            raise self._error(f"'{text}' is not a whole number in the type '{self._text}'")
        if len(text) > _DIGITS:
            raise self._error(f"no type has a number of {len(text)} digits in it")
        return int(text)

    def _unknown(self, name: str) -> FieldTypeError:
        if name == "row":
            return self._error(
                "a row is written by its fields", hint="write a row as a nested object: `c = { a = int, b = string }`"
            )
        return self._error(f"unknown type '{name}'", hint=f"known types: {', '.join(type_names())}")

    def _error(self, message: str, *, hint: str = "") -> FieldTypeError:
        return FieldTypeError(message, hint=hint)
