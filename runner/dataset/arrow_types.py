"""What the engine makes of field types: Arrow types on the edges of the pipeline, and back."""

from __future__ import annotations

import pyarrow as pa

from spec.errors import FlowdeckError
from spec.types import ArrayType, DecimalType, FieldType, MapType, RowType, ScalarType


class UnsupportedType(FlowdeckError):
    """An Arrow type that has no place in a dataset."""

    code = "unsupported-type"


_SCALARS: dict[ScalarType, pa.DataType] = {
    ScalarType.STRING: pa.string(),
    ScalarType.BOOLEAN: pa.bool_(),
    ScalarType.TINYINT: pa.int8(),
    ScalarType.SMALLINT: pa.int16(),
    ScalarType.INT: pa.int32(),
    ScalarType.BIGINT: pa.int64(),
    ScalarType.FLOAT: pa.float32(),
    ScalarType.DOUBLE: pa.float64(),
    ScalarType.NULL: pa.null(),
    ScalarType.BYTES: pa.binary(),
    ScalarType.DATE: pa.date32(),
    ScalarType.TIME: pa.time64("us"),
    ScalarType.TIMESTAMP: pa.timestamp("us"),
    ScalarType.BINARY_VECTOR: pa.binary(),
    ScalarType.FLOAT_VECTOR: pa.list_(pa.float32()),
    ScalarType.FLOAT16_VECTOR: pa.binary(),
    ScalarType.BFLOAT16_VECTOR: pa.binary(),
    ScalarType.SPARSE_FLOAT_VECTOR: pa.map_(pa.int32(), pa.float32()),
}

_NAMES: dict[pa.DataType, ScalarType] = {arrow: scalar for scalar, arrow in reversed(_SCALARS.items())}

_WIDENED: dict[pa.DataType, pa.DataType] = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
    pa.float16(): pa.float32(),
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
    pa.date64(): pa.date32(),
    pa.decimal256(38, 0): pa.decimal128(38, 0),
}


def arrow_type(field_type: FieldType) -> pa.DataType:
    """The Arrow type that carries values of ``field_type``."""
    match field_type:
        case DecimalType(precision, scale):
            return pa.decimal128(precision, scale)
        case ArrayType(element):
            return pa.list_(arrow_type(element))
        case MapType(key, value):
            return pa.map_(arrow_type(key), arrow_type(value))
        case RowType(fields):
            return pa.struct([pa.field(name, arrow_type(nested)) for name, nested in fields])
        case _:
            return _SCALARS[field_type]


def field_type_of(data_type: pa.DataType) -> FieldType:
    """The field type that describes values of an Arrow type, for messages and rules. Raises :class:`UnsupportedType`."""
    data_type = canonical_type(data_type)
    if pa.types.is_decimal(data_type):
        return DecimalType(data_type.precision, data_type.scale)
    if pa.types.is_map(data_type):
        return MapType(field_type_of(data_type.key_type), field_type_of(data_type.item_type))
    if pa.types.is_list(data_type):
        return ArrayType(field_type_of(data_type.value_type))
    if pa.types.is_struct(data_type):
        return RowType(tuple((child.name, field_type_of(child.type)) for child in data_type))
    return _NAMES[data_type]


def canonical_type(data_type: pa.DataType) -> pa.DataType:
    """The type of the fixed set above that holds every value of ``data_type`` (timestamps become microseconds, dictionaries
    plain values, unsigned integers the next larger signed ones). Raises :class:`UnsupportedType`.
    """
    if data_type in _NAMES and not pa.types.is_nested(data_type):
        return data_type
    if data_type in _WIDENED:
        return _WIDENED[data_type]
    if pa.types.is_nested(data_type):
        return _canonical_nested(data_type)
    if pa.types.is_dictionary(data_type) or pa.types.is_run_end_encoded(data_type):
        return canonical_type(data_type.value_type)
    return _canonical_parametric(data_type)


def _canonical_parametric(data_type: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(data_type):
        return pa.timestamp("us")
    if pa.types.is_time(data_type):
        return pa.time64("us")
    if pa.types.is_decimal(data_type) and data_type.precision <= 38:
        return pa.decimal128(data_type.precision, data_type.scale)
    if pa.types.is_fixed_size_binary(data_type):
        return pa.binary()
    raise UnsupportedType(f"the type {data_type} cannot flow between plugins")


def _canonical_nested(data_type: pa.DataType) -> pa.DataType:
    if pa.types.is_map(data_type):
        return pa.map_(canonical_type(data_type.key_type), canonical_type(data_type.item_type))
    if pa.types.is_struct(data_type):
        return pa.struct([pa.field(child.name, canonical_type(child.type)) for child in data_type])
    if pa.types.is_list(data_type) or pa.types.is_large_list(data_type) or pa.types.is_fixed_size_list(data_type):
        return pa.list_(canonical_type(data_type.value_type))
    raise UnsupportedType(f"the type {data_type} cannot flow between plugins")


def canonical_schema(schema: pa.Schema) -> pa.Schema:
    """``schema`` with canonical types, nullable fields and no metadata. Raises :class:`UnsupportedType` naming the column."""
    fields = []
    for field in schema:
        try:
            fields.append(pa.field(field.name, canonical_type(field.type)))
        except UnsupportedType as error:
            raise UnsupportedType(f"column {field.name}: {error.message}", hint=error.hint) from error
    return pa.schema(fields)


def describe(schema: pa.Schema) -> str:
    """The schema in the words of a job file: ``id bigint, tags array<string>``."""
    return ", ".join(f"{field.name} {field_type_of(field.type)}" for field in schema)
