"""Reads JSON lines by byte ranges. The position is the byte after the last line handed over.

Arrow's parser does it when it can. Documents that it does not take (maps, or a number where a text is declared) go through the
engine, a third slower.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from runner.connectors.base import Batch, Pace, Position
from runner.connectors.file.json_fault import find_fault
from runner.connectors.file.json_values import (
    LeafConverter,
    arrow_carrier,
    containers,
    needs_exact_numbers,
    path_key,
    structure,
    text_leaves,
)
from runner.connectors.file.listing import InputFile
from runner.connectors.file.reader import FileReader, FileSettings
from runner.connectors.file.records import LineBoundaries, Range, cut_evenly, read_ranges, skip_lines
from runner.connectors.table_schema import arrow_schema
from runner.dataset import arrays
from spec.sql.text import literal

_compute: Any = pc
_read_json: Any = pj.read_json  # the stubs do not know that it takes files in memory

_REFUSED = (pa.ArrowInvalid, pa.ArrowNotImplementedError, duckdb.Error, UnicodeDecodeError)


class JsonReader(FileReader):
    """One object per line; a missing field is null, a field that is not declared is passed over."""

    def __init__(self, settings: FileSettings, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(settings)
        self._columns = settings.wanted()
        self._schema = arrow_schema(self._columns)
        self._boundaries = LineBoundaries()
        self._connection = connection
        self._leaves = LeafConverter(connection)
        carriers = [(column.name, arrow_carrier(column.type)) for column in self._columns]
        known = [pa.field(name, carrier) for name, carrier in carriers if carrier is not None]
        self._carrier_schema = pa.schema(known) if len(known) == len(carriers) else None

    def schema(self, files: Sequence[InputFile]) -> pa.Schema:  # noqa: ARG002 - it is declared
        """The declared columns that are read."""
        return self._schema

    def pieces(self, file: InputFile, parts: int) -> list[dict[str, Any]]:
        """Byte ranges, cut between lines."""
        begin, _ = skip_lines(file.path, 0)
        return [
            {"begin": first, "end": last} for first, last in cut_evenly(file.path, begin, file.size, self._boundaries, parts)
        ]

    def read(self, path: Path, piece: dict[str, Any], position: Position | None, pace: Pace) -> Iterator[Batch]:
        """Lines from the byte that the position says."""
        begin = int(position["offset"]) if position else int(piece["begin"])
        for found in read_ranges(path, begin, int(piece["end"]), self._boundaries, pace):
            yield Batch(self._parse(path, found), {"offset": found.end}, len(found.data))

    def _parse(self, path: Path, found: Range) -> pa.RecordBatch:
        if not found.data.strip():
            return arrays.one_batch(self._schema.empty_table())
        try:
            if self._carrier_schema is not None:
                return self._by_arrow(found, self._carrier_schema)
        except _REFUSED:
            pass  # a document that only the engine takes, or one that nobody takes: the next lines find out
        try:
            return self._by_engine(found)
        except _REFUSED as error:
            raise find_fault(path, found, self._columns, str(error), self._leaves) from error

    def _by_arrow(self, found: Range, carriers: pa.Schema) -> pa.RecordBatch:
        table: pa.Table = _read_json(
            pa.BufferReader(found.data),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(found.data) + 1),
            parse_options=pj.ParseOptions(explicit_schema=carriers, unexpected_field_behavior="ignore"),
        )
        return self._finish(arrays.one_batch(table.select(carriers.names)))

    def _by_engine(self, found: Range) -> pa.RecordBatch:
        lines = _compute.split_pattern(pa.array([found.data.decode()]), "\n").values
        shape = {column.name: structure(column.type) for column in self._columns}
        checks = [check for column in self._columns for check in _checks(column.name, column.type)]
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
        documents = [json.loads(line, parse_float=str, parse_int=str) for line in lines]
        columns = {name: carriers.column(name) for name in carriers.schema.names}
        for column in exact:
            values = [text_leaves(document.get(column.name), column.type) for document in documents]
            columns[column.name] = arrays.of(values, carriers.schema.field(column.name).type)
        return pa.RecordBatch.from_pydict(columns)

    def _finish(self, carriers: pa.RecordBatch) -> pa.RecordBatch:
        converted = [self._leaves.convert(carriers.column(index), column.type) for index, column in enumerate(self._columns)]
        return pa.RecordBatch.from_arrays(converted, schema=self._schema)


def _checks(name: str, field_type: Any) -> Iterator[str]:
    """SQL conditions that nested values are objects or arrays where they must be; null is neither."""
    for path, kind in containers(field_type, f"$.{path_key(name)}"):
        types = f"json_type(line, {literal(path)})"
        allowed = f"IN ({literal(kind)}, 'NULL')"
        if "*" in path:
            yield f"len(list_filter({types}, lambda kind: NOT kind {allowed})) = 0"
        else:
            yield f"coalesce({types} {allowed}, true)"
