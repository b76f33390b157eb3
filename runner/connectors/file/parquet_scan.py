"""Which Parquet files the engine may read by itself: those of which it makes the same values as Arrow's reader does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

_PIECE_BYTES = 64 << 20
_PIECES = 3
"""With more of them a row group costs as much as by batches: what is before a piece has to be unpacked for it, too."""

_SAME = frozenset(
    {pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.date32(), pa.timestamp("us")}
)
_PATTERN = frozenset("*?[]{}")
_ROW_NUMBER = "file_row_number"


def engine_reads(file: Any, schema: pa.Schema, path: Path) -> bool:
    """Whether the engine reads columns of ``schema`` from ``file`` as they are. A path that looks like a pattern, or columns
    that differ only in case, mean something else to it."""
    found: pa.Schema = file.schema_arrow
    names = [name.casefold() for name in found.names]
    if len(set(names)) < len(names) or _ROW_NUMBER in names or _PATTERN & set(str(path)):
        return False
    stored = {column.path: column for column in (file.schema.column(index) for index in range(len(file.schema)))}
    return all(
        found.field(field.name).type == field.type and field.name in stored and _is_same(field.type, stored[field.name])
        for field in schema
    )


def cuts(rows: int, size: int, most: int) -> list[int]:
    """Where a row group of so many rows and bytes is cut into pieces of at most ``most`` rows: from 0 to ``rows``. Nothing when
    it has no rows, or is so large that it goes through the pipeline in batches."""
    pieces = max(-(-rows // most), -(-size // _PIECE_BYTES), 1)
    if not rows or pieces > _PIECES:
        return []
    return [rows * number // pieces for number in range(pieces + 1)]


def _is_same(data_type: pa.DataType, stored: Any) -> bool:
    if pa.types.is_string(data_type):
        return bool(stored.logical_type.type == "STRING")
    if pa.types.is_decimal128(data_type):
        return bool(stored.logical_type.type == "DECIMAL")
    return data_type in _SAME and stored.physical_type != "INT96"
