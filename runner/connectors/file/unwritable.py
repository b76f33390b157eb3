"""What a file has no place for: conditions under which a row cannot be written, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from runner.connectors.file.cell_text import MomentFormats, cell_text
from runner.connectors.refusal import Refusal
from runner.dataset.rejected import RejectionKind
from spec.sql.text import identifier, literal


def no_text(columns: Sequence[Any]) -> Iterator[Refusal]:
    """Bytes in ``columns`` that are to be text and are none."""
    for column in columns:
        condition = _is_no_text(identifier(column.name), column.type)
        if condition:
            yield Refusal(RejectionKind.ENCODING, f"column {column.name}: the bytes are not UTF-8", condition)


def unquoted(columns: Sequence[Any], delimiter: str, formats: MomentFormats) -> Iterator[Refusal]:
    """Values of ``columns`` that look like the end of their field or line where nothing is quoted. Most readers take a carriage
    return for the end of a line too."""
    for column in columns:
        if not may_hold_anything(column.type):
            continue
        text = cell_text(identifier(column.name), column.type, formats)
        yield Refusal(
            RejectionKind.UNWRITABLE,
            f"column {column.name}: the value holds the field delimiter or a line break, which a text file cannot tell apart",
            f"{_holds(text, delimiter)} OR contains({text}, chr(10)) OR contains({text}, chr(13))",
        )


def _holds(text: str, delimiter: str) -> str:
    """SQL that is true when a reader would find ``delimiter`` before the end of ``text``: of ``|`` and ``||`` too."""
    end = literal(delimiter)
    return f"contains({text}, {end})" if len(delimiter) == 1 else f"strpos({text} || {end}, {end}) <= length({text})"


def may_hold_anything(data_type: Any) -> bool:
    """Whether values of that type have texts of any length and with any characters."""
    return bool(pa.types.is_string(data_type) or pa.types.is_binary(data_type) or pa.types.is_nested(data_type))


def _is_no_text(expression: str, data_type: Any) -> str:
    """SQL that is true when a value at or in ``expression`` is no text; empty when that cannot be."""
    if pa.types.is_binary(data_type):
        return f"encode(decode({expression}, 'replace')) <> {expression}"
    if pa.types.is_list(data_type):
        return _any_of(expression, _is_no_text("x", data_type.value_type))
    if pa.types.is_map(data_type):
        inner = [_is_no_text("x.key", data_type.key_type), _is_no_text("x.value", data_type.item_type)]
        return _any_of(f"map_entries({expression})", _or(inner))
    if pa.types.is_struct(data_type):
        return _or([_is_no_text(f"{expression}.{identifier(child.name)}", child.type) for child in data_type])
    return ""


def _any_of(items: str, condition: str) -> str:
    return f"len(list_filter({items}, lambda x: coalesce({condition}, false))) > 0" if condition else ""


def _or(conditions: Sequence[str]) -> str:
    return " OR ".join(f"coalesce({condition}, false)" for condition in conditions if condition)
