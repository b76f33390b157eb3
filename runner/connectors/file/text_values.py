r"""Columns of text as columns of values: what csv and text files hold, whole columns at a time.

A blank text is null. Nested values use one separator per level (\x02, \x03, ...), as SeaTunnel's text format does. The text
forms of dates and times are those of :mod:`runner.connectors.temporal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.dataset import arrays
from runner.dataset.arrays import Column
from runner.dataset.arrow_types import arrow_type
from spec.types import ArrayType, DecimalType, FieldType, MapType, RowType, ScalarType

_compute: Any = pc


def convert_text(texts: Column, field_type: FieldType, level: int = 1) -> Column:
    """``texts`` as values of ``field_type``. Raises pa.ArrowInvalid (or its kin) when one of them is none."""
    texts = blank_to_null(texts)
    match field_type:
        case ArrayType(element):
            items, offsets = _split(texts, level)
            return _with_nulls(arrays.lists(offsets, convert_text(items, element, level + 1), arrow_type(field_type)), texts)
        case MapType():
            return _maps(texts, field_type, level)
        case RowType():
            return _rows(texts, field_type, level)
        case ScalarType.FLOAT_VECTOR:
            return convert_text(texts, ArrayType(ScalarType.FLOAT), level)
        case ScalarType.SPARSE_FLOAT_VECTOR:
            return convert_text(texts, MapType(ScalarType.INT, ScalarType.FLOAT), level)
        case _:
            return convert_scalar(trimmed(texts, field_type), field_type)


def blank_to_null(texts: Column) -> Column:
    """Empty texts become null."""
    return _compute.if_else(_compute.equal(_compute.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)


def convert_scalar(texts: Column, field_type: ScalarType | DecimalType) -> Column:
    """``texts`` as values of a type that is not nested; only null is null. Raises like :func:`convert_text`."""
    match field_type:
        case ScalarType.STRING:
            return texts
        case ScalarType.NULL:
            return arrays.of([None] * len(texts), pa.null())
        case ScalarType.TIME:
            moments = _replace(_microseconds(texts), r"^(.*)$", r"1970-01-01 \1")
            return _cast(_cast(moments, pa.timestamp("us")), arrow_type(field_type))
        case ScalarType.DATE | ScalarType.TIMESTAMP:
            return _date_or_timestamp(texts, arrow_type(field_type))
        case _:
            return _cast(texts, arrow_type(field_type))


def trimmed(texts: Column, field_type: FieldType) -> Column:
    """``texts`` without space around them, where the type has no use for it; blank ones become null."""
    if field_type in {ScalarType.STRING, ScalarType.BYTES}:
        return texts
    return blank_to_null(_compute.utf8_trim_whitespace(texts))


def _date_or_timestamp(texts: Column, data_type: pa.DataType) -> Column:
    try:
        return _cast(texts, data_type)
    except pa.ArrowInvalid:
        return _cast(_microseconds(_dashed(texts)), data_type)  # one of the other forms, or an error that says which text


def _dashed(texts: Column) -> Column:
    """Dates in any of their forms as yyyy-MM-dd."""
    dashed = _replace(texts, r"^(\d{4})(\d{2})(\d{2})((?:\d{6})?)$", r"\1-\2-\3 \4")
    dashed = _replace(dashed, r"^(\d{4}-\d{2}-\d{2}) (\d{2})(\d{2})(\d{2})$", r"\1 \2:\3:\4")
    dashed = _replace(dashed, r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", r"\1-0\2-0\3")
    dashed = _replace(dashed, r"^(\d{4})-0?(\d{2})-0?(\d{2})(\D|$)", r"\1-\2-\3\4")
    return _compute.utf8_trim_whitespace(dashed)


def _microseconds(texts: Column) -> Column:
    return _replace(texts, r"(\.\d{6})\d{1,3}$", r"\1")


def _replace(texts: Column, pattern: str, replacement: str) -> Column:
    return _compute.replace_substring_regex(texts, pattern=pattern, replacement=replacement)


def _cast(texts: Column, data_type: pa.DataType) -> Column:
    return _compute.cast(texts, data_type)


def separator(level: int) -> str:
    """What separates the items of a value that is nested ``level`` deep."""
    return chr(level + 1)


def _split(texts: Column, level: int) -> tuple[Column, Any]:
    pieces = _compute.split_pattern(texts, separator(level))
    offsets = np.asarray(pieces.offsets)
    return pieces.values.slice(int(offsets[0]), int(offsets[-1] - offsets[0])), (offsets - offsets[0]).astype(np.int32)


def _maps(texts: Column, field_type: MapType, level: int) -> Column:
    pairs, offsets = _split(texts, level)
    halves = _compute.split_pattern(pairs, separator(level + 1), max_splits=1)
    keys = convert_text(_compute.list_element(halves, 0), field_type.key, level + 2)
    values = convert_text(_element(halves, 1), field_type.value, level + 2)
    return _with_nulls(arrays.maps(offsets, keys, values, arrow_type(field_type)), texts)


def _rows(texts: Column, field_type: RowType, level: int) -> Column:
    pieces = _compute.split_pattern(texts, separator(level))
    fields = [convert_text(_element(pieces, index), nested, level + 1) for index, (_, nested) in enumerate(field_type.fields)]
    names = [name for name, _ in field_type.fields]
    made = arrays.rows(names, fields, len(texts))
    return _compute.if_else(_compute.is_valid(texts), made, pa.scalar(None, made.type))


def _element(lists: Column, index: int) -> Column:
    """Item ``index`` of each list, null where the list is shorter."""
    lengths = _compute.fill_null(_compute.list_value_length(lists), 0)
    starts = np.asarray(lists.offsets)[:-1]
    at = pa.array(starts + index, mask=~np.asarray(_compute.greater(lengths, index)))
    return lists.values.take(at)


def _with_nulls(made: Column, texts: Column) -> Column:
    if not texts.null_count:
        return made
    return _compute.if_else(_compute.is_valid(texts), made, pa.scalar(None, made.type))
