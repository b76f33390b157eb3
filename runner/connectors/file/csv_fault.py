"""Finds the record and the field of a csv range that Arrow's parser refused, to say it in the user's words.

Only runs when a job is about to fail, so it may take its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from runner.connectors.base import DataError
from runner.connectors.file.records import Range, line_number
from runner.connectors.file.text_values import convert_text
from runner.dataset import arrays
from spec.types import FieldType

_MAXIMUM_SHOWN = 60
_DELIMITERS = {",": ",", ";": ";", "\t": "\\t", "|": "|", "\x01": "\\u0001"}
"""Signs that often separate values, and how a job file writes them."""

RowsOf: TypeAlias = Callable[[str], Iterator[tuple[int, list[str]]]]
"""Splits a text into records: how many lines come before each, and its fields."""


def find_fault(
    path: Path, found: Range, fields: Sequence[tuple[str, FieldType | None]], rows_of: RowsOf, reason: str
) -> DataError:
    """The error for the first record of ``found`` that does not fit. ``fields``: the file's columns; type None: not read."""
    first_line = line_number(path, found.begin)
    try:
        text = found.data.decode()
    except UnicodeDecodeError as error:
        offset = found.begin + error.start
        return DataError(
            f"{path.name} line {line_number(path, offset)}: a byte that is not UTF-8: 0x{found.data[error.start]:02x}",
            position=f"{path}: byte {offset}",
        )
    for lines, row in rows_of(text):
        line = first_line + lines
        problem = _problem(row, fields) if row else None
        if problem is not None:
            hint = (_header_hint(row, fields) if line == 1 else "") or _delimiter_hint(row, fields)
            return DataError(f"{path.name} line {line}, {problem}", hint=hint, position=f"{path}: line {line}")
    return DataError(f"{path.name} from line {first_line}: {reason}", position=f"{path}: byte {found.begin}")


def _problem(row: list[str], fields: Sequence[tuple[str, FieldType | None]]) -> str | None:
    if len(row) != len(fields):
        return other_width(len(row), fields)
    for value, (name, field_type) in zip(row, fields, strict=True):
        if field_type is not None and not _converts(value, field_type):
            return misfit_text(name, value, field_type)
    return None


def other_width(width: int, fields: Sequence[tuple[str, FieldType | None]]) -> str:
    """What is wrong with a record of ``width`` values."""
    names = ", ".join(name for name, _ in fields)
    return f"{width} {'column' if width == 1 else 'columns'} where {len(fields)} were expected ({names})"


def misfit_text(name: str, value: str, field_type: FieldType) -> str:
    """What is wrong with a value that is none of its type."""
    return f"column {name}: {_shown(value)} is not {_article(field_type)}"


def _converts(value: str, field_type: FieldType) -> bool:
    try:
        convert_text(arrays.of([value], pa.string()), field_type)
    except pa.ArrowException:
        return False
    return True


def _shown(value: str) -> str:
    return repr(value if len(value) <= _MAXIMUM_SHOWN else value[:_MAXIMUM_SHOWN] + "…")


def _article(field_type: FieldType) -> str:
    text = str(field_type)
    return f"an {text}" if text[0] in "aeiou" else f"a {text}"


def _delimiter_hint(row: list[str], fields: Sequence[tuple[str, FieldType | None]]) -> str:
    if len(row) != 1 or len(fields) < 2:
        return ""
    for sign, written in _DELIMITERS.items():
        if row[0].count(sign) == len(fields) - 1:
            return f'its values seem to be separated by another sign: set field_delimiter = "{written}"'
    return ""


def _header_hint(row: list[str], fields: Sequence[tuple[str, FieldType | None]]) -> str:
    names = {name.lower() for name, _ in fields}
    if any(value.strip().lower() in names for value in row):
        return "this looks like a header line: set skip_header_row_number = 1"
    return ""
