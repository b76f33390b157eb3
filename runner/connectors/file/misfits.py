"""Which values of a column are none of its type, without looking at them one by one.

Arrow's casts say yes or no for a whole column. Equal texts are tried once, texts that look like no value of the type are not
tried at all, and the rest is found by halving.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.connectors.file.text_values import convert_scalar, convert_text, trimmed
from runner.dataset.arrays import Column
from spec.types import ArrayType, DecimalType, FieldType, MapType, RowType, ScalarType

_compute: Any = pc

_INTEGER = r"^[+-]?(0[xX][0-9a-fA-F]+|[0-9]+)$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_FLOAT = _NUMBER + r"|^[+-]?(?i:inf|infinity|nan(\(.*\))?)$"
_DAY = r"^[0-9]{4}[-/.年0-9][-/.年月日0-9 :TZ+]*$"
_POSSIBLE = {
    ScalarType.BOOLEAN: r"^(?i:true|false|0|1)$",
    ScalarType.TINYINT: _INTEGER,
    ScalarType.SMALLINT: _INTEGER,
    ScalarType.INT: _INTEGER,
    ScalarType.BIGINT: _INTEGER,
    ScalarType.FLOAT: _FLOAT,
    ScalarType.DOUBLE: _FLOAT,
    ScalarType.DATE: _DAY,
    ScalarType.TIME: r"^[0-9: .]+$",
    ScalarType.TIMESTAMP: _DAY,
}
"""What a text of a type looks like at least; one that does may still be no value."""
_EASY = frozenset(
    {ScalarType.STRING, ScalarType.BYTES, ScalarType.NULL, ScalarType.DATE, ScalarType.TIME, ScalarType.TIMESTAMP}
)
"""Types for which space is as good as nothing whoever parses it."""


def misfit_texts(texts: Column, field_type: FieldType, *, blank: bool = False) -> npt.NDArray[np.bool_]:
    """For each text of a csv or text file whether it is no value of ``field_type``. Empty ones are values of any type, and with
    ``blank`` those that are nothing but space."""
    if isinstance(field_type, ArrayType | MapType | RowType) or "vector" in str(field_type):
        return misfits(texts, field_type, lambda values: convert_text(values, field_type))
    bare = trimmed(texts, field_type)
    bad = misfits(bare, field_type, lambda values: convert_scalar(values, field_type))
    if not blank and bare.null_count and field_type not in _EASY:
        spaces = _compute.and_(_compute.is_null(bare), _compute.greater(_compute.binary_length(texts), 0))
        bad |= np.array(_compute.fill_null(spaces, False), dtype=np.bool_)  # noqa: FBT003
    return bad


def misfits(column: Column, field_type: FieldType, convert: Callable[[Column], object]) -> npt.NDArray[np.bool_]:
    """For each value whether ``convert``, which raises when one of several does not fit, refuses it. Null is never refused."""
    bad = np.zeros(len(column), dtype=np.bool_)
    if _fit(column, convert):
        return bad
    if not pa.types.is_string(column.type):
        bad[_halved(column, convert)] = True
        return bad
    encoded = column.dictionary_encode()
    refused = _impossible(encoded.dictionary, field_type)
    plausible = np.flatnonzero(~refused)
    refused[plausible[_halved(encoded.dictionary.take(pa.array(plausible)), convert)]] = True
    indices = np.asarray(_compute.fill_null(encoded.indices, len(refused)))
    mask: npt.NDArray[np.bool_] = np.append(refused, [False])[indices]
    return mask


def _halved(values: Column, convert: Callable[[Column], object]) -> list[int]:
    """The places of the values that are refused."""
    found = []
    waiting = [(0, len(values))]
    while waiting:
        begin, end = waiting.pop()
        if begin == end or _fit(values.slice(begin, end - begin), convert):
            continue
        if end - begin == 1:
            found.append(begin)
        else:
            middle = (begin + end) // 2
            waiting += [(begin, middle), (middle, end)]
    return found


def _impossible(values: Column, field_type: FieldType) -> npt.NDArray[np.bool_]:
    """Texts that no value of the type looks like."""
    pattern = _NUMBER if isinstance(field_type, DecimalType) else None
    if isinstance(field_type, ScalarType):
        pattern = _POSSIBLE.get(field_type)
    if pattern is None:
        return np.zeros(len(values), dtype=np.bool_)
    possible = _compute.fill_null(_compute.match_substring_regex(values, pattern), True)  # noqa: FBT003
    return ~np.array(possible, dtype=np.bool_)


def _fit(values: Column, convert: Callable[[Column], object]) -> bool:
    try:
        convert(values)
    except (pa.ArrowException, duckdb.Error):
        return False
    return True
