"""How rows become columns of a file: the SELECT and the COPY options of each format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from runner.connectors.file.cell_text import MomentFormats, cell_text, json_value, plain_text
from runner.connectors.file.format import SUPPORTED, FileFormat
from runner.connectors.file.unwritable import no_text, unquoted
from runner.connectors.java_dates import java_time_directives
from runner.connectors.options import Options
from runner.connectors.refusal import Refusal, guarded
from spec.sql.text import identifier, literal

Field: TypeAlias = Any
"""A ``pa.Field``, which the stubs make generic."""

_PARQUET_CODECS = {
    "none": "uncompressed",
    "snappy": "snappy",
    "lz4": "lz4_raw",
    "gzip": "gzip",
    "brotli": "brotli",
    "zstd": "zstd",
}
_ROW_GROUP_ROWS = 122_880
_LINE = "flowdeck_line"


@dataclass(frozen=True, slots=True)
class Layout:
    """``select`` makes the file's columns, and those of ``extra`` besides, from the relation ``rows``; ``copy_options`` go into
    COPY's parentheses. ``refusals``: rows that the format has no place for; the query fails on them.
    """

    items: tuple[str, ...]
    copy_options: str
    refusals: tuple[Refusal, ...] = ()

    def select(self, *extra: str) -> str:
        """The SELECT, with ``extra`` items at its end."""
        return f'SELECT {", ".join((*self.items, *extra))} FROM "rows"'  # noqa: S608 - quoted identifiers


def file_layout(file_format: FileFormat, columns: Sequence[Field], options: Options) -> Layout:
    """The layout of a sink's files. Raises OptionError for what the local engine does not write."""
    codec = options.text("compress_codec", default="none").lower()
    if file_format is FileFormat.PARQUET:
        return _parquet(columns, codec, options)
    if codec != "none":
        raise options.error("compress_codec", f"cannot be {codec} for {file_format}: the local engine writes it uncompressed")
    match file_format:
        case FileFormat.JSON:
            return _json(columns)
        case FileFormat.CSV:
            return _csv(columns, options)
        case FileFormat.TEXT:
            return _text(columns, options)
        case _:
            raise options.error(
                "file_format_type", f"cannot be {file_format}: the local engine does not write it", hint=", ".join(SUPPORTED)
            )


def _parquet(columns: Sequence[Field], codec: str, options: Options) -> Layout:
    if codec not in _PARQUET_CODECS:
        raise options.error("compress_codec", f"cannot be {codec} for parquet", hint=", ".join(_PARQUET_CODECS))
    items = tuple(identifier(column.name) for column in columns)
    return Layout(items, f"FORMAT parquet, COMPRESSION {_PARQUET_CODECS[codec]}, ROW_GROUP_SIZE {_ROW_GROUP_ROWS}")


def _json(columns: Sequence[Field]) -> Layout:
    items = tuple(f"{json_value(identifier(each.name), each.type)} AS {identifier(each.name)}" for each in columns)
    return Layout(items, "FORMAT json")


def _csv(columns: Sequence[Field], options: Options) -> Layout:
    delimiter = options.text("field_delimiter", default=",")
    header = options.boolean("enable_header_write", default=False)
    if len(delimiter.encode()) != 1 or delimiter in '"\r\n':
        raise options.error("field_delimiter", f"is one ASCII character for csv, not {delimiter!r}")
    _check_rows_end(options)
    formats = _formats(options)
    names = [column.name for column in columns]
    cells = [guarded(_csv_cell(column, formats), tuple(no_text([column])), names) for column in columns]
    items = tuple(f"{cell} AS {identifier(name)}" for cell, name in zip(cells, names, strict=True))
    return Layout(items, f"FORMAT csv, HEADER {header}, DELIMITER {literal(delimiter)}, NULLSTR ''", tuple(no_text(columns)))


def _csv_cell(column: Field, formats: MomentFormats) -> str:
    """What the engine writes in the wanted form by itself is left to it, which is faster than by way of a text."""
    name = identifier(column.name)
    text = cell_text(name, column.type, formats)
    return name if text == plain_text(name) else text


def _text(columns: Sequence[Field], options: Options) -> Layout:
    delimiter = options.text("field_delimiter", default="\x01")
    header = options.boolean("enable_header_write", default=False)
    _check_rows_end(options)
    formats = _formats(options)
    refusals = (*no_text(columns), *unquoted(columns, delimiter, formats))
    cells = [f"coalesce({cell_text(identifier(column.name), column.type, formats)}, '')" for column in columns]
    name = delimiter.join(column.name for column in columns) if header else _LINE
    line = guarded(f" || {literal(delimiter)} || ".join(cells), refusals, [column.name for column in columns])
    return Layout(
        (f"{line} AS {identifier(name)}",),
        f"FORMAT csv, HEADER {header}, QUOTE '', ESCAPE '', DELIMITER '', NULLSTR ''",
        refusals,
    )


def _check_rows_end(options: Options) -> None:
    if options.text("row_delimiter", default="\n") != "\n":
        raise options.error("row_delimiter", "is a line feed for the local engine")


def _formats(options: Options) -> MomentFormats:
    """The default formats would drop fractions of seconds; they mean the engine's own, which writes one if there is one."""

    def directives(name: str, default: str) -> str:
        pattern = options.text(name, default=default)
        return "" if pattern == default else java_time_directives(pattern, name, options)

    return MomentFormats(
        date=directives("date_format", "yyyy-MM-dd"),
        time=directives("time_format", "HH:mm:ss"),
        timestamp=directives("datetime_format", "yyyy-MM-dd HH:mm:ss"),
    )
