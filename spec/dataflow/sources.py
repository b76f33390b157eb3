"""The columns that a source declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from spec.checks.wiring import Node
from spec.dataflow.report import Reporter
from spec.dataflow.schema import UNKNOWN, Column, DatasetSchema, Schema
from spec.types import FieldType, FieldTypeError, ScalarType, parse_field_type

_SEVERAL_TABLES = ("tables_configs", "table_list", "tables", "table-names", "table_configs")
_DECLARED_FORMATS = frozenset({"", "csv", "json", "text"})
_FILE_SOURCE = re.compile(r"[a-z0-9]*file", re.IGNORECASE)
_FILE_NAME = re.compile(r"[^/=]+\.[A-Za-z0-9]+(\.[A-Za-z0-9]+)*")


def source_schema(node: Node, report: Reporter) -> DatasetSchema:
    """What the options of a source say about its columns; of a plugin that finds its columns elsewhere nothing is known."""
    data = node.canonical.data
    declared = data.get("schema")
    if not isinstance(declared, Mapping) or any(data.get(option) for option in _SEVERAL_TABLES):
        return UNKNOWN
    columns = tuple(_declared(declared, node))
    file_format = str(data.get("file_format_type") or data.get("format") or "").lower()
    if not columns or file_format not in _DECLARED_FORMATS or (declared.get("fields") and declared.get("columns")):
        return UNKNOWN
    origin = node.canonical.origin(("schema",))
    schema = Schema(columns, origin.span, node.declared_output or "")
    return _of_files(schema, data, report) if _FILE_SOURCE.fullmatch(node.plugin.name) else schema


def _declared(schema: Mapping[str, Any], node: Node) -> Iterator[Column]:
    fields, columns = schema.get("fields"), schema.get("columns")
    if isinstance(fields, Mapping):
        for name, declared in fields.items():
            yield Column(str(name), _type(declared), node.canonical.origin(("schema", "fields", name)).span)
    for index, column in enumerate(columns if isinstance(columns, list) else ()):
        if isinstance(column, Mapping) and isinstance(column.get("name"), str):
            at = node.canonical.origin(("schema", "columns", index, "name")).value.span
            yield Column(column["name"], _type(column.get("type")), at)


def _type(declared: Any) -> FieldType | None:
    try:
        return parse_field_type(declared)
    except FieldTypeError:
        return None  # told where the types are checked


def _of_files(schema: Schema, data: Mapping[str, Any], report: Reporter) -> DatasetSchema:
    """The columns that are read, then those of the ``name=value`` directories of the path."""
    columns = schema.columns
    wanted = data.get("read_columns")
    if isinstance(wanted, list):
        names = [str(name) for name in wanted]
        for index, name in enumerate(names):
            if schema.lacks(name):
                report.missing_column(name, schema, ("read_columns", index))
        columns = tuple(schema.find(name) or Column(name, None) for name in dict.fromkeys(names))
    complete = True
    path = data.get("path")
    if data.get("parse_partition_from_path", True) is not False:
        steps = path.split("/") if isinstance(path, str) else [""]
        complete = _FILE_NAME.fullmatch(steps[-1]) is not None  # anything else may be a directory with more of them
        present = {column.name for column in columns}
        found = (unquote(step.partition("=")[0]) for step in steps[:-1] if step.partition("=")[0] and "=" in step)
        columns += tuple(Column(name, ScalarType.STRING) for name in dict.fromkeys(found) if name not in present)
    return Schema(columns, schema.made_at, schema.dataset, complete)
