"""Rows that do not fit: what a plugin says of each one it could not pass on.

Made only where rows are refused; what becomes of them the worker decides (:mod:`runner.worker.rejections`).
"""

from __future__ import annotations

import base64
import datetime
import enum
import json
from collections.abc import Mapping
from typing import Any

import msgspec

MAXIMUM_ROW_BYTES = 64 << 10
"""More of a rejected row is not kept."""

MAXIMUM_REASON = 500

_CUT = "…"


class RejectionKind(enum.StrEnum):
    """Why a row was rejected: stable words, which scripts may rely on."""

    ENCODING = "encoding"
    """A byte that is not UTF-8."""
    PARSE = "parse"
    """The text is no record of its format: a quote that is never closed, no JSON, nested too deeply."""
    COLUMNS = "columns"
    """Another number of values than there are columns."""
    CAST = "cast"
    """A value is not of the type, or has not the structure, that the schema declares."""
    SQL = "sql"
    """A transform's query fails for this row."""
    UNWRITABLE = "unwritable"
    """What a sink writes has no place for a value of the row."""
    RULE = "rule"
    """The row breaks a rule that a sink was given."""


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row that was rejected: its text (a line of the file, or the row as JSON) and where it was.

    ``line`` counts from 1; in a file without lines it is the row's number. ``offset`` is the byte at which the row begins.
    """

    kind: RejectionKind
    reason: str
    row: str
    file: str = ""
    line: int | None = None
    offset: int | None = None


def row_text(data: bytes, limit: int = MAXIMUM_ROW_BYTES) -> str:
    """At most ``limit`` bytes of a row as valid text: what is not UTF-8 is shown as U+FFFD, the line's end is left out."""
    text = data[: limit + 1].rstrip(b"\r\n") if len(data) <= limit + 2 else data[: limit + 1]
    if len(text) <= limit:
        return text.decode(errors="replace")
    return text[:limit].decode(errors="replace").removesuffix("\ufffd") + _CUT


def row_json(values: Mapping[str, Any]) -> str:
    """A row that is no text of its own, as JSON: dates as ISO texts, bytes in base64, decimals as texts."""
    return row_text(json.dumps(values, ensure_ascii=False, default=_plain).encode(errors="replace"))


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def bounded(text: str, limit: int) -> str:
    """``text``, at most ``limit`` characters of it."""
    return text if len(text) <= limit else text[: limit - 1] + _CUT
