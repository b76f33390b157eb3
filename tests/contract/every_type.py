"""One table with a column of every field type, and the values that are most likely to be lost on the way."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any, TypeAlias

import pyarrow as pa

from runner.dataset.arrow_types import arrow_type
from spec.types import parse_field_type

Row: TypeAlias = dict[str, Any]

ID = "id"
"""The column that tells rows apart, in every table of the suite."""

FIELDS: dict[str, Any] = {
    ID: "bigint",
    "s": "string",
    "b": "boolean",
    "t": "tinyint",
    "h": "smallint",
    "i": "int",
    "l": "bigint",
    "f": "float",
    "d": "double",
    "p": "decimal(38, 0)",
    "q": "decimal(38, 38)",
    "r": "decimal(12, 2)",
    "n": "null",
    "y": "bytes",
    "day": "date",
    "at": "time",
    "ts": "timestamp",
    "a": "array<int>",
    "aa": "array<array<string>>",
    "m": "map<string, int>",
    "o": {"x": "int", "y": {"z": "array<string>", "m": "map<string, double>"}, "w": "string"},
    "bv": "binary_vector",
    "fv": "float_vector",
    "hv": "float16_vector",
    "gv": "bfloat16_vector",
    "sv": "sparse_float_vector",
}
"""As a job file declares them."""

SCHEMA = pa.schema([pa.field(name, arrow_type(parse_field_type(declared))) for name, declared in FIELDS.items()])

LONG = "long-" * 40_000


def _moment(*parts: int) -> datetime.datetime:
    """Timestamps are local ones: they have no zone."""
    return datetime.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


_TEXTS = [
    "plain",
    "",
    " spaces ",
    "äöü → 漢字 🦆 é",
    'q"uo,te',
    "line\nbreak",
    "null",
    "\\N",
    "tab\there",
    "1e5",
    LONG,
    "nul\0byte",
]

_VALUES: dict[str, list[Any]] = {
    "s": _TEXTS,
    "b": [True, False],
    "t": [-(1 << 7), (1 << 7) - 1, 0],
    "h": [-(1 << 15), (1 << 15) - 1],
    "i": [-(1 << 31), (1 << 31) - 1],
    "l": [-(1 << 63), (1 << 63) - 1, (1 << 53) + 1],
    "f": [math.nan, math.inf, -math.inf, -0.0, 3.4028234663852886e38, 1.401298464324817e-45, 0.10000000149011612],
    "d": [math.nan, math.inf, -math.inf, -0.0, 1.7976931348623157e308, 5e-324, 0.1],
    "p": [decimal.Decimal("9" * 38), decimal.Decimal("-" + "9" * 38), decimal.Decimal(1)],
    "q": [decimal.Decimal("0." + "9" * 38), decimal.Decimal("-0." + "0" * 37 + "1"), decimal.Decimal(0)],
    "r": [decimal.Decimal("9999999999.99"), decimal.Decimal("-0.01"), decimal.Decimal("1.50")],
    "y": [b"bytes", "漢".encode(), b""],
    "day": [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)],
    "at": [datetime.time(0, 0), datetime.time(23, 59, 59, 999_999), datetime.time(12, 0, 0, 1)],
    "ts": [
        _moment(1, 1, 1),
        _moment(9999, 12, 31, 23, 59, 59, 999_999),
        _moment(1969, 12, 31, 23, 59, 59, 1),
        _moment(2024, 2, 29, 12),
    ],
    "a": [[1, 2, 3], [-(1 << 31)], [7, None, 9], []],
    "aa": [[["a", "b"], ["c"]], [["x"]], [["two words", "ä"], ["y", "z"]]],
    "m": [[("k", 1), ("l", 2)], [("漢字", -1)], [("none", None)], []],
    "o": [
        {"x": 1, "y": {"z": ["p", "q"], "m": [("k", 0.5)]}, "w": "w"},
        {"x": None, "y": {"z": ["only"], "m": [("k", -1.0), ("l", 2.0)]}, "w": None},
    ],
    "bv": [b"binary"],
    "fv": [[0.5, -1.0], [3.4028234663852886e38]],
    "hv": [b"half"],
    "gv": [b"brain"],
    "sv": [[(3, 0.5), (7, -1.0)], [(0, 2.0)]],
}
_ROWS = max(map(len, _VALUES.values()))


def every_type() -> pa.Table:
    """The rows: the first is null but for its id, then each column goes through its values."""
    rows: list[Row] = [{ID: 0}]
    for number in range(_ROWS):
        row: Row = {ID: number + 1}
        for name, values in _VALUES.items():
            row[name] = values[number % len(values)]
        rows.append(row)
    return table_of(rows)


def table_of(rows: list[Row], schema: pa.Schema = SCHEMA) -> pa.Table:
    """Rows as a table; what a row does not have is null."""
    complete = [{name: row.get(name) for name in schema.names} for row in rows]
    return pa.Table.from_pylist(complete, schema=schema)


def numbered(rows: int, first: int = 0) -> pa.Table:
    """Rows of an id and a text that belongs to it, for whatever is not about types."""
    ids = range(first, first + rows)
    return pa.table({ID: pa.array(ids, pa.int64()), "s": pa.array([f"row {number}" for number in ids], pa.string())})


def ids_of(*tables: pa.Table | pa.RecordBatch) -> list[int]:
    """The ids of all rows, in order."""
    found: list[Any] = [number for table in tables for number in table.column(ID).to_pylist()]
    return found


def comparable(table: pa.Table) -> list[str]:
    """The rows in the order of their ids, in a form in which NaN is NaN and -0.0 is not 0.0."""
    return sorted((repr(plain(row)) for row in table.to_pylist()), key=lambda text: (len(text), text))


def plain(value: Any) -> Any:
    """A value whose repr does not depend on how Arrow hands out maps."""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return {"entries": sorted((repr(key), repr(plain(item))) for key, item in value)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
