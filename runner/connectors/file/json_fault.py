"""Finds the line and the field of a JSON range that nobody could read, to say it in the user's words.

Only runs when a job is about to fail, so it may take its time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from runner.connectors.base import DataError
from runner.connectors.file.json_values import LeafConverter
from runner.connectors.file.records import Range, line_number
from runner.connectors.table_schema import Column
from runner.dataset import arrays
from runner.dataset.arrow_types import arrow_type
from spec.types import ArrayType, DecimalType, FieldType, MapType, RowType, ScalarType

_MAXIMUM_SHOWN = 60


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def find_fault(path: Path, found: Range, columns: Sequence[Column], reason: str, leaves: LeafConverter) -> DataError:
    """The error for the first line of ``found`` that does not fit."""
    first = line_number(path, found.begin)
    for number, line in enumerate(found.data.split(b"\n")):
        problem = _problem(line, columns, leaves) if line.strip() else None
        if problem is not None:
            message, hint = problem
            position = f"{path}: line {first + number}"
            return DataError(f"{path.name} line {first + number}, {message}", hint=hint, position=position)
    return DataError(f"{path.name} from line {first}: {reason}", position=f"{path}: byte {found.begin}")


def syntax_problem(line: bytes) -> str:
    """Why a line is no JSON."""
    found = _read(line)
    return found.problem if isinstance(found, _Unreadable) else "the engine does not take it for JSON"


def document_problem(line: bytes, columns: Sequence[Column], leaves: LeafConverter) -> str:
    """Why a line is no document with ``columns``."""
    found = _problem(line, columns, leaves)
    return "it has not the structure that the schema declares" if found is None else found[0]


def field_problem(line: bytes, column: Column, leaves: LeafConverter) -> str:
    """Why a document's value of one column does not fit."""
    document = _read(line)
    if isinstance(document, _Unreadable):
        return document.problem
    value = document.get(column.name) if isinstance(document, dict) else None
    fault = _fault(value, column.type, column.name, leaves)
    return fault or f"field {column.name}: a value is not of type {column.type}"


@dataclass(frozen=True, slots=True)
class _Unreadable:
    problem: str
    hint: str = ""


def _read(line: bytes) -> Any:
    try:
        return json.loads(line.decode(), parse_float=_Number, parse_int=_Number)
    except UnicodeDecodeError as error:
        return _Unreadable(f"a byte that is not UTF-8: 0x{line[error.start]:02x}")
    except json.JSONDecodeError as error:
        hint = "each line is one JSON object" if line.lstrip()[:1] in {b"[", b"{"} else ""
        return _Unreadable(f"column {error.colno}: {error.msg.lower()}", hint)
    except RecursionError:
        return _Unreadable("nested too deeply")


def _problem(line: bytes, columns: Sequence[Column], leaves: LeafConverter) -> tuple[str, str] | None:
    document = _read(line)
    if isinstance(document, _Unreadable):
        return document.problem, document.hint
    if not isinstance(document, dict):
        return f"{_shown(document)} is not an object", "each line is one JSON object"
    for column in columns:
        fault = _fault(document.get(column.name), column.type, column.name, leaves)
        if fault is not None:
            return fault, ""
    return None


def _fault(value: Any, field_type: FieldType, where: str, leaves: LeafConverter) -> str | None:
    """What is wrong with ``value``, None when nothing is. Numbers are texts here, as they were written."""
    if value is None:
        return None
    match field_type:
        case RowType(fields) if isinstance(value, dict):
            return _first(_fault(value.get(name), nested, f"{where}.{name}", leaves) for name, nested in fields)
        case MapType(key, nested) if isinstance(value, dict):
            keys = (_fault(name, key, f"{where} key", leaves) for name in value)
            values = (_fault(item, nested, f"{where}.{name}", leaves) for name, item in value.items())
            return _first(keys) or _first(values)
        case ArrayType(element) if isinstance(value, list):
            return _first(_fault(item, element, f"{where}[{index}]", leaves) for index, item in enumerate(value))
        case ScalarType() | DecimalType() if _converts(value, field_type, leaves):
            return None
    return f"field {where}: {_shown(value)} is not of type {field_type}"


def _first(faults: Any) -> str | None:
    return next((fault for fault in faults if fault is not None), None)


def _converts(value: Any, field_type: ScalarType | DecimalType, leaves: LeafConverter) -> bool:
    if "vector" in str(field_type):
        return _is_vector(value, field_type)
    if isinstance(value, bool):
        value = "true" if value else "false"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    try:
        leaves.convert(arrays.of([text], pa.string()), field_type)
    except (pa.ArrowException, duckdb.Error):
        return False
    return True


def _is_vector(value: Any, field_type: FieldType) -> bool:
    try:
        arrays.of([[float(item) for item in value]], arrow_type(field_type))
    except (TypeError, ValueError, pa.ArrowException):
        return False
    return True


def _shown(value: Any) -> str:
    text = _written(value)
    return text if len(text) <= _MAXIMUM_SHOWN else text[:_MAXIMUM_SHOWN] + "…"


def _written(value: Any) -> str:
    """The value as JSON, numbers as they were written."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_written(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
