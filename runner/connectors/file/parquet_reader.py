"""Reads Parquet by row groups. The position is a row group and a row in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from runner.connectors.base import Batch, DataError, Pace, PluginError, Position, file_error
from runner.connectors.file.listing import InputFile
from runner.connectors.file.misfits import misfits
from runner.connectors.file.parquet_scan import cuts, engine_reads
from runner.connectors.file.reader import FileReader, FileSettings
from runner.connectors.table_schema import arrow_schema
from runner.dataset.arrays import Column
from runner.dataset.arrow_types import canonical_schema
from runner.dataset.python_values import python_rows, python_values
from runner.dataset.rejected import MAXIMUM_REASON, RejectedRow, RejectionKind, bounded, row_json
from runner.dataset.stored_rows import ParquetPlace, StoredRows
from spec.types import ScalarType

_READ_BUFFER = 1 << 20

_open: Any = pq.ParquetFile


class ParquetReader(FileReader):
    """The first file says what the columns are, unless a schema is declared; the others must have them too."""

    def __init__(self, settings: FileSettings) -> None:
        super().__init__(settings)
        self._schema: pa.Schema | None = None if settings.columns is None else arrow_schema(settings.wanted())
        self._read: pa.Schema | None = None
        self._stored_rows = 0

    def schema(self, files: Sequence[InputFile]) -> pa.Schema:
        """The columns that are read."""
        if self._schema is None:
            if not files:
                raise self.settings.options.error("path", "has no files, and no schema says what their columns would be")
            with _opened(files[0].path) as file:
                found: pa.Schema = file.schema_arrow
            self._schema = canonical_schema(_chosen(found, self.settings, files[0].path))
        return self._schema

    def narrow(self, columns: frozenset[str]) -> None:
        """The others stay in the file."""
        if self._schema is None:
            raise RuntimeError("schema comes before narrow")
        self._read = pa.schema([field for field in self._schema if field.name in columns])

    def leave_stored(self, rows: int) -> None:
        """Whole row groups stay in files that the engine reads as Arrow does."""
        self._stored_rows = rows

    def pieces(self, file: InputFile, parts: int) -> list[dict[str, Any]]:
        """Ranges of row groups."""
        with _opened(file.path) as opened:
            groups = opened.num_row_groups
        parts = max(1, min(parts, groups))
        edges = [groups * number // parts for number in range(parts + 1)]
        return [{"first": edges[n], "last": edges[n + 1]} for n in range(parts) if edges[n] < edges[n + 1]]

    def read(self, path: Path, piece: dict[str, Any], position: Position | None, pace: Pace) -> Iterator[Batch]:
        """Rows from the row group and row that the position says."""
        schema = self._schema
        if schema is None:
            raise RuntimeError("schema comes before read")
        group = int(position["group"]) if position else int(piece["first"])
        skip = int(position["row"]) if position else 0
        with _opened(path) as file:
            _check_columns(file.schema_arrow, schema, path)
            stored = bool(self._stored_rows) and engine_reads(file, schema, path)
            first = sum(file.metadata.row_group(number).num_rows for number in range(group)) if stored else 0
            while group < int(piece["last"]):
                left = self._stored(file, group, skip, first, path) if stored else ()
                yield from left or self._read_group(file, group, skip, path, pace)
                first += file.metadata.row_group(group).num_rows
                group, skip = group + 1, 0

    def _read_group(self, file: Any, group: int, skip: int, path: Path, pace: Pace) -> Iterator[Batch]:
        schema = self._read or self._schema
        if schema is None:
            raise RuntimeError("schema comes before read")
        for batch in _read_group(file, group, skip, schema, pace):
            yield self._cast(batch, path, file, group)

    def _stored(self, file: Any, group: int, skip: int, first: int, path: Path) -> list[Batch]:
        """A row group from row ``skip`` on left where it is, ``first`` being the number of its first row in the file; nothing
        when it cannot stay there."""
        schema = self._read or self._schema
        if schema is None or self._schema is None:
            raise RuntimeError("schema comes before read")
        metadata = file.metadata.row_group(group)
        total, size = metadata.num_rows, _column_bytes(metadata, schema, "total_uncompressed_size")
        edges = cuts(total, size, self._stored_rows)
        made: list[Batch] = []
        for begin, end in itertools.pairwise(edges[edges.index(skip) :] if skip in edges else ()):
            rows = StoredRows(
                ParquetPlace(path, tuple(self._schema.names), first + begin, first + end),
                end - begin,
                size * (end - begin) // total,
                partial(self._read_again, path, group, begin, end),
            )
            position = {"group": group, "row": end} if end < total else {"group": group + 1, "row": 0}
            made.append(Batch(rows, position, _stored_bytes(metadata, schema) * (end - begin) // total))
        return made

    def _read_again(self, path: Path, group: int, begin: int, end: int) -> Iterator[pa.RecordBatch]:
        """Rows of a row group, by Arrow."""
        with _opened(path) as file:
            for batch in self._read_group(file, group, begin, path, Pace()):
                data: Any = batch.data
                yield data.slice(0, end - begin)
                begin += data.num_rows
                if begin >= end:
                    return

    def _cast(self, batch: Batch, path: Path, file: Any, group: int) -> Batch:
        """With the columns' types; when that is tolerated without the rows that cannot have them."""
        schema = self._read or self._schema
        if schema is None:
            raise RuntimeError("schema comes before read")
        read: Any = batch.data
        try:
            return replace(batch, data=_cast(read, schema, path))
        except DataError as error:
            if not self.settings.tolerant or isinstance(error.__cause__, pa.ArrowNotImplementedError):
                raise
        data, bad = _sifted(read, schema, path)
        end = int(batch.position["row"]) or file.metadata.row_group(group).num_rows
        before = sum(file.metadata.row_group(number).num_rows for number in range(group)) + end - batch.data.num_rows
        return replace(
            batch,
            data=_cast(data, schema, path),
            rejected=tuple(msgspec.structs.replace(row, line=before + (row.line or 0)) for row in bad),
        )


