"""Runs one plugin in this process as a worker would, step by step: attempts begin, prepare, commit, die and are replayed."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from runner.connectors.base import Batch, Pace, PluginContext, Sink, Source
from runner.connectors.registry import sink_class, source_class
from runner.dataset.arrays import from_the_start
from runner.dataset.arrow_types import canonical_schema
from runner.dataset.engine import Engine
from runner.model import CheckpointKind
from runner.protocol import Split
from runner.worker.part import QueryPart
from spec.job import JobMode, PluginKind, PluginSpec

JOB = "job-1"
EXECUTION = "execution-1"
WHOLE = Pace()
Data = dict[str, Any]


class MemoryLog:
    """An execution's log; the lines that a sink prints are output that people see."""

    def __init__(self) -> None:
        self.printed: list[str] = []

    def write(self, level: str, message: str, *, plugin: str = "") -> None:
        """Not looked at."""

    def output(self, messages: Sequence[str], *, plugin: str) -> None:
        """Keep the lines."""
        self.printed += messages


@dataclass(slots=True)
class Bench:
    """One job's directory and log, which outlive its attempts."""

    directory: Path
    log: MemoryLog = field(default_factory=MemoryLog)

    def context(
        self, kind: PluginKind, plugin: str, options: Data, *, attempt: int = 1, worker: int = 0, workers: int = 1
    ) -> PluginContext:
        """What a plugin of that attempt and worker is told."""
        spec = PluginSpec(id="plugin", kind=kind, name=plugin, index=0, options=options, parallelism=1)
        return PluginContext(
            plugin=spec,
            mode=JobMode.BATCH,
            job_id=JOB,
            execution=EXECUTION,
            attempt=f"{EXECUTION}-{attempt}-{attempt}",
            worker=worker,
            workers=workers,
            base_directory=self.directory,
            log=self.log,
        )

    def source(self, plugin: str, options: Data, *, worker: int = 0) -> Source:
        """An instance as a worker opens it."""
        context = self.context(PluginKind.SOURCE, plugin, options, worker=worker)
        source = source_class(plugin)(context, Engine([]).cursor())
        canonical_schema(source.schema())
        return source


def through_the_store(data: Any) -> Any:
    """Plain data, after it has been a message and a row of the store; both must agree on what it is."""
    message = msgspec.msgpack.decode(msgspec.msgpack.encode(data))
    stored = msgspec.json.decode(msgspec.json.encode(data))
    assert message == stored, "data that is not the same in msgpack and JSON"
    return stored


def carried(split: Split, batch: Batch | None = None) -> Split:
    """``split`` as another worker gets it from a checkpoint after ``batch``."""
    position = split.position if batch is None else batch.position
    data = through_the_store(msgspec.to_builtins(msgspec.structs.replace(split, position=position)))
    return msgspec.convert(data, Split)


def reading(source: Source, split: Split, pace: Pace) -> Generator[Batch, None, None]:
    """The batches of a split, by an iterator that can be closed, as the worker expects of every source."""
    iterator: Any = source.read(split, pace)
    assert isinstance(iterator, Generator)
    return iterator


def read_all(source: Source, splits: Iterable[Split], pace: Pace = WHOLE) -> pa.Table:
    """All rows of ``splits``, in order."""
    batches = [batch.data for split in splits for batch in source.read(split, pace)]
    return pa.Table.from_batches(batches, schema=source.schema())


class SinkAttempt:
    """One worker's sink from start to commit or death. ``restored``: the states of the checkpoint that it goes on from."""

    _numbers = itertools.count(1)

    def __init__(
        self,
        bench: Bench,
        kind: type[Sink],
        plugin: str,
        options: Data,
        schema: pa.Schema,
        *,
        restored: Sequence[Data] = (),
        worker: int = 0,
        workers: int = 1,
    ) -> None:
        number = next(self._numbers)
        self.context = bench.context(PluginKind.SINK, plugin, options, attempt=number, worker=worker, workers=workers)
        directories = [str(directory) for directory in kind.directories(self.context)]
        self._engine = Engine(directories)
        self._connection = self._engine.cursor()
        self._engine.lock()
        self._schema = schema
        self.sink = kind(self.context, schema)
        if restored:
            self.sink.restore([through_the_store(state) for state in restored])

    def write(self, table: pa.Table, rows_per_batch: int = 1 << 16) -> int:
        """The rows as one part, in batches of so many rows."""
        return self.write_batches(table.to_batches(rows_per_batch))

    def write_batches(self, batches: Iterable[pa.RecordBatch]) -> int:
        """One part."""
        reader = pa.RecordBatchReader.from_batches(self._schema, map(from_the_start, list(batches)))
        return self.sink.write(QueryPart(self._connection, reader, None, self._schema))

    def prepare(self, checkpoint: int, *, final: bool = False) -> Prepared:
        """A barrier passes: everything written so far is prepared for ``checkpoint``."""
        kind = CheckpointKind.FINAL if final else CheckpointKind.PERIODIC
        found = self.sink.end_segment(kind).prepare(checkpoint)
        state = None if found.state is None else through_the_store(found.state)
        return Prepared(type(self.sink), [through_the_store(token) for token in found.tokens], state)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sink's part of a checkpoint, as the store keeps it."""

    sink: type[Sink]
    tokens: list[Data]
    state: Data | None

    @property
    def states(self) -> list[Data]:
        """For the next attempt."""
        return [] if self.state is None else [self.state]

    def commit(self) -> None:
        """As often as one likes."""
        for token in self.tokens:
            self.sink.commit(token)


def write_everything(bench: Bench, plugin: str, options: Data, table: pa.Table) -> None:
    """A whole job of one sink: write, prepare, commit."""
    attempt = SinkAttempt(bench, sink_class(plugin), plugin, options, table.schema)
    attempt.write(table)
    attempt.prepare(1, final=True).commit()
    attempt.sink.close()


def boundaries(source: Source, splits: Sequence[Split], pace: Pace) -> Iterator[tuple[int, Split, Batch, int]]:
    """Every batch of every split: the number of its split, the split, the batch, and the split's rows up to its end."""
    for number, split in enumerate(splits):
        rows = 0
        for batch in source.read(split, pace):
            rows += batch.data.num_rows
            yield number, split, batch, rows
