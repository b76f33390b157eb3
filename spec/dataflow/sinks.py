"""What sinks ask of the columns they get: names in their options, and the types of Assert's rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spec.checks.canonical import Path
from spec.checks.wiring import Node
from spec.dataflow.report import Reporter
from spec.dataflow.schema import Column, DatasetSchema, Schema
from spec.types import ArrayType, DecimalType, FieldType, FieldTypeError, MapType, ScalarType, parse_field_type

_FILE_SINK = re.compile(r"[a-z0-9]*file", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\$\{[kv](\d+)\}")
_NUMBERS = frozenset(
    {ScalarType.TINYINT, ScalarType.SMALLINT, ScalarType.INT, ScalarType.BIGINT, ScalarType.FLOAT, ScalarType.DOUBLE}
)


def check_sink(node: Node, schema: DatasetSchema, report: Reporter) -> None:
    """Report what of the sink's options does not fit its columns."""
    if not isinstance(schema, Schema):
        return
    if _FILE_SINK.fullmatch(node.plugin.name):
        _check_files(node, schema, report)
    else:
        check = _SINKS.get(node.plugin.name.lower())
        if check is not None:
            check(node, schema, report)


def _check_files(node: Node, schema: Schema, report: Reporter) -> None:
    written = _columns(node, "sink_columns")
    _check_names(written, "sink_columns", schema, report)
    partitions = _columns(node, "partition_by")
    _check_names(partitions, "partition_by", schema, report)
    if not partitions:
        return
    for index, name in enumerate(partitions):
        if written and name not in written and schema.find(name):
            origin = report.origin("partition_by", index)
            report.problem(
                "T509", f'the {node} partitions by "{name}", which is not in its sink_columns', origin, label="is not written"
            )
    _check_directories(node, partitions, report)
    kept = set(written or schema.names) - set(partitions)
    if not kept and schema.complete and not node.canonical.data.get("is_partition_field_write_in_file"):
        origin = report.origin("partition_by")
        message = f"the {node} has no column left to write: all of them name directories"
        note = "help: is_partition_field_write_in_file = true also writes them into the files"
        report.problem("T508", message, origin, label="all columns", notes=(note,))


def _check_directories(node: Node, partitions: list[str], report: Reporter) -> None:
    expression = node.canonical.data.get("partition_dir_expression")
    if not isinstance(expression, str):
        return
    for number in _PLACEHOLDER.findall(expression):
        if len(number) > 6 or int(number) >= len(partitions):
            origin = report.origin("partition_dir_expression")
            message = f"the {node} has {len(partitions)} columns in partition_by, but names directories by column {number}"
            notes = ("columns count from 0: ${k0} is the name of the first one, ${v0} its value",)
            report.problem("T509", message, origin, label="no such column", notes=notes)
            return


def _check_keys(node: Node, schema: Schema, report: Reporter) -> None:
    """Options that list columns. A statement of the user's own may give them other names."""
    if "query" in node.canonical.data or "field_ide" in node.canonical.data:
        return
    for option in _KEYS[node.plugin.name.lower()]:
        _check_names(_columns(node, option), option, schema, report)


def _check_names(names: list[str] | None, option: str, schema: Schema, report: Reporter) -> None:
    for index, name in enumerate(names or ()):
        if schema.lacks(name) and "${" not in name:
            report.missing_column(name, schema, (option, index))


def _columns(node: Node, option: str) -> list[str] | None:
    value = node.canonical.data.get(option)
    return [str(name) for name in value] if isinstance(value, list) and value else None


def _check_assert(node: Node, schema: Schema, report: Reporter) -> None:
    for path, rule in _field_rules(node.canonical.data):
        name = rule.get("field_name")
        if not isinstance(name, str):
            continue
        column = schema.find(name)
        if schema.lacks(name):
            report.missing_column(name, schema, (*path, "field_name"))
        elif column is not None and column.type is not None:
            _check_type(rule, column, (*path, "field_type"), report, schema)
            _check_values(rule, column, path, report)


def _field_rules(data: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    rules = data.get("rules")
    found = rules.get("field_rules") if isinstance(rules, Mapping) else None
    for index, rule in enumerate(found if isinstance(found, list) else ()):
        if isinstance(rule, Mapping):
            yield ("rules", "field_rules", index), rule


def _check_type(rule: Mapping[str, Any], column: Column, path: Path, report: Reporter, schema: Schema) -> None:
    declared = rule.get("field_type")
    if declared is None or column.type is None:
        return
    try:
        expected = parse_field_type(declared)
    except FieldTypeError:
        return  # told where the types are checked
    actual = carried(column.type) if report.local else column.type
    if same_type(expected, actual) or (expected is ScalarType.NULL and not report.local):
        return
    report.problem(
        "T506",
        f'Assert expects "{column.name}" to be {expected}, but it is {actual}',
        report.origin(*path),
        label=f'"{column.name}" is {actual}',
        schema=schema,
        notes=(f"help: assert {actual}, or CAST the column in a Sql transform before",),
    )


def same_type(expected: FieldType, actual: FieldType) -> bool:
    """Whether Assert takes values of ``actual`` where it expects ``expected``."""
    if isinstance(expected, DecimalType) and isinstance(actual, DecimalType):
        return expected.scale == actual.scale and actual.precision <= expected.precision
    return str(expected).lower() == str(actual).lower()


def carried(field_type: FieldType) -> FieldType:
    """The type that the local engine carries values of ``field_type`` as: vectors are bytes, arrays and maps to it."""
    match field_type:
        case ScalarType.BINARY_VECTOR | ScalarType.FLOAT16_VECTOR | ScalarType.BFLOAT16_VECTOR:
            return ScalarType.BYTES
        case ScalarType.FLOAT_VECTOR:
            return ArrayType(ScalarType.FLOAT)
        case ScalarType.SPARSE_FLOAT_VECTOR:
            return MapType(ScalarType.INT, ScalarType.FLOAT)
        case _:
            return field_type


def _check_values(rule: Mapping[str, Any], column: Column, path: Path, report: Reporter) -> None:
    values = rule.get("field_value")
    for index, value in enumerate(values if isinstance(values, list) else ()):
        kind = value.get("rule_type") if isinstance(value, Mapping) else None
        if (
            isinstance(kind, str)
            and kind in {"MIN", "MAX"}
            and column.type not in _NUMBERS
            and not isinstance(column.type, DecimalType)
        ):
            report.problem(
                "T505",
                f'Assert compares "{column.name}" with a number, but it is {column.type}',
                report.origin(*path, "field_value", index, "rule_type"),
                label=f"{kind} is for numbers",
            )


_KEYS: Mapping[str, tuple[str, ...]] = {
    "elasticsearch": ("primary_keys",),
    "hbase": ("rowkey_column",),
    "influxdb": ("key_tags",),
    "jdbc": ("primary_keys",),
    "kafka": ("partition_key_fields",),
}
_SINKS: Mapping[str, Callable[[Node, Schema, Reporter], None]] = {
    "assert": _check_assert,
    **dict.fromkeys(_KEYS, _check_keys),
}
