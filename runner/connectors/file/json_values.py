"""What a JSON document holds as columns of values, and how the engine is asked for it.

The engine extracts the right structure with texts at its leaves; texts become values here, so that nothing that does not fit
can turn into null on the way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.connectors.file.text_values import convert_scalar
from runner.dataset import arrays
from runner.dataset.arrays import Column
from runner.dataset.arrow_types import arrow_type
from spec.sql.text import literal
from spec.types import ArrayType, DecimalType, FieldType, MapType, RowType, ScalarType

_compute: Any = pc

DOUBLE_DIGITS = 15
"""Decimal digits that a double always keeps."""

_AS_TEXT = frozenset({ScalarType.DATE, ScalarType.TIME, ScalarType.BYTES})


def arrow_carrier(field_type: FieldType) -> pa.DataType | None:
    """The type in which Arrow's JSON reader delivers ``field_type`` (texts for what it does not know), None when it cannot."""
    match field_type:
        case ArrayType(element):
            inner = arrow_carrier(element)
            return None if inner is None else pa.list_(inner)
        case RowType(fields):
            carriers = [(name, arrow_carrier(nested)) for name, nested in fields]
            known = [pa.field(name, carrier) for name, carrier in carriers if carrier is not None]
            return pa.struct(known) if len(known) == len(carriers) else None
        case MapType():
            return None
        case ScalarType() if field_type in _AS_TEXT:
            return pa.string()
        case ScalarType() if "vector" in field_type:
            return None
        case _:
            return arrow_type(field_type)


def structure(field_type: FieldType) -> Any:
    """The structure that the engine's ``from_json`` takes, with texts at the leaves."""
    match field_type:
        case ArrayType(element):
            return [structure(element)]
        case RowType(fields):
            return {name: structure(nested) for name, nested in fields}
        case MapType(_, value):
            return f"MAP(VARCHAR, {_sql_structure(value)})"
        case ScalarType.FLOAT_VECTOR:
            return ["VARCHAR"]
        case ScalarType.SPARSE_FLOAT_VECTOR:
            return "MAP(VARCHAR, VARCHAR)"
        case _:
            return "VARCHAR"


def _sql_structure(field_type: FieldType) -> str:
    made = structure(field_type)
    if isinstance(made, list):
        return f"{_sql_structure(field_type.element) if isinstance(field_type, ArrayType) else 'VARCHAR'}[]"
    if isinstance(field_type, RowType):
        names = (name.replace('"', '""') for name, _ in field_type.fields)
        types = (_sql_structure(nested) for _, nested in field_type.fields)
        return "STRUCT(" + ", ".join(f'"{name}" {text}' for name, text in zip(names, types, strict=True)) + ")"
    return str(made)


def containers(field_type: FieldType, path: str) -> list[tuple[str, str]]:
    """The JSON paths at or below ``path`` where there must be an OBJECT or an ARRAY (or null)."""
    match field_type:
        case ArrayType(element):
            return [(path, "ARRAY"), *containers(element, f"{path}[*]")]
        case MapType(_, value):
            return [(path, "OBJECT"), *containers(value, f"{path}.*")]
        case RowType(fields):
            below = [found for name, nested in fields for found in containers(nested, f"{path}.{path_key(name)}")]
            return [(path, "OBJECT"), *below]
        case ScalarType.FLOAT_VECTOR:
            return [(path, "ARRAY")]
        case ScalarType.SPARSE_FLOAT_VECTOR:
            return [(path, "OBJECT")]
        case _:
            return []


def path_key(name: str) -> str:
    """``name`` as a step of a JSON path."""
    return json.dumps(name, ensure_ascii=False)


def structure_checks(name: str, field_type: FieldType) -> Iterator[str]:
    """SQL conditions that nested values are objects or arrays where they must be; null is neither."""
    for path, kind in containers(field_type, f"$.{path_key(name)}"):
        types = f"json_type(line, {literal(path)})"
        allowed = f"IN ({literal(kind)}, 'NULL')"
        if "*" in path:
            yield f"len(list_filter({types}, lambda kind: NOT kind {allowed})) = 0"
        else:
            yield f"coalesce({types} {allowed}, true)"