def _read_group(file: Any, group: int, skip: int, schema: pa.Schema, pace: Pace) -> Iterator[Batch]:
    """The rows as they are in the file."""
    metadata = file.metadata.row_group(group)
    total = metadata.num_rows
    row_bytes = max(1, metadata.total_byte_size // max(1, total))
    size = max(1, min(pace.rows, pace.bytes // row_bytes))
    stored = _stored_bytes(metadata, schema)
    row = 0
    for batch in file.iter_batches(size, row_groups=[group], columns=schema.names, use_threads=False):
        end = row + batch.num_rows
        if end > skip:
            wanted = batch.slice(max(0, skip - row))
            position = {"group": group, "row": end} if end < total else {"group": group + 1, "row": 0}
            read = stored * end // total - stored * max(row, skip) // total
            yield Batch(wanted, position, read)
        row = end


def _stored_bytes(metadata: Any, schema: pa.Schema) -> int:
    """The size in the file of the row group's columns that are read."""
    return _column_bytes(metadata, schema, "total_compressed_size")


def _column_bytes(metadata: Any, schema: pa.Schema, which: str) -> int:
    wanted = set(schema.names)
    columns = (metadata.column(index) for index in range(metadata.num_columns))
    return sum(getattr(column, which) for column in columns if column.path_in_schema.split(".")[0] in wanted)


def _cast_column(column: Column, data_type: pa.DataType) -> Column:
    safe = not pa.types.is_timestamp(column.type)  # what is finer than a microsecond is dropped
    return column.cast(data_type, safe=safe)


def _cast(batch: pa.RecordBatch, schema: pa.Schema, path: Path) -> pa.RecordBatch:
    columns = []
    for index, field in enumerate(schema):
        column: Any = batch.column(index)
        if column.type != field.type:
            try:
                column = _cast_column(column, field.type)
            except pa.ArrowException as error:
                raise DataError(f"{path.name}, column {field.name}: {error}", position=str(path)) from error
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _sifted(batch: pa.RecordBatch, schema: pa.Schema, path: Path) -> tuple[pa.RecordBatch, list[RejectedRow]]:
    """The rows whose values all have a form in the columns' types, and the others with their place in the batch, from 1."""
    reasons: dict[int, str] = {}
    for index, field in enumerate(schema):
        column: Any = batch.column(index)
        bad = misfits(column, ScalarType.NULL, lambda values, wanted=field.type: _cast_column(values, wanted))  # type: ignore[misc]
        for row in np.flatnonzero(bad).tolist():
            (value,) = python_values(column.slice(row, 1))
            reasons.setdefault(row, f"column {field.name}: {bounded(str(value), 60)} is no {field.type}")
    fits = np.ones(batch.num_rows, dtype=np.bool_)
    fits[list(reasons)] = False
    rows = python_rows(batch.take(pa.array(sorted(reasons), pa.int64())))
    rejected = [
        RejectedRow(
            kind=RejectionKind.CAST,
            reason=bounded(reasons[row], MAXIMUM_REASON),
            row=row_json(values),
            file=str(path),
            line=row + 1,
        )
        for row, values in zip(sorted(reasons), rows, strict=True)
    ]
    return batch.filter(pa.array(fits)), rejected


def _chosen(found: pa.Schema, settings: FileSettings, path: Path) -> pa.Schema:
    if settings.read_columns is None:
        return found
    _check_names(found, settings.read_columns, path)
    return pa.schema([found.field(name) for name in settings.read_columns])


def _check_columns(found: pa.Schema, wanted: pa.Schema, path: Path) -> None:
    _check_names(found, wanted.names, path)


def _check_names(found: pa.Schema, names: Sequence[str], path: Path) -> None:
    missing = [name for name in names if name not in found.names]
    if missing:
        raise DataError(
            f"{path.name} has no column {', '.join(missing)}", hint=f"it has: {', '.join(found.names)}", position=str(path)
        )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        file = _open(path, buffer_size=_READ_BUFFER, pre_buffer=False, coerce_int96_timestamp_unit="us")
    except OSError as error:
        if error.errno is None:
            raise PluginError(f"{path} cannot be read: {error}", code="file", position=str(path)) from error
        raise file_error(error, path, "read") from error
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is no Parquet file: {error}", position=str(path)) from error
    with file:
        yield file
