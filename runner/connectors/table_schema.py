"""The ``schema`` option: the columns that a source declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from runner.connectors.options import Options
from runner.dataset.arrow_types import arrow_type
from spec.types import FieldType, FieldTypeError, parse_field_type


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column. ``length`` and ``scale`` only matter to FakeSource; 0 and None: not declared."""

    name: str
    type: FieldType
    length: int = 0
    scale: int | None = None
    default: Any = None


def declared_columns(options: Options, name: str = "schema") -> tuple[Column, ...] | None:
    """The columns of the ``schema`` option in order, or None when it declares none. Raises OptionError."""
    schema = options.mapping(name)
    if not schema:
        return None
    fields, columns = schema.get("fields"), schema.get("columns")
    if fields and columns:
        raise options.error(name, "has both 'fields' and 'columns'; keep one of them")
    if fields:
        declared = _from_fields(fields, options, name)
    elif columns:
        declared = _from_columns(columns, options, name)
    else:
        return None
    _refuse_duplicates(declared, options, name)
    return declared


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of declared columns."""
    return pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])


def _from_fields(fields: Any, options: Options, name: str) -> tuple[Column, ...]:
    if not isinstance(fields, Mapping):
        raise options.error(name, "has 'fields' that are no object of names and types")
    return tuple(Column(str(key), _type(key, declared, options, name)) for key, declared in fields.items())


def _from_columns(columns: Any, options: Options, name: str) -> tuple[Column, ...]:
    if not isinstance(columns, Sequence) or not all(isinstance(column, Mapping) for column in columns):
        raise options.error(name, "has 'columns' that are no list of objects")
    return tuple(_column(Options(column, options.plugin), options, name) for column in columns)


def _column(column: Options, options: Options, name: str) -> Column:
    key = column.text("name")
    scale = column.raw("columnScale")
    return Column(
        key,
        _type(key, column.raw("type"), options, name),
        length=column.integer("columnLength", default=0, minimum=0),
        scale=None if scale is None else column.integer("columnScale", default=0, minimum=0),
        default=column.raw("defaultValue"),
    )


def _type(key: Any, declared: Any, options: Options, name: str) -> FieldType:
    try:
        return parse_field_type(declared)
    except FieldTypeError as error:
        raise options.error(name, f"has a column '{key}' whose type is wrong: {error.message}", hint=error.hint) from error


def _refuse_duplicates(columns: Sequence[Column], options: Options, name: str) -> None:
    seen: dict[str, str] = {}
    for column in columns:
        folded = column.name.casefold()
        if folded in seen:
            raise options.error(
                name, f"has the columns '{seen[folded]}' and '{column.name}', which differ only in case at most"
            )
        seen[folded] = column.name
