"""Rows as text for people: Console's lines and Assert's complaints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from spec.sql.text import identifier


def row_text(fields: Iterable[Any]) -> str:
    """SQL for a row's values in one line: ``1, ann, null, [x, y], {"k":1}``."""
    texts = (f"coalesce({_value_text(identifier(field.name), field.type)}, 'null')" for field in fields)
    return " || ', ' || ".join(texts)


def _value_text(expression: str, data_type: pa.DataType) -> str:
    if pa.types.is_map(data_type):
        return f"CAST(to_json({expression}) AS VARCHAR)"
    return f"CAST({expression} AS VARCHAR)"
