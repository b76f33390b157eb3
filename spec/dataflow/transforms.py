"""What each transform makes of the columns it reads. Those that are not listed make unknown columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from spec.checks.canonical import Path
from spec.checks.wiring import Node
from spec.dataflow.report import Reporter
from spec.dataflow.schema import UNKNOWN, Column, DatasetSchema, Schema
from spec.dataflow.sql_query import sql_schema
from spec.types import ArrayType, FieldTypeError, MapType, RowType, ScalarType, parse_field_type

Inference: TypeAlias = Callable[[Node, Schema, Reporter], DatasetSchema]

_PER_TABLE = ("table_match_regex", "table_transform")


def transform_schema(node: Node, schema: DatasetSchema, report: Reporter) -> DatasetSchema:
    """The columns that ``node`` makes of an input of ``schema``, reporting what the input does not have."""
    infer = _TRANSFORMS.get(node.plugin.name.lower())
    if not isinstance(schema, Schema) or infer is None or any(option in node.canonical.data for option in _PER_TABLE):
        return UNKNOWN
    return infer(node, schema, report)


def _result(node: Node, columns: Sequence[Column], like: Schema) -> Schema:
    return Schema(tuple(columns), node.plugin.element.name_span, node.declared_output or "", like.complete)


def _read(name: str, schema: Schema, report: Reporter, path: Path, *, key: bool = False) -> Column:
    """The column that the option at ``path`` names. When there is none that is told, and it is the one that must be meant (so
    that the mistake is told once, not once more by every reader), or else one of that name and of no known type."""
    found = schema.find(name)
    if found is None and schema.lacks(name):
        meant = report.missing_column(name, schema, path, key=key)
        found = schema.find(meant) if meant else None
    return found or Column(name, None)


def _filter(node: Node, schema: Schema, report: Reporter) -> DatasetSchema:
    included, excluded = (_texts(node, option) for option in ("include_fields", "exclude_fields"))
    if (included is None) == (excluded is None):
        return UNKNOWN
    if included is not None:
        columns = [_read(name, schema, report, ("include_fields", index)) for index, name in enumerate(included)]
        _refuse_twice(included, lambda index: ("include_fields", index), report)
        complete = all(schema.find(column.name) for column in columns)
        return Schema(tuple(columns), node.plugin.element.name_span, node.declared_output or "", complete)
    for index, name in enumerate(excluded or ()):
        _read(name, schema, report, ("exclude_fields", index))
    kept = [column for column in schema.columns if column.name not in (excluded or ())]
    if not kept and schema.complete:
        origin = report.origin("exclude_fields")
        report.problem("T508", f"the {node} leaves no column", origin, label="all columns are excluded", schema=schema)
        return UNKNOWN
    return _result(node, kept, schema)


def _field_mapper(node: Node, schema: Schema, report: Reporter) -> DatasetSchema:
    mapping = _names(node, "field_mapper")
    if not mapping:
        return UNKNOWN
    columns = []
    for old, new in mapping.items():
        column = _read(old, schema, report, ("field_mapper", old), key=True)
        columns.append(Column(new, column.type, column.declared))
    keys = list(mapping)
    _refuse_twice(list(mapping.values()), lambda index: ("field_mapper", keys[index]), report)
    return Schema(tuple(columns), node.plugin.element.name_span, node.declared_output or "")


def _copy(node: Node, schema: Schema, report: Reporter) -> DatasetSchema:
    fields = _names(node, "fields")
    path: Callable[[str], Path] = lambda new: ("fields", new)  # noqa: E731 - a function of two lines says no more
    data = node.canonical.data
    if fields is None and isinstance(data.get("src_field"), str) and isinstance(data.get("dest_field"), str):
        fields = {data["dest_field"]: data["src_field"]}
        path = lambda _new: ("src_field",)  # noqa: E731
    if not fields:
        return UNKNOWN
    made = [Column(new, _read(old, schema, report, path(new)).type) for new, old in fields.items()]
    at = path if "fields" in data else lambda _new: ("dest_field",)
    return _added(node, schema, made, report, at, key=True)


def _split(node: Node, schema: Schema, report: Reporter) -> DatasetSchema:
    field, outputs = node.canonical.data.get("split_field"), _texts(node, "output_fields")
    if not isinstance(field, str) or not outputs:
        return UNKNOWN
    _read(field, schema, report, ("split_field",))
    _refuse_twice(outputs, lambda index: ("output_fields", index), report)
    made = [Column(name, ScalarType.STRING) for name in dict.fromkeys(outputs)]
    return _added(node, schema, made, report, lambda name: ("output_fields", outputs.index(name)))


def _replace(node: Node, schema: Schema, report: Reporter) -> DatasetSchema:
    field = node.canonical.data.get("replace_field")
    if not isinstance(field, str):
        return UNKNOWN
    column = _read(field, schema, report, ("replace_field",))
    if isinstance(column.type, ArrayType | MapType | RowType):
        report.problem(
            "T505",
            f'the {node} changes text, but "{field}" is {column.type}',
            report.origin("replace_field"),
            label=f"a column of type {column.type}",
            schema=schema,
        )
    return _result(node, schema.columns, schema)


def _unchanged(node: Node, schema: Schema, _report: Reporter) -> DatasetSchema:
    return _result(node, schema.columns, schema)


def _row_kind(node: Node, schema: Schema, report: Reporter) -> DatasetSchema:
    name = node.canonical.data.get("custom_field_name", "row_kind")
    if not isinstance(name, str):
        return UNKNOWN
    return _added(node, schema, [Column(name, ScalarType.STRING)], report, lambda _name: ("custom_field_name",))


def _json_path(node: Node, schema: Schema, report: Reporter) -> DatasetSchema:
    made = []
    items = node.canonical.data.get("columns")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, Mapping) or not isinstance(item.get("dest_field"), str):
            return UNKNOWN
        if isinstance(item.get("src_field"), str):
            _read(item["src_field"], schema, report, ("columns", index, "src_field"))
        try:
            made.append(Column(item["dest_field"], parse_field_type(item.get("dest_type", "string"))))
        except FieldTypeError:
            made.append(Column(item["dest_field"], None))
    return _result(node, [*schema.columns, *made], schema) if made else UNKNOWN


def _added(
    node: Node, schema: Schema, made: Sequence[Column], report: Reporter, path: Callable[[str], Path], *, key: bool = False
) -> Schema:
    """All columns with ``made`` in the place of those of the same name, or after them."""
    by_name = {column.name: column for column in made}
    present = set(schema.names)
    folded = {name.casefold(): name for name in schema.names}
    for name in by_name:
        if report.local and name not in present and name.casefold() in folded:
            report.twice(name, path(name), key=key)
    columns = [by_name.get(column.name, column) for column in schema.columns]
    return _result(node, [*columns, *(column for name, column in by_name.items() if name not in present)], schema)


def _refuse_twice(names: Sequence[str], path: Callable[[int], Path], report: Reporter) -> None:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        before = first.setdefault(name.casefold() if report.local else name, index)
        if before != index:
            report.twice(name, path(index), first=report.origin(*path(before)).value.span)


def _texts(node: Node, option: str) -> list[str] | None:
    value = node.canonical.data.get(option)
    if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
        return None
    return [str(item) for item in value]


def _names(node: Node, option: str) -> dict[str, str] | None:
    value = node.canonical.data.get(option)
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for item in value.values()):
        return None
    return {str(key): item for key, item in value.items()}


_TRANSFORMS: Mapping[str, Inference] = {
    "copy": _copy,
    "fieldmapper": _field_mapper,
    "filter": _filter,
    "filterrowkind": _unchanged,
    "jsonpath": _json_path,
    "replace": _replace,
    "rowkindextractor": _row_kind,
    "split": _split,
    "sql": sql_schema,
}
