"""Values as Python has them, for people to read: of rejected rows, of samples."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from runner.dataset.arrays import Column


def python_rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows by the names of their columns, each value as :func:`python_values` has it."""
    if not batch.num_columns:
        return [{} for _ in range(batch.num_rows)]
    columns = [python_values(column) for column in batch.columns]
    return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def python_values(column: Column) -> list[Any]:
    """The values. Python has no dates before the year 1 or after 9999 (``infinity`` is one), nor nanoseconds: where there are
    such, all dates and moments of the column are texts."""
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        values = column.cast(_with_texts(column.type)).to_pylist()
    return values


def _with_texts(data_type: Any) -> Any:
    """The type with texts in the place of dates and moments. Types nest as deeply as a schema may."""
    if pa.types.is_temporal(data_type):
        return pa.string()
    if pa.types.is_struct(data_type):
        return pa.struct([pa.field(field.name, _with_texts(field.type)) for field in data_type])
    if pa.types.is_map(data_type):
        return pa.map_(_with_texts(data_type.key_type), _with_texts(data_type.item_type))
    if pa.types.is_list(data_type) or pa.types.is_large_list(data_type) or pa.types.is_fixed_size_list(data_type):
        return pa.list_(_with_texts(data_type.value_type))
    return data_type
