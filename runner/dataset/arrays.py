"""Arrow arrays from NumPy memory, without copies. The one place that works around the gaps in pyarrow's type stubs."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Column: TypeAlias = Any
"""A pa.Array. Its stubs are generic in the element type, which is only known when a job runs."""

_arrow: Any = pa


def from_numpy(values: npt.NDArray[Any], data_type: pa.DataType) -> Column:
    """The numbers as an array of ``data_type``, which has the same width (dates and times are integers inside)."""
    plain: Column = _arrow.array(values)
    return plain if plain.type == data_type else _arrow.Array.view(plain, data_type)


def fixed_strings(characters: npt.NDArray[np.uint8], data_type: pa.DataType) -> Column:
    """One string (or bytes) per row of ``characters``, shape (count, length)."""
    count, length = characters.shape
    offsets = np.arange(0, (count + 1) * length, length, dtype=np.int32) if length else np.zeros(count + 1, dtype=np.int32)
    buffers = [None, _arrow.py_buffer(offsets), _arrow.py_buffer(np.ascontiguousarray(characters))]
    return _arrow.Array.from_buffers(data_type, count, buffers)


def decimals(limbs: npt.NDArray[np.uint64], data_type: pa.DataType) -> Column:
    """128-bit decimals from (low, high) pairs, shape (count, 2)."""
    return _arrow.Array.from_buffers(data_type, len(limbs), [None, _arrow.py_buffer(limbs)])


def lists(offsets: npt.NDArray[np.int32], values: Column, data_type: pa.DataType) -> Column:
    """Lists over ``values``; ``offsets`` has one more entry than there are lists."""
    return _arrow.ListArray.from_arrays(_arrow.array(offsets), values, type=data_type)


def maps(offsets: npt.NDArray[np.int32], keys: Column, values: Column, data_type: pa.DataType) -> Column:
    """Maps over ``keys`` and ``values``."""
    return _arrow.MapArray.from_arrays(_arrow.array(offsets), keys, values, type=data_type)


def rows(names: list[str], fields: list[Column], count: int) -> Column:
    """Structs of ``fields``."""
    if not fields:
        raise ValueError(f"{count} rows without fields")
    return _arrow.StructArray.from_arrays(fields, names=names)


def repeated(value: Any, data_type: pa.DataType, count: int) -> Column:
    """``count`` times the same value."""
    return _arrow.repeat(_arrow.scalar(value, type=data_type), count)


def nulls(data_type: pa.DataType, count: int) -> Column:
    """``count`` nulls."""
    return _arrow.nulls(count, data_type)


def chosen(values: Column, indices: npt.NDArray[Any]) -> Column:
    """``values[indices]``."""
    return _arrow.Array.take(values, _arrow.array(indices))


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """The whole table as one batch. Raises ValueError for what is too large for one."""
    batches: list[pa.RecordBatch] = table.combine_chunks().to_batches()
    if len(batches) > 1:
        raise ValueError(f"{table.num_rows} rows of {table.nbytes} bytes do not fit into one batch")
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def from_the_start(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows, with structs that begin where their memory does: of a slice the engine refuses structs inside structs."""
    if not any(column.offset and pa.types.is_struct(column.type) for column in batch.columns):
        return batch
    columns = [_arrow.concat_arrays([column]) if column.offset else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def of(values: list[Any], data_type: pa.DataType) -> Column:
    """Python values as an array."""
    return _arrow.array(values, type=data_type)
