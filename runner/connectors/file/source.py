"""LocalFile source: lists files, cuts them into splits, and reads each split from its position."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from runner.connectors.base import Batch, DataError, OptionError, Pace, PluginContext, PluginError, Source
from runner.connectors.file.csv_reader import CsvReader
from runner.connectors.file.format import SUPPORTED, FileFormat
from runner.connectors.file.json_reader import JsonReader
from runner.connectors.file.json_window import ROOT as LINES_ROOT
from runner.connectors.file.listing import InputFile, list_files
from runner.connectors.file.reader import FileReader, FileSettings
from runner.connectors.file.text_reader import TextReader
from runner.connectors.options import Options
from runner.connectors.table_schema import declared_columns
from runner.dataset import arrays
from runner.dataset.arrow_types import canonical_schema
from runner.dataset.stored_rows import StoredRows
from runner.protocol import Split

MINIMUM_SPLIT_BYTES = 4 << 20
SPLITS_PER_READER = 16
"""So many that readers which share them end at about the same time."""


class LocalFileSource(Source):
    """A split is a piece of one file; what a position is, the format's reader knows."""

    def __init__(self, context: PluginContext, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(context, connection)
        options = Options(context.plugin.options, context.plugin.name)
        _refuse_unsupported(options)
        self._root = context.resolve(options.text("path"))
        self._format = options.choice(FileFormat, "file_format_type")
        self._pattern = options.optional_text("file_filter_pattern")
        settings = FileSettings(
            options, declared_columns(options), options.texts("read_columns"), tolerant=context.plugin.error_policy.tolerates
        )
        self._options = options
        self._reader = _open_reader(self._format, settings, connection)
        self._files: list[InputFile] | None = None
        self._file_schema = self._reader.schema(self._list())
        self._partitions = self._partition_columns()
        fields = [*self._file_schema, *(pa.field(name, pa.string()) for name in self._partitions)]
        self._schema = canonical_schema(pa.schema(fields))
        self._unread: frozenset[str] = frozenset()

    @classmethod
    def readable(cls, context: PluginContext) -> tuple[str, ...]:
        """What ``path`` names, or ranges of files, if the engine can read such files by itself."""
        options = Options(context.plugin.options, context.plugin.name)
        match options.choice(FileFormat, "file_format_type"):
            case FileFormat.PARQUET:
                return (str(context.resolve(options.text("path"))),)
            case FileFormat.JSON:
                return (LINES_ROOT,)
            case _:
                return ()

    def schema(self) -> pa.Schema:
        """The file's columns, then those of the path's ``name=value`` directories."""
        return self._schema

    def narrow(self, columns: frozenset[str]) -> None:
        """Read as few of the file's columns as the format can: one at least, for its rows."""
        names = self._file_schema.names
        read = columns.intersection(names) or frozenset(names[:1])
        self._unread = frozenset(names) - read
        if self._unread:
            self._reader.narrow(read)

    def leave_stored(self, rows: int) -> None:
        """Not where the path has columns, which are in no file."""
        if not self._partitions:
            self._reader.leave_stored(rows)

    def splits(self) -> list[Split]:
        """Larger files are cut, so that workers may join; one file that has to be read for that, by several readers only."""
        found = []
        readers = max(self.context.plugin.parallelism, self.context.workers)
        cut = readers > 1 or self._reader.cut_without_reading
        for file in self._list():
            parts = max(1, min(readers * SPLITS_PER_READER, file.size // MINIMUM_SPLIT_BYTES)) if cut else 1
            name = str(file.path.relative_to(self._root)) if file.path != self._root else ""
            for number, piece in enumerate(self._reader.pieces(file, parts)):
                data = {"file": name, "size": file.size, "partitions": dict(file.partitions), **piece}
                found.append(Split(source=self.context.plugin.id, id=f"{name or self._root.name}#{number}", data=data))
        return found

    def read(self, split: Split, pace: Pace) -> Iterator[Batch]:
        """The rows of one piece; the path's columns are added, and nulls for those that are not read."""
        path = self._path(split)
        self._check_unchanged(path, int(split.data["size"]))
        for batch in self._reader.read(path, split.data, split.position, pace):
            if isinstance(batch.data, StoredRows):
                batch = replace(batch, data=self._noted(batch.data, split))
            elif self._partitions or self._unread:
                batch = replace(batch, data=self._complete(batch.data, split))
            yield batch

    def _noted(self, rows: StoredRows, split: Split) -> StoredRows:
        """With all columns, and with whom to blame: who reads them later has no split."""

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in rows.batches():
                yield self._complete(batch, split) if self._unread else batch

        return replace(rows, batches=batches, plugin=self.context.plugin.id, split=split.id)

    def _path(self, split: Split) -> Path:
        """The file of a split, which may come from another machine's savepoint: nothing outside the option's path is read."""
        name = split.data["file"]
        path = Path(os.path.normpath(self._root / name)) if name else self._root
        if not path.is_relative_to(self._root):
            raise PluginError(
                f"a position names the file {name!r}, which is not below {self._root}",
                hint="the savepoint is not one that flowdeck has written",
                code="file",
            )
        return path

    def _list(self) -> list[InputFile]:
        if self._files is None:
            self._files = list_files(self._root, self._pattern, options=self._options)
        return self._files

    def _partition_columns(self) -> tuple[str, ...]:
        files = self._list()
        if not files or not self._options.boolean("parse_partition_from_path", default=True):
            return ()
        return tuple(name for name, _ in files[0].partitions if name not in self._file_schema.names)

    def _complete(self, batch: pa.RecordBatch, split: Split) -> pa.RecordBatch:
        values = split.data["partitions"]
        rows = batch.num_rows
        read = iter(batch.columns)
        columns = [arrays.nulls(field.type, rows) if field.name in self._unread else next(read) for field in self._file_schema]
        for name in self._partitions:
            if name not in values:
                raise DataError(f"{split.data['file']}: the path has no {name}=... directory, other files' paths have")
            columns.append(arrays.repeated(values[name], pa.string(), rows))
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    @staticmethod
    def _check_unchanged(path: Path, size: int) -> None:
        try:
            now = path.stat().st_size
        except FileNotFoundError:
            raise PluginError(f"{path} is gone since the job started", code="file", position=str(path)) from None
        if now < size:
            raise PluginError(
                f"{path} is shorter than when the job started ({now} bytes, {size} then)",
                hint="start the job afresh to read the file as it is now",
                code="file-changed",
                position=str(path),
            )


def _open_reader(file_format: FileFormat, settings: FileSettings, connection: duckdb.DuckDBPyConnection) -> FileReader:
    match file_format:
        case FileFormat.CSV:
            return CsvReader(settings)
        case FileFormat.TEXT:
            return TextReader(settings)
        case FileFormat.PARQUET:
            from runner.connectors.file.parquet_reader import ParquetReader  # libraries that no other format needs

            return ParquetReader(settings)
        case FileFormat.JSON:
            return JsonReader(settings, connection)
        case _:
            raise OptionError(
                f"LocalFile: the local engine does not read {file_format} files", hint=", ".join(map(str, SUPPORTED))
            )


def _refuse_unsupported(options: Options) -> None:
    options.refuse("tables_configs", "several tables in one source")
    options.refuse("read_partitions", "choosing partitions; use file_filter_pattern or path")
    options.refuse("archive_compress_codec", "archives", unless=("none",))
    if options.text("file_format_type", default="").lower() != FileFormat.PARQUET:
        options.refuse("compress_codec", "compressed text has no positions to go on from", unless=("none",))
    encoding = options.text("encoding", default="UTF-8")
    try:
        known = codecs.lookup(encoding).name
    except LookupError:
        raise options.error("encoding", f"is unknown: {encoding!r}") from None
    if known not in {"utf-8", "ascii"}:
        raise options.error("encoding", f"is UTF-8 for the local engine, not {encoding!r}")
