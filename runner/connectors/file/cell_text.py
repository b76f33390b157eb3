r"""SQL that writes values as text: in csv and text files, and in JSON where the engine's own form is not the usual one.

Nested values in csv and text use one separator per level (\x02, \x03, ...), as SeaTunnel's text format does; the readers of
this package read them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from runner.connectors.file.text_values import separator
from spec.sql.text import identifier, literal
from spec.types import MAXIMUM_PRECISION


@dataclass(frozen=True, slots=True)
class MomentFormats:
    """How dates, times and timestamps are written; an empty format is the engine's own (ISO, with a fraction if any)."""

    date: str = ""
    time: str = ""
    timestamp: str = ""


def cell_text(expression: str, data_type: Any, formats: MomentFormats, level: int = 1) -> str:
    """SQL for the text of a value; null stays null."""
    if pa.types.is_string(data_type):
        return expression
    if pa.types.is_binary(data_type):
        return f"decode({expression})"
    if pa.types.is_list(data_type):
        item = cell_text("x", data_type.value_type, formats, level + 1)
        return _joined(f"list_transform({expression}, lambda x: coalesce({item}, ''))", level)
    if pa.types.is_map(data_type):
        return _map_text(expression, data_type, formats, level)
    if pa.types.is_struct(data_type):
        return _row_text(expression, data_type, formats, level)
    return _moment_text(expression, data_type, formats) or plain_text(expression)


def plain_text(expression: str) -> str:
    """SQL for the engine's own text of a value."""
    return f"CAST({expression} AS VARCHAR)"


def _moment_text(expression: str, data_type: pa.DataType, formats: MomentFormats) -> str:
    if pa.types.is_date(data_type) and formats.date:
        return f"strftime({expression}, {literal(formats.date)})"
    if pa.types.is_timestamp(data_type) and formats.timestamp:
        return f"strftime({expression}, {literal(formats.timestamp)})"
    if pa.types.is_time(data_type) and formats.time:
        return f"strftime(DATE '1970-01-01' + {expression}, {literal(formats.time)})"
    return ""


def _joined(texts: str, level: int) -> str:
    return f"array_to_string({texts}, chr({ord(separator(level))}))"


def _map_text(expression: str, data_type: Any, formats: MomentFormats, level: int) -> str:
    key = cell_text("x.key", data_type.key_type, formats, level + 2)
    value = cell_text("x.value", data_type.item_type, formats, level + 2)
    pair = f"coalesce({key}, '') || chr({ord(separator(level + 1))}) || coalesce({value}, '')"
    return _joined(f"list_transform(map_entries({expression}), lambda x: {pair})", level)


def _row_text(expression: str, data_type: Any, formats: MomentFormats, level: int) -> str:
    fields = [
        f"coalesce({cell_text(f'{expression}.{identifier(child.name)}', child.type, formats, level + 1)}, '')"
        for child in data_type
    ]
    joined = f" || chr({ord(separator(level))}) || ".join(fields)
    return f"CASE WHEN {expression} IS NOT NULL THEN {joined} END"


def json_value(expression: str, data_type: Any) -> str:
    """SQL for what JSON shows of a value: bytes in base64, timestamps with a ``T``, numbers that JSON has not as texts."""
    if not _needs_help(data_type):
        return expression
    if pa.types.is_binary(data_type):
        return f"to_base64({expression})"
    if pa.types.is_timestamp(data_type):
        return f"replace(CAST({expression} AS VARCHAR), ' ', 'T')"
    if pa.types.is_decimal(data_type):
        return _fraction(expression, data_type)
    if pa.types.is_floating(data_type):
        return (
            f"CASE WHEN isfinite({expression}) OR {expression} IS NULL THEN to_json({expression})"
            f" WHEN isnan({expression}) THEN '\"NaN\"'::JSON"
            f" WHEN {expression} > 0 THEN '\"Infinity\"'::JSON ELSE '\"-Infinity\"'::JSON END"
        )
    if pa.types.is_list(data_type):
        return f"list_transform({expression}, lambda x: {json_value('x', data_type.value_type)})"
    if pa.types.is_map(data_type):
        value = json_value("x.value", data_type.item_type)
        entries = f"list_transform(map_entries({expression}), lambda x: {{'key': x.key, 'value': {value}}})"
        return f"map_from_entries({entries})"
    fields = ", ".join(
        f"{identifier(child.name)} := {json_value(f'{expression}.{identifier(child.name)}', child.type)}" for child in data_type
    )
    return f"CASE WHEN {expression} IS NOT NULL THEN struct_pack({fields}) END"


def _fraction(expression: str, data_type: Any) -> str:
    """SQL for a decimal without digits before the point, where the engine writes no zero either, which JSON asks for: with
    room for one, or as a text when there is none."""
    if data_type.precision < MAXIMUM_PRECISION:
        return f"CAST({expression} AS DECIMAL({data_type.precision + 1}, {data_type.scale}))"
    return f"regexp_replace(CAST({expression} AS VARCHAR), '^(-?)[.]', '\\10.')"


def _needs_help(data_type: Any) -> bool:
    if pa.types.is_list(data_type):
        return _needs_help(data_type.value_type)
    if pa.types.is_map(data_type):
        return _needs_help(data_type.item_type)
    if pa.types.is_struct(data_type):
        return any(_needs_help(child.type) for child in data_type)
    if pa.types.is_decimal(data_type):
        return bool(data_type.precision == data_type.scale)
    return bool(pa.types.is_binary(data_type) or pa.types.is_timestamp(data_type) or pa.types.is_floating(data_type))
