"""Field types as the engine's SQL types and back, and what becomes of SQL results that no dataset has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spec.sql.text import identifier
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

_DATASET_TYPES: dict[str, FieldType] = {
    "null": ScalarType.NULL,
    "varchar": ScalarType.STRING,
    "boolean": ScalarType.BOOLEAN,
    "tinyint": ScalarType.TINYINT,
    "smallint": ScalarType.SMALLINT,
    "integer": ScalarType.INT,
    "bigint": ScalarType.BIGINT,
    "float": ScalarType.FLOAT,
    "double": ScalarType.DOUBLE,
    "blob": ScalarType.BYTES,
    "date": ScalarType.DATE,
    "time": ScalarType.TIME,
    "timestamp": ScalarType.TIMESTAMP,
}
"""Types that leave a query as they are."""

_CONVERTED_TYPES: dict[str, FieldType] = {
    "hugeint": DecimalType(38, 0),
    "uhugeint": DecimalType(38, 0),
    "utinyint": ScalarType.SMALLINT,
    "usmallint": ScalarType.INT,
    "uinteger": ScalarType.BIGINT,
    "ubigint": DecimalType(20, 0),
    "timestamp with time zone": ScalarType.TIMESTAMP,
    "timestamp_s": ScalarType.TIMESTAMP,
    "timestamp_ms": ScalarType.TIMESTAMP,
    "timestamp_ns": ScalarType.TIMESTAMP,
    "time with time zone": ScalarType.TIME,
    "time_ns": ScalarType.TIME,
    "uuid": ScalarType.STRING,
    "interval": ScalarType.STRING,
    "bit": ScalarType.STRING,
    "enum": ScalarType.STRING,
    "bignum": ScalarType.STRING,
    "union": ScalarType.STRING,
    "variant": ScalarType.STRING,
}
"""Types that no dataset has: a cast makes these of them."""


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


def dataset_type(engine_type: Any) -> FieldType | None:
    """The type that a column of ``engine_type`` (a DuckDBPyType) has in a dataset; None when no dataset can carry it."""
    kind = engine_type.id
    if kind in {"list", "array"}:
        element = dataset_type(dict(engine_type.children)["child"])
        return None if element is None else ArrayType(element)
    if kind == "map":
        children = dict(engine_type.children)
        key, value = dataset_type(children["key"]), dataset_type(children["value"])
        return None if key is None or value is None else MapType(key, value)
    if kind == "struct":
        fields = [(str(name), dataset_type(child)) for name, child in engine_type.children]
        known = tuple((name, found) for name, found in fields if found is not None)
        return RowType(known) if len(known) == len(fields) else None
    if kind == "decimal":
        parts = dict(engine_type.children)
        return DecimalType(int(parts["precision"]), int(parts["scale"]))
    return _DATASET_TYPES.get(kind) or _CONVERTED_TYPES.get(kind)


def _leaves_as_it_is(engine_type: Any) -> bool:
    kind = engine_type.id
    if kind == "varchar":
        return str(engine_type) == "VARCHAR"  # JSON is a kind of it
    if kind in {"list", "map", "struct"}:
        return all(_leaves_as_it_is(child) for _, child in engine_type.children)
    return kind not in _CONVERTED_TYPES and kind != "array"


def canonical_sql_type(engine_type: Any) -> str:
    """The SQL type that a column of ``engine_type`` (a DuckDBPyType) has in a dataset; itself when that is not known."""
    target = None if _leaves_as_it_is(engine_type) else dataset_type(engine_type)
    return str(engine_type) if target is None else sql_type(target)


def canonical_query(sql: str, columns: Sequence[tuple[str, Any]]) -> str:
    """``sql`` with casts where one of its ``columns`` (names and DuckDBPyTypes) has a type that no dataset has."""
    targets = [canonical_sql_type(engine_type) for _, engine_type in columns]
    if all(target == str(engine_type) for target, (_, engine_type) in zip(targets, columns, strict=True)):
        return sql
    items = [
        identifier(name) if target == str(engine_type) else f"CAST({identifier(name)} AS {target}) AS {identifier(name)}"
        for target, (name, engine_type) in zip(targets, columns, strict=True)
    ]
    return f"SELECT {', '.join(items)} FROM ({sql}) AS result"  # noqa: S608 - quoted identifiers


def empty_relation(columns: Sequence[tuple[str, FieldType]]) -> str:
    """A SELECT of no rows with these columns: enough to bind a query against."""
    items = (f"NULL::{sql_type(field_type)} AS {identifier(name)}" for name, field_type in columns)
    return f"SELECT {', '.join(items)} LIMIT 0"
