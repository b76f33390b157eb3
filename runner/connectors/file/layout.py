"""How rows become columns of a file: the SELECT and the COPY options of each format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa

from runner.connectors.file.format import FileFormat
from runner.connectors.options import Options
from runner.worker.sql_text import identifier, literal

Field: TypeAlias = Any
"""A pa.Field, which the stubs make generic."""

_PARQUET_CODECS = {
    "none": "uncompressed",
    "snappy": "snappy",
    "lz4": "lz4_raw",
    "gzip": "gzip",
    "brotli": "brotli",
    "zstd": "zstd",
}
_ROW_GROUP_ROWS = 122_880


@dataclass(frozen=True, slots=True)
class Layout:
    """``select`` makes the file's columns from the relation ``rows``; ``copy_options`` go into COPY's parentheses."""

    select: str
    copy_options: str


def file_layout(file_format: FileFormat, columns: list[Field], options: Options) -> Layout:
    """The layout of a sink's files. Raises OptionError for what the local engine does not write."""
    codec = options.text("compress_codec", default="none").lower()
    if file_format is FileFormat.PARQUET:
        if codec not in _PARQUET_CODECS:
            raise options.error("compress_codec", f"cannot be {codec} for parquet", hint=", ".join(_PARQUET_CODECS))
        select = ", ".join(identifier(column.name) for column in columns)
        return Layout(
            f'SELECT {select} FROM "rows"',  # noqa: S608 - quoted identifiers
            f"FORMAT parquet, COMPRESSION {_PARQUET_CODECS[codec]}, ROW_GROUP_SIZE {_ROW_GROUP_ROWS}",
        )
    if codec != "none":
        raise options.error("compress_codec", f"cannot be {codec} for {file_format}: the local engine writes it uncompressed")
    if file_format is FileFormat.JSON:
        return _json(columns)
    return _csv(columns, options)


def _json(columns: list[Field]) -> Layout:
    select = ", ".join(f"{json_value(identifier(column.name), column.type)} AS {identifier(column.name)}" for column in columns)
    return Layout(f'SELECT {select} FROM "rows"', "FORMAT json")  # noqa: S608 - quoted identifiers


def json_value(expression: str, data_type: pa.DataType) -> str:
    """``expression`` as what JSON shows of it: bytes in base64, timestamps with a ``T``."""
    if pa.types.is_binary(data_type):
        return f"to_base64({expression})"
    if pa.types.is_timestamp(data_type):
        return f"replace(CAST({expression} AS VARCHAR), ' ', 'T')"
    return expression


def _csv(columns: list[Field], options: Options) -> Layout:
    delimiter = options.text("field_delimiter", default=",")
    header = options.boolean("enable_header_write", default=False)
    if len(delimiter) != 1:
        raise options.error("field_delimiter", f"is one character for csv, not {delimiter!r}")
    select = ", ".join(identifier(column.name) for column in columns)
    return Layout(
        f'SELECT {select} FROM "rows"',  # noqa: S608 - quoted identifiers
        f"FORMAT csv, HEADER {str(header).lower()}, DELIMITER {literal(delimiter)}, NULLSTR ''",
    )
