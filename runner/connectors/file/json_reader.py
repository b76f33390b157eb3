"""Reads JSON lines by byte ranges. The position is the byte after the last line handed over.

Arrow's parser does it when it can. Documents that it does not take (maps, or a number where a text is declared) go through the
engine, a third slower.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from runner.connectors.base import Batch, Pace, Position
from runner.connectors.file.json_fault import find_fault
from runner.connectors.file.json_scan import LineRange, LineScan
from runner.connectors.file.json_sieve import JsonSieve
from runner.connectors.file.json_values import (
    LeafConverter,
    arrow_carrier,
    needs_exact_numbers,
    structure,
    structure_checks,
    text_leaves,
)
from runner.connectors.file.json_window import Lines, LinesPlace, OpenFile, engine_reads
from runner.connectors.file.listing import InputFile
from runner.connectors.file.reader import FileReader, FileSettings
from runner.connectors.file.records import LineBoundaries, Range, cut_evenly, read_ranges, skip_lines
from runner.connectors.file.sieve import REFUSED as _REFUSED
from runner.connectors.file.sieve import Fault, LineCounter, Records, rejected_rows, sift
from runner.connectors.table_schema import Column, arrow_schema
from runner.dataset import arrays
from runner.dataset.rejected import RejectedRow, RejectionKind
from runner.dataset.stored_rows import StoredRows
from spec.sql.text import literal
from spec.types import ScalarType

_LEAST_BYTES = 16 << 20
_LEAST_PIECE = 4 << 20
_LEAST_ROWS = 1 << 14
"""What is smaller is not worth a query of its own."""

_compute: Any = pc
_read_json: Any = pj.read_json  # the stubs do not know that it takes files in memory
_NULL_AT_FIRST = re.compile(rb"\s*null")
_NULL_DOCUMENT = re.compile(rb"[\n}][ \t\r]*null")
_MINUS_ZERO = re.compile(rb"-0(?![.0-9eE])")


class JsonReader(FileReader):
    """One object per line; a missing field is null, a field that is not declared is passed over."""

    def __init__(self, settings: FileSettings, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(settings)
        self._boundaries = LineBoundaries()
        self._connection = connection
        self._leaves = LeafConverter(connection)
        self._declared = settings.wanted()
        self._files_bytes = 0
        self._stored_rows = 0
        self._choose(self._declared)

    def schema(self, files: Sequence[InputFile]) -> pa.Schema:
        """The declared columns that are read."""
        self._files_bytes = sum(file.size for file in files)
        return self._schema

    def narrow(self, columns: frozenset[str]) -> None:
        """The others are fields that are passed over."""
        self._choose(tuple(column for column in self._columns if column.name in columns))

    def leave_stored(self, rows: int) -> None:
        """Ranges of lines stay in files that are worth it, if the engine makes the same values of the columns."""
        if rows < _LEAST_ROWS or self._files_bytes < _LEAST_BYTES or not engine_reads(self._columns):
            return
        from runner.connectors.file.json_range_files import open_ranges_to  # a library that nothing else needs

        open_ranges_to(self._connection)
        self._stored_rows = rows

    def _choose(self, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._schema = arrow_schema(columns)
        carriers = [(column.name, arrow_carrier(column.type)) for column in columns]
        known = [pa.field(name, carrier) for name, carrier in carriers if carrier is not None]
        self._carrier_schema = pa.schema(known) if len(known) == len(carriers) else None

    def pieces(self, file: InputFile, parts: int) -> list[dict[str, Any]]:
        """Byte ranges, cut between lines."""
        begin, _ = skip_lines(file.path, 0)
        return [
            {"begin": first, "end": last}
            for first, last in cut_evenly(file.path, begin, file.size, self._boundaries, parts, tolerant=self.settings.tolerant)
        ]

    def read(self, path: Path, piece: dict[str, Any], position: Position | None, pace: Pace) -> Iterator[Batch]:
        """Lines from the byte that the position says."""
        begin = int(position["offset"]) if position else int(piece["begin"])
        end = int(piece["end"])
        for batch in self._left_stored(path, begin, end, pace):
            yield batch
            begin = int(batch.position["offset"])
        tolerant, lines = self.settings.tolerant, LineCounter(path)
        for found in read_ranges(path, begin, end, self._boundaries, pace, tolerant=tolerant):
            data, rejected = self._sifted(path, found, lines) if tolerant else (self._parse(path, found), ())
            yield Batch(data, {"offset": found.end}, found.end - found.begin, rejected)

    def _left_stored(self, path: Path, begin: int, end: int, pace: Pace) -> Iterator[Batch]:
        """Ranges that stay where they are, until there is one that cannot: from then on none does, since parts would be many
        and small that are read in this way and in that by turns."""
        if not self._stored_rows or end - begin < _LEAST_PIECE:
            return
        source = OpenFile(path)
        doubles = any(column.type is ScalarType.DOUBLE for column in self._columns)
        for found in LineScan(source, end, booleans=doubles).ranges(begin, pace.bytes):
            if found.lines > self._stored_rows:
                break
            begin = found.end
            yield Batch(self._left(source, found), {"offset": found.end}, found.end - found.begin)
        if begin < end:
            self._leave_nothing()

    def _left(self, source: OpenFile, found: LineRange) -> StoredRows:
        """A range that stays where it is."""
        lines = Lines(self._declared, frozenset(column.name for column in self._columns))
        place = LinesPlace(source, found.begin, found.end, lines, booleans=found.booleans)
        again = partial(self._read_again, source.path, found.begin, found.end)
        return StoredRows(place, found.lines, found.end - found.begin, again, refused=self._leave_nothing)

    def _leave_nothing(self) -> None:
        self._stored_rows = 0

    def _read_again(self, path: Path, begin: int, end: int) -> Iterator[pa.RecordBatch]:
        for found in read_ranges(path, begin, end, self._boundaries, Pace()):
            yield self._parse(path, found)

    def _sifted(self, path: Path, found: Range, lines: LineCounter) -> tuple[pa.RecordBatch, tuple[RejectedRow, ...]]:
        """The lines that fit, and those that do not."""

        def parse(data: bytes) -> pa.RecordBatch:
            return self._parse_any(Range(found.begin, found.end, data))

        if found.fault:
            records = Records(found.data, np.array([len(found.data)]))
            faults = {0: Fault(RejectionKind.PARSE, "the line has no end within 64 MB")}
            return parse(b""), rejected_rows(path, found, records, faults, lines)
        try:
            return parse(found.data), ()
        except _REFUSED:
            records = Records(found.data, self._boundaries.ends(found.data))
        sieve = JsonSieve(self._columns, self._connection, self._leaves)
        faults = sieve.faults(records)
        batch = sift(records, faults, parse, sieve.explain)
        return batch, rejected_rows(path, found, records, faults, lines)

    def _parse(self, path: Path, found: Range) -> pa.RecordBatch:
        try:
            return self._parse_any(found)
        except _REFUSED as error:
            raise find_fault(path, found, self._columns, str(error), self._leaves) from error

    def _parse_any(self, found: Range) -> pa.RecordBatch:
        if not found.data or found.data.isspace():
            return arrays.one_batch(self._schema.empty_table())
        try:
            if self._carrier_schema is not None:
                return self._by_arrow(found, self._carrier_schema)
        except _REFUSED:
            pass  # a document that only the engine takes, or one that nobody takes: the next lines find out
        return self._by_engine(found)

    def _by_arrow(self, found: Range, carriers: pa.Schema) -> pa.RecordBatch:
        if _NULL_AT_FIRST.match(found.data):
            raise pa.ArrowInvalid("the first document is null")  # Arrow's parser would crash the process
        if not found.data.isascii():
            found.data.decode()  # Arrow's parser would hand on bytes that are no text
        table: pa.Table = _read_json(
            pa.BufferReader(found.data),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(found.data) + 1),
            parse_options=pj.ParseOptions(explicit_schema=carriers, unexpected_field_behavior="ignore"),
        )
        batch = arrays.one_batch(table.select(carriers.names))
        if _has_empty_row(batch) and _NULL_DOCUMENT.search(found.data):
            raise pa.ArrowInvalid("a document is null")  # Arrow's parser takes it for a row of nulls
        if _has_minus_zero(batch) and _MINUS_ZERO.search(found.data):
            raise pa.ArrowInvalid("a whole number is -0")  # which is 0 to the engine, and -0.0 to Arrow's parser
        return self._finish(batch)

    def _by_engine(self, found: Range) -> pa.RecordBatch:
        lines = _compute.split_pattern(pa.array([found.data.decode()]), "\n").values
        shape = {column.name: structure(column.type) for column in self._columns}
        checks = [check for column in self._columns for check in structure_checks(column.name, column.type)]
        cursor = self._connection.cursor()
        try:
            cursor.register("lines", pa.table({"line": lines}))
            document = f"from_json(line, {literal(json.dumps(shape, ensure_ascii=False))}) AS document"
            fits = f"json_type(line) = 'OBJECT' AND {' AND '.join([*checks, 'true'])} AS fits"
            table = cursor.sql(
                f"SELECT line, {document}, {fits} FROM lines WHERE trim(line, ' \t\r') <> ''"  # noqa: S608 - quoted
            ).to_arrow_table()
        finally:
            cursor.close()
        if not _compute.all(table.column("fits"), min_count=0).as_py():
            raise pa.ArrowInvalid("a value has another structure than the schema")
        documents: Any = arrays.one_batch(table.select(["document"])).column(0)
        carriers = pa.RecordBatch.from_struct_array(documents)
        return self._finish(self._with_exact_numbers(carriers, table.column("line").to_pylist()))

    def _with_exact_numbers(self, carriers: pa.RecordBatch, lines: list[str]) -> pa.RecordBatch:
        """The engine reads numbers with a point as doubles; columns that need more digits are read once more, line by line."""
        exact = [column for column in self._columns if needs_exact_numbers(column.type)]
        if not exact:
            return carriers
        try:
            documents = [json.loads(line, parse_float=str, parse_int=str) for line in lines]
        except RecursionError:
            raise pa.ArrowInvalid("a document is nested too deeply") from None
        columns = {name: carriers.column(name) for name in carriers.schema.names}
        for column in exact:
            values = [text_leaves(document.get(column.name), column.type) for document in documents]
            columns[column.name] = arrays.of(values, carriers.schema.field(column.name).type)
        return pa.RecordBatch.from_pydict(columns)

    def _finish(self, carriers: pa.RecordBatch) -> pa.RecordBatch:
        converted = [self._leaves.convert(carriers.column(index), column.type) for index, column in enumerate(self._columns)]
        return pa.RecordBatch.from_arrays(converted, schema=self._schema)


def _has_empty_row(batch: pa.RecordBatch) -> bool:
    """Whether every column of some row is null."""
    columns: list[Any] = list(batch.columns)
    if not all(column.null_count for column in columns):
        return False
    empty = _compute.is_null(columns[0])
    for column in columns[1:]:
        empty = _compute.and_(empty, _compute.is_null(column))
    return bool(_compute.any(empty, min_count=0).as_py())


def _has_minus_zero(batch: pa.RecordBatch) -> bool:
    """Whether a double is -0.0."""
    columns: list[Any] = [column for column in batch.columns if column.type == pa.float64()]
    for column in columns:
        values = np.asarray(column.fill_null(1.0))
        if np.signbit(values[values == 0.0]).any():
            return True
    return False
