"""Reads csv by byte ranges with Arrow's parser. The position is the byte after the last record handed over."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from runner.connectors.base import Batch, DataError, Pace, Position
from runner.connectors.file.csv_fault import find_fault
from runner.connectors.file.csv_sieve import Texts, csv_faults
from runner.connectors.file.listing import InputFile
from runner.connectors.file.reader import FileReader, FileSettings
from runner.connectors.file.records import (
    Boundaries,
    LineBoundaries,
    QuotedBoundaries,
    Range,
    cut_evenly,
    read_ranges,
    skip_lines,
)
from runner.connectors.file.sieve import REFUSED as _REFUSED
from runner.connectors.file.sieve import Fault, LineCounter, Records, rejected_rows, sift
from runner.connectors.file.text_values import convert_text
from runner.connectors.options import Options
from runner.connectors.table_schema import Column, arrow_schema
from runner.dataset import arrays
from runner.dataset.arrow_types import arrow_type
from runner.dataset.rejected import RejectedRow, RejectionKind
from spec.types import ArrayType, FieldType, MapType, RowType, ScalarType

_BY_ARROW = frozenset(ScalarType) - {ScalarType.TIME, ScalarType.NULL, ScalarType.FLOAT_VECTOR, ScalarType.SPARSE_FLOAT_VECTOR}
_read_csv: Any = pc.read_csv  # the stubs do not know that it takes files in memory
_MOMENTS = (ScalarType.DATE, ScalarType.TIMESTAMP)


@dataclass(frozen=True, slots=True)
class FileColumns:
    """The names of a file's columns in the file's order, and those of them that are read, in the order they are read."""

    in_file: tuple[str, ...]
    wanted: tuple[Column, ...]


class CsvReader(FileReader):
    """Fields are separated by one character and may be quoted; a blank field is null; each record has every column."""

    quoting = True
    cut_without_reading = False  # a quote anywhere decides what is a record further on

    def __init__(self, settings: FileSettings) -> None:
        super().__init__(settings)
        options = settings.options
        self._delimiter = self._read_delimiter(options)
        self._header = options.boolean("csv_use_header_line", default=False)
        self._skip = options.integer("skip_header_row_number", default=0, minimum=0)
        self._wanted = settings.wanted()
        self._read = self._wanted
        self._boundaries: Boundaries = QuotedBoundaries(self._delimiter) if self.quoting else LineBoundaries()
        self._as_text = frozenset(column.name for column in self._wanted if not _parsed_by_arrow(column))

    def schema(self, files: Sequence[InputFile]) -> pa.Schema:  # noqa: ARG002 - it is declared
        """The declared columns that are read."""
        return arrow_schema(self._wanted)

    def narrow(self, columns: frozenset[str]) -> None:
        """The others are split off, and not looked into."""
        self._read = tuple(column for column in self._wanted if column.name in columns)
        self._as_text &= columns

    def pieces(self, file: InputFile, parts: int) -> list[dict[str, Any]]:
        """Byte ranges, cut between records; with a header line also its names."""
        begin, header = skip_lines(file.path, self._skip + self._header)
        names = self._header_names(file.path, header) if self._header else None
        return [
            {"begin": first, "end": last, "header": names}
            for first, last in cut_evenly(file.path, begin, file.size, self._boundaries, parts, tolerant=self.settings.tolerant)
        ]

    def read(self, path: Path, piece: dict[str, Any], position: Position | None, pace: Pace) -> Iterator[Batch]:
        """Records from the byte that the position says."""
        begin = int(position["offset"]) if position else int(piece["begin"])
        names = piece.get("header") or [column.name for column in self.settings.declared()]
        columns = FileColumns(tuple(names), self._read)
        tolerant, lines = self.settings.tolerant, LineCounter(path)
        for found in read_ranges(path, begin, int(piece["end"]), self._boundaries, pace, tolerant=tolerant):
            batch, rejected = self._sifted(path, found, columns, lines) if tolerant else (self._parse(path, found, columns), ())
            yield Batch(batch, {"offset": found.end}, found.end - found.begin, rejected)

    def _read_delimiter(self, options: Options) -> str:
        delimiter = options.text("field_delimiter", "delimiter", default=",")
        if not is_simple(delimiter):
            raise options.error("field_delimiter", f"is one ASCII character for csv, not {delimiter!r}")
        return delimiter

    def _header_names(self, path: Path, header: bytes) -> list[str]:
        try:
            rows = [row for _, row in self._rows_of(header.decode())]
        except UnicodeDecodeError:
            raise DataError(f"{path.name}: the header line is not UTF-8", position=str(path)) from None
        names = [name.strip() for name in rows[0]] if rows else []
        missing = [column.name for column in self._wanted if column.name not in names]
        if missing or len(set(names)) < len(names):
            problem = f"has no column {', '.join(missing)}" if missing else "names a column twice"
            raise DataError(f"{path.name}: the header line {problem}", hint=f"it is: {header!r}", position=f"{path}: line 1")
        return names

    def _parse(self, path: Path, found: Range, columns: FileColumns) -> pa.RecordBatch:
        try:
            return self._parse_any(found, columns)
        except _REFUSED as error:
            raise self._fault(path, found, columns, error) from error

    def _parse_any(self, found: Range, columns: FileColumns) -> pa.RecordBatch:
        as_text = self._as_text
        try:
            return self._convert(found, columns, as_text)
        except _REFUSED as error:
            moments = {column.name for column in columns.wanted if column.type in _MOMENTS} - as_text
            if not moments or _is_parse_error(error):
                raise
            return self._parse_moments(found, columns, as_text | moments)

    def _parse_moments(self, found: Range, columns: FileColumns, as_text: frozenset[str]) -> pa.RecordBatch:
        """Once more, with dates and timestamps in any of their forms; if that was it, all of the file is read so."""
        batch = self._convert(found, columns, as_text)
        self._as_text = as_text  # replaced whole: other threads read with the former one to the end of their range
        return batch

    def _sifted(
        self, path: Path, found: Range, columns: FileColumns, lines: LineCounter
    ) -> tuple[pa.RecordBatch, tuple[RejectedRow, ...]]:
        """The records that fit, and those that do not."""

        def parse(data: bytes) -> pa.RecordBatch:
            if not data.strip():
                return arrays.one_batch(arrow_schema(columns.wanted).empty_table())
            return self._parse_any(Range(found.begin, found.end, data), columns)

        def explain(data: bytes) -> Fault:
            error = find_fault(
                path, Range(found.begin, found.end, data), self._fields(columns), self._rows_of, "it is no record"
            )
            return Fault(RejectionKind.PARSE, error.message.partition(", ")[2] or "the line cannot be read as a record")

        if found.fault:
            records = Records(found.data, np.array([len(found.data)]))
            faults = {0: Fault(RejectionKind.PARSE, found.fault)}
            return parse(b""), rejected_rows(path, found, records, faults, lines)
        try:
            return parse(found.data), ()
        except _REFUSED:
            records = Records(found.data, self._boundaries.ends(found.data))
        faults = csv_faults(records, self._fields(columns), lambda data: self._texts(data, columns))
        batch = sift(records, faults, parse, explain)
        return batch, rejected_rows(path, found, records, faults, lines)

    def _fields(self, columns: FileColumns) -> list[tuple[str, FieldType | None]]:
        types = {column.name: column.type for column in columns.wanted}
        return [(name, types.get(name)) for name in columns.in_file]

    def _texts(self, data: bytes, columns: FileColumns) -> Texts:
        """Records as columns of text."""
        widths: dict[int, int] = {}

        def note(row: Any) -> Literal["skip"]:
            widths[row.number - 1] = row.actual_columns
            return "skip"

        options = self._parse_options(data)
        options.invalid_row_handler = note
        names = [column.name for column in columns.wanted] or list(columns.in_file[:1])
        table: pa.Table = _read_csv(
            pa.BufferReader(data),
            read_options=pc.ReadOptions(column_names=list(columns.in_file), use_threads=False, block_size=len(data) + 1),
            parse_options=options,
            convert_options=pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=names),
        )
        batch = arrays.one_batch(table)
        return Texts({name: batch.column(name) for name in names}, widths)

    def _fault(self, path: Path, found: Range, columns: FileColumns, error: Exception) -> DataError:
        return find_fault(path, found, self._fields(columns), self._rows_of, str(error))

    def _rows_of(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The records of a text with the line each begins on, for the report of a fault."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter)
        line = 0
        for row in reader:
            yield line, row
            line = reader.line_num

    def _convert(self, found: Range, columns: FileColumns, as_text: frozenset[str]) -> pa.RecordBatch:
        table: pa.Table = _read_csv(
            pa.BufferReader(found.data),
            read_options=pc.ReadOptions(column_names=list(columns.in_file), use_threads=False, block_size=len(found.data) + 1),
            parse_options=self._parse_options(found.data),
            convert_options=self._convert_options(columns, as_text),
        )
        batch = arrays.one_batch(table)
        return self._finish(batch, as_text) if as_text else batch

    def _parse_options(self, data: bytes) -> pc.ParseOptions:
        if self.quoting:
            return pc.ParseOptions(delimiter=self._delimiter, newlines_in_values=b'"' in data)
        return pc.ParseOptions(delimiter=self._delimiter, quote_char=False, double_quote=False)

    def _convert_options(self, columns: FileColumns, as_text: frozenset[str]) -> pc.ConvertOptions:
        types = {column.name: pa.string() if column.name in as_text else arrow_type(column.type) for column in columns.wanted}
        return pc.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            true_values=["true", "True", "TRUE", "1"],
            false_values=["false", "False", "FALSE", "0"],
        )

    def _finish(self, batch: pa.RecordBatch, as_text: frozenset[str]) -> pa.RecordBatch:
        converted = [
            convert_text(batch.column(column.name), column.type) if column.name in as_text else batch.column(column.name)
            for column in self._read
        ]
        return pa.RecordBatch.from_arrays(converted, schema=arrow_schema(self._read))


def is_simple(delimiter: str) -> bool:
    """Whether Arrow's parser can split at it."""
    return len(delimiter.encode()) == 1 and delimiter not in '"\r\n'


def _parsed_by_arrow(column: Column) -> bool:
    return not isinstance(column.type, ArrayType | MapType | RowType) and (
        not isinstance(column.type, ScalarType) or column.type in _BY_ARROW
    )


def _is_parse_error(error: Exception) -> bool:
    return str(error).startswith("CSV parse error")
