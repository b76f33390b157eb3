"""Expected values of a job file as SQL literals."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

from runner.dataset.sql_text import identifier, literal
from spec.types import ArrayType, DecimalType, FieldType, MapType, RowType, ScalarType

_SQL_NAMES = {
    ScalarType.STRING: "VARCHAR",
    ScalarType.INT: "INTEGER",
    ScalarType.NULL: '"NULL"',
    ScalarType.BYTES: "BLOB",
    ScalarType.FLOAT_VECTOR: "FLOAT[]",
    ScalarType.SPARSE_FLOAT_VECTOR: "MAP(INTEGER, FLOAT)",
    ScalarType.BINARY_VECTOR: "BLOB",
    ScalarType.FLOAT16_VECTOR: "BLOB",
    ScalarType.BFLOAT16_VECTOR: "BLOB",
}


def sql_type(field_type: FieldType) -> str:
    """The engine's type for values of ``field_type``."""
    match field_type:
        case DecimalType(precision, scale):
            return f"DECIMAL({precision}, {scale})"
        case ArrayType(element):
            return f"{sql_type(element)}[]"
        case MapType(key, value):
            return f"MAP({sql_type(key)}, {sql_type(value)})"
        case RowType(fields):
            return f"STRUCT({', '.join(f'{identifier(name)} {sql_type(nested)}' for name, nested in fields)})"
        case _:
            return _SQL_NAMES.get(field_type, field_type.upper())


def sql_value(value: Any, field_type: FieldType) -> str:
    """``value`` (as :func:`runner.connectors.values.typed_value` makes it) as an SQL expression of the engine's type."""
    return f"CAST({_plain(value)} AS {sql_type(field_type)})"


def _plain(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case bytes():
            return f"unhex({literal(value.hex())})"
        case int() | decimal.Decimal():
            return str(value)
        case float() | str() | datetime.date() | datetime.time():
            return literal(str(value))
        case dict():
            return "{" + ", ".join(f"{literal(name)}: {_plain(item)}" for name, item in value.items()) + "}"
        case list() if value and isinstance(value[0], tuple):
            return "MAP {" + ", ".join(f"{_plain(key)}: {_plain(item)}" for key, item in value) + "}"
        case _:
            return "[" + ", ".join(_plain(item) for item in value) + "]"