def needs_exact_numbers(field_type: FieldType) -> bool:
    """Whether a double has too few digits for a value somewhere in ``field_type``."""
    match field_type:
        case DecimalType(precision, _):
            return precision > DOUBLE_DIGITS
        case ArrayType(element):
            return needs_exact_numbers(element)
        case MapType(key, value):
            return needs_exact_numbers(key) or needs_exact_numbers(value)
        case RowType(fields):
            return any(needs_exact_numbers(nested) for _, nested in fields)
        case _:
            return False


def text_leaves(value: Any, field_type: FieldType) -> Any:
    """A value of a document whose numbers are texts, with texts at all its leaves."""
    if value is None:
        return None
    match field_type:
        case ArrayType(element):
            return [text_leaves(item, element) for item in value]
        case MapType(_, nested):
            return [(key, text_leaves(item, nested)) for key, item in value.items()]
        case RowType(fields):
            return {name: text_leaves(value.get(name), nested) for name, nested in fields}
        case _ if isinstance(value, bool):
            return "true" if value else "false"
        case _:
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class LeafConverter:
    """Turns carriers into values of the declared types."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def convert(self, carrier: Column, field_type: FieldType) -> Column:
        """Raises pa.ArrowInvalid (or its kin) or duckdb.Error when a text is no value of its type."""
        match field_type:
            case ArrayType(element):
                return self._list(carrier, element, field_type)
            case MapType(key, value):
                return self._map(carrier, key, value, field_type)
            case RowType():
                return self._row(carrier, field_type)
            case ScalarType.FLOAT_VECTOR:
                return self._list(carrier, ScalarType.FLOAT, field_type)
            case ScalarType.SPARSE_FLOAT_VECTOR:
                return self._map(carrier, ScalarType.INT, ScalarType.FLOAT, field_type)
            case _:
                return self._leaf(carrier, field_type)

    def _leaf(self, carrier: Column, field_type: ScalarType | DecimalType) -> Column:
        target = arrow_type(field_type)
        if carrier.type == target and target != pa.binary():
            return carrier
        if target == pa.binary():
            return self._from_base64(carrier)
        if pa.types.is_integer(target) or pa.types.is_floating(target) or pa.types.is_decimal(target):
            carrier = _compute.utf8_trim_whitespace(carrier)  # a text for a number: the engine passes over space, too
        return convert_scalar(carrier, field_type)

    def _list(self, carrier: Column, element: FieldType, field_type: FieldType) -> Column:
        offsets, values = _parts(carrier, carrier.values)
        return _with_nulls(arrays.lists(offsets, self.convert(values, element), arrow_type(field_type)), carrier)

    def _map(self, carrier: Column, key: FieldType, value: FieldType, field_type: FieldType) -> Column:
        offsets, keys = _parts(carrier, carrier.keys)
        _, items = _parts(carrier, carrier.items)
        made = arrays.maps(offsets, self.convert(keys, key), self.convert(items, value), arrow_type(field_type))
        return _with_nulls(made, carrier)

    def _row(self, carrier: Column, field_type: RowType) -> Column:
        names = [name for name, _ in field_type.fields]
        fields = [
            self.convert(_compute.struct_field(carrier, [index]), nested) for index, (_, nested) in enumerate(field_type.fields)
        ]
        return _with_nulls(arrays.rows(names, fields, len(carrier)), carrier)

    def _from_base64(self, texts: Column) -> Column:
        cursor = self._connection.cursor()
        try:
            cursor.register("texts", pa.table({"text": texts}))
            return cursor.sql("SELECT from_base64(text) AS bytes FROM texts").to_arrow_table().column(0).combine_chunks()
        finally:
            cursor.close()


def _parts(carrier: Column, values: Column) -> tuple[Any, Column]:
    """Offsets from 0 and the values they are into."""
    offsets = np.asarray(carrier.offsets)
    return (offsets - offsets[0]).astype(np.int32), values.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))


def _with_nulls(made: Column, carrier: Column) -> Column:
    if not carrier.null_count:
        return made
    return _compute.if_else(_compute.is_valid(carrier), made, pa.scalar(None, made.type))
