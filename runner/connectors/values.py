"""Single values of a job file (FakeSource's rows, Assert's expectations) as Python values of a field type."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runner.connectors.base import PluginError
from runner.connectors.temporal import parse_date, parse_time, parse_timestamp
from spec.types import ArrayType, DecimalType, FieldType, MapType, RowType, ScalarType

_INTEGER_BITS = {ScalarType.TINYINT: 8, ScalarType.SMALLINT: 16, ScalarType.INT: 32, ScalarType.BIGINT: 64}


class ValueMismatch(PluginError):
    """A value of the job file is not of the type that it is declared to have."""

    code = "option"


def typed_value(raw: Any, field_type: FieldType) -> Any:
    """``raw`` as the Python value that Arrow takes for ``field_type`` (None stays None). Raises ValueMismatch."""
    if raw is None:
        return None
    match field_type:
        case DecimalType():
            return _decimal(raw, field_type)
        case ArrayType(element):
            return [typed_value(item, element) for item in _sequence(raw, field_type)]
        case MapType(key, value):
            entries = _mapping(raw, field_type).items()
            return [(typed_value(name, key), typed_value(item, value)) for name, item in entries]
        case RowType(fields):
            return _row(raw, field_type, fields)
        case _:
            return _SCALARS[field_type](raw, field_type)


def _row(raw: Any, field_type: RowType, fields: Sequence[tuple[str, FieldType]]) -> dict[str, Any]:
    if isinstance(raw, Mapping):
        unknown = set(raw) - {name for name, _ in fields}
        if unknown:
            raise ValueMismatch(f"{raw!r} has fields that {field_type} has not: {', '.join(sorted(map(str, unknown)))}")
        return {name: typed_value(raw.get(name), nested) for name, nested in fields}
    items = _sequence(raw, field_type)
    if len(items) != len(fields):
        raise ValueMismatch(f"{raw!r} has {len(items)} values, {field_type} has {len(fields)} fields")
    return {name: typed_value(item, nested) for (name, nested), item in zip(fields, items, strict=True)}


def _sequence(raw: Any, field_type: FieldType) -> Sequence[Any]:
    if isinstance(raw, Sequence) and not isinstance(raw, str | bytes):
        return raw
    raise _mismatch(raw, field_type)


def _mapping(raw: Any, field_type: FieldType) -> Mapping[Any, Any]:
    if isinstance(raw, Mapping):
        return raw
    raise _mismatch(raw, field_type)


def _decimal(raw: Any, field_type: DecimalType) -> decimal.Decimal:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise _mismatch(raw, field_type)
    with decimal.localcontext(prec=60):
        try:
            value = decimal.Decimal(str(raw))
            fitted = value.quantize(decimal.Decimal(1).scaleb(-field_type.scale))
        except decimal.InvalidOperation:
            raise _mismatch(raw, field_type) from None
        if fitted != value or len(fitted.as_tuple().digits) > field_type.precision:
            raise _mismatch(raw, field_type)
        return fitted


def _integer(raw: Any, field_type: ScalarType) -> int:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise _mismatch(raw, field_type)
    try:
        value = int(raw)
    except (ValueError, OverflowError):
        raise _mismatch(raw, field_type) from None
    limit = 1 << (_INTEGER_BITS[field_type] - 1)
    if not -limit <= value < limit or (isinstance(raw, float) and value != raw):
        raise _mismatch(raw, field_type)
    return value


def _float(raw: Any, field_type: ScalarType) -> float:
    try:
        value = math.nan if isinstance(raw, bool) else float(raw)
    except (TypeError, ValueError):
        raise _mismatch(raw, field_type) from None
    if isinstance(raw, bool):
        raise _mismatch(raw, field_type)
    return value


def _boolean(raw: Any, field_type: ScalarType) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in {"true", "false"}:
        return raw.strip().lower() == "true"
    raise _mismatch(raw, field_type)


def _string(raw: Any, field_type: ScalarType) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, str | int | float):
        return str(raw)
    raise _mismatch(raw, field_type)


def _bytes(raw: Any, field_type: ScalarType) -> bytes:
    """Bytes stand in a job file as in JSON: in base64."""
    try:
        return base64.b64decode(_string(raw, field_type), validate=True)
    except ValueError:
        raise ValueMismatch(f"{raw!r} is no base64, which {field_type} are written in") from None


def _parsed(parse: Callable[[str], Any]) -> Callable[[Any, ScalarType], Any]:
    def convert(raw: Any, field_type: ScalarType) -> Any:
        if isinstance(raw, datetime.date | datetime.time):
            return raw
        value = parse(str(raw))
        if value is None:
            raise _mismatch(raw, field_type)
        return value

    return convert


def _floats(raw: Any, field_type: ScalarType) -> list[float]:
    return [_float(item, field_type) for item in _sequence(raw, field_type)]


def _sparse(raw: Any, field_type: ScalarType) -> list[tuple[int, float]]:
    items = _mapping(raw, field_type).items()
    return [(_integer(key, ScalarType.INT), _float(item, field_type)) for key, item in items]


def _nothing(raw: Any, field_type: ScalarType) -> None:
    raise _mismatch(raw, field_type)


_SCALARS: dict[ScalarType, Callable[[Any, ScalarType], Any]] = {
    ScalarType.STRING: _string,
    ScalarType.BOOLEAN: _boolean,
    **dict.fromkeys(_INTEGER_BITS, _integer),
    ScalarType.FLOAT: _float,
    ScalarType.DOUBLE: _float,
    ScalarType.NULL: _nothing,
    ScalarType.BYTES: _bytes,
    ScalarType.DATE: _parsed(parse_date),
    ScalarType.TIME: _parsed(parse_time),
    ScalarType.TIMESTAMP: _parsed(parse_timestamp),
    ScalarType.BINARY_VECTOR: _bytes,
    ScalarType.FLOAT_VECTOR: _floats,
    ScalarType.FLOAT16_VECTOR: _bytes,
    ScalarType.BFLOAT16_VECTOR: _bytes,
    ScalarType.SPARSE_FLOAT_VECTOR: _sparse,
}


def _mismatch(raw: Any, field_type: FieldType) -> ValueMismatch:
    return ValueMismatch(f"{raw!r} is not a {field_type}")
