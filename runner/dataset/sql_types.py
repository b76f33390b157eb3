"""Types of SQL results that no dataset has, and what they become before they leave a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runner.dataset.sql_text import identifier

_CANONICAL = {
    "hugeint": "DECIMAL(38, 0)",
    "uhugeint": "DECIMAL(38, 0)",
    "utinyint": "SMALLINT",
    "usmallint": "INTEGER",
    "uinteger": "BIGINT",
    "ubigint": "DECIMAL(20, 0)",
    "timestamp with time zone": "TIMESTAMP",
    "timestamp_s": "TIMESTAMP",
    "timestamp_ms": "TIMESTAMP",
    "timestamp_ns": "TIMESTAMP",
    "time with time zone": "TIME",
    "time_ns": "TIME",
    "uuid": "VARCHAR",
    "interval": "VARCHAR",
    "bit": "VARCHAR",
    "enum": "VARCHAR",
    "bignum": "VARCHAR",
    "union": "VARCHAR",
    "variant": "VARCHAR",
    "varchar": "VARCHAR",
}


def canonical_sql_type(engine_type: Any) -> str:
    """The SQL type that a column of ``engine_type`` (a DuckDBPyType) has in a dataset."""
    kind = engine_type.id
    if kind in _CANONICAL:
        return _CANONICAL[kind]
    if kind in {"list", "array"}:
        return f"{canonical_sql_type(dict(engine_type.children)['child'])}[]"
    if kind == "map":
        children = dict(engine_type.children)
        return f"MAP({canonical_sql_type(children['key'])}, {canonical_sql_type(children['value'])})"
    if kind == "struct":
        fields = ", ".join(f"{identifier(name)} {canonical_sql_type(child)}" for name, child in engine_type.children)
        return f"STRUCT({fields})"
    return str(engine_type)


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
