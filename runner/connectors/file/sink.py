"""LocalFile sink: files that appear whole and exactly once.

Each part is written by one COPY under a staging name, made durable when the checkpoint is prepared, and renamed when it is
committed. A part that got no rows leaves no file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from runner.connectors.base import (
    DataError,
    Part,
    PartLimit,
    PluginContext,
    Sink,
    SinkCheckpoint,
    SinkSegment,
)
from runner.connectors.file.format import FileFormat
from runner.connectors.file.layout import Field, file_layout
from runner.connectors.file.marks import CommitMarks
from runner.connectors.file.naming import FileNames
from runner.connectors.file.partitions import Partitioning
from runner.connectors.file.save_mode import apply_save_mode
from runner.connectors.file.staging import (
    attempt_prefix,
    digest,
    directories_between,
    discard,
    make_staging,
    publish,
    remove_empty,
    safe_name,
    staging_directory,
    sync_directory,
    sync_file,
)
from runner.connectors.options import Options
from runner.connectors.refusal import Refusal, refused_row
from runner.model import CheckpointKind

DEFAULT_BATCH_SIZE = 1_000_000


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file under its staging name; ``directory`` is where it belongs below the target."""

    staged: Path
    directory: str
    part: int


class FileSegment(SinkSegment):
    """The files written between two barriers."""

    def __init__(self, sink: LocalFileSink, files: Sequence[WrittenFile]) -> None:
        self._sink = sink
        self._files = files

    def prepare(self, checkpoint: int) -> SinkCheckpoint:
        """Make the files durable and fix their final names."""
        if not self._files:
            return SinkCheckpoint()
        pairs = []
        for file in self._files:
            sync_file(file.staged)
            pairs.append([str(file.staged), str(self._sink.final_path(file, checkpoint))])
        for directory in directories_between((file.staged for file in self._files), self._sink.staging):
            sync_directory(directory)
        mark = self._sink.marks.prepare(checkpoint)
        return SinkCheckpoint(tokens=({"staging": str(self._sink.staging), "files": pairs, "mark": str(mark)},))


class LocalFileSink(Sink):
    """One directory of files."""

    copies = True

    def __init__(self, context: PluginContext, schema: pa.Schema) -> None:
        super().__init__(context, schema)
        options = Options(context.plugin.options, context.plugin.name)
        self._format = options.choice(FileFormat, "file_format_type")
        self._target = _target(context)
        self._options = options
        self._names = FileNames(options, self._format.suffix)
        columns = _columns(options, schema)
        names = options.texts("partition_by")
        self._partitioning = Partitioning(names, columns, options) if names else None
        if names and not options.boolean("is_partition_field_write_in_file", default=False):
            columns = [column for column in columns if column.name not in names]
        if not columns:
            raise options.error("partition_by", "leaves no column to write")
        self._layout = file_layout(self._format, columns, options)
        self.staging = staging_directory(self._target, context.job_id)
        self.part_limit = PartLimit(rows=options.integer("batch_size", default=DEFAULT_BATCH_SIZE, minimum=1))
        self._prefix = attempt_prefix(context)
        self._identity = digest(f"{context.execution}/{context.plugin.id}")
        self.marks = CommitMarks(self.staging, self._prefix, f"{self._identity}-w{context.worker}")
        self._files: list[WrittenFile] = []
        self._written = 0
        self._finished_bytes = 0
        self._current: Path | None = None

    @classmethod
    def directories(cls, context: PluginContext) -> tuple[Path, ...]:
        """SQL writes to the job's staging directory only."""
        return (staging_directory(_target(context), context.job_id),)

    def refusals(self) -> Sequence[Refusal]:
        """What the format, or the names of the directories, have no place for."""
        return (*self._layout.refusals, *(self._partitioning.refusals if self._partitioning is not None else ()))

    def prepare_target(self) -> None:
        """Apply ``data_save_mode``."""
        apply_save_mode(self._target, self._format, self._options)

    def write(self, part: Part) -> int:
        """One file."""
        make_staging(self.staging)
        number = self._written
        self._written += 1
        staged = self.staging / f"{self._prefix}{self._identity}-w{self.context.worker}-{number}{self._format.suffix}"
        self._current = staged
        try:
            rows = self._write_plain(part, staged) if self._partitioning is None else self._write_sorted(part, staged)
        except duckdb.Error as error:
            refused = refused_row(error)
            if refused:
                raise DataError(refused) from error
            raise
        self._current = None
        return rows

    def _write_plain(self, part: Part, staged: Path) -> int:
        rows = part.copy(self._layout.select(), staged, self._layout.copy_options)
        if rows:
            self._keep(staged, "")
        else:
            staged.unlink(missing_ok=True)
        return rows

    def _write_sorted(self, part: Part, staged: Path) -> int:
        """A directory of files, one or more per partition."""
        partitioning = self._partitioning
        assert partitioning is not None  # noqa: S101 - the caller looked
        options = f"{self._layout.copy_options}, {partitioning.copy_options}"
        rows = part.copy(self._layout.select(partitioning.column()), staged, options)
        if rows:
            for file, directory in partitioning.files(staged):
                self._keep(file, directory)
        else:
            with contextlib.suppress(FileNotFoundError):
                staged.rmdir()
        return rows

    def _keep(self, staged: Path, directory: str) -> None:
        self._files.append(WrittenFile(staged, directory, len(self._files)))
        self._finished_bytes += staged.stat().st_size

    def written_bytes(self) -> int:
        """Bytes of finished files and of the one being written."""
        finished, current = self._finished_bytes, self._current
        try:
            return finished + (current.stat().st_size if current is not None else 0)
        except FileNotFoundError:
            return finished

    def end_segment(self, kind: CheckpointKind) -> SinkSegment:  # noqa: ARG002 - the same for every kind
        """The files since the last barrier."""
        files, self._files = self._files, []
        return FileSegment(self, files)

    def final_path(self, file: WrittenFile, checkpoint: int) -> Path:
        """Where a file goes when ``checkpoint`` is committed."""
        context = self.context
        transaction = f"T_{safe_name(context.job_id)}_{self._identity}_{context.worker}_{checkpoint}"
        return self._target / file.directory / self._names.name(transaction, file.part)

    def discard_staging(self) -> None:
        """Drop what other attempts left."""
        discard(self.staging, keep_prefix=self._prefix)

    @classmethod
    def settle(cls, context: PluginContext) -> None:
        """Drop everything that is staged."""
        discard(staging_directory(_target(context), context.job_id), keep_prefix=None)

    def committed(self, checkpoint: int) -> None:
        """Remember that for a while: somebody may take the files away at once."""
        self.marks.commit(checkpoint)

    def close(self) -> None:
        """Remove the staging directory if nothing is in it."""
        self.marks.remove_all()
        remove_empty(self.staging)

    @classmethod
    def commit(cls, token: dict[str, Any]) -> None:
        """Rename the files of ``token``."""
        files = [(Path(staged), Path(final)) for staged, final in token["files"]]
        publish(files, Path(token["staging"]), Path(token["mark"]) if "mark" in token else None)


def _target(context: PluginContext) -> Path:
    return context.resolve(Options(context.plugin.options, context.plugin.name).text("path"))


def _columns(options: Options, schema: pa.Schema) -> list[Field]:
    names = options.texts("sink_columns")
    if not names:
        return list(schema)
    missing = [name for name in names if name not in schema.names]
    if missing:
        raise options.error("sink_columns", f"names columns that the input does not have: {', '.join(missing)}")
    return [schema.field(name) for name in names]
