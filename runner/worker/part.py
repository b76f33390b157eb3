"""One part of a stage's work: a piece of the input up to a barrier or a limit, and the streaming query over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from runner.connectors.base import PartLimit
from runner.dataset.arrays import from_the_start
from runner.dataset.engine import INPUT, PASS_THROUGH
from runner.dataset.stored_rows import Rows, StoredRows
from runner.protocol import Barrier
from runner.worker.gate import Gate
from spec.sql.text import literal

OUTPUT_ROWS = 1 << 16


class PartInput:
    """The batches of one part. Knows afterwards why it ended: ``barrier``, or a limit (``leftover`` rows go to the next)."""

    def __init__(self, gate: Gate, first: pa.RecordBatch, limit: PartLimit, count: Callable[[int, int], None]) -> None:
        self._gate = gate
        self._first = first
        self._limit = limit
        self._count = count
        self.barrier: Barrier | None = None
        self.leftover: Rows | None = None
        self.failure: BaseException | None = None
        self.newest: pa.RecordBatch | None = None
        """The batch that the engine was given last: when it fails for a row, for one of these."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The batches, until the part ends. A failure is kept, because the engine only passes its text on."""
        try:
            yield from self._batches()
        except GeneratorExit:
            raise
        except BaseException as error:
            self.failure = error
            raise

    def through(self, screen: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        """The batches as ``screen`` lets them through; its failures are kept too."""
        try:
            yield from screen(self.batches())
        except GeneratorExit:
            raise
        except BaseException as error:
            self.failure = self.failure or error
            raise

    def _batches(self) -> Iterator[pa.RecordBatch]:
        rows = 0
        deadline = None if self._limit.seconds is None else time.monotonic() + self._limit.seconds
        batch: pa.RecordBatch | None = self._first
        while batch is not None:
            room = None if self._limit.rows is None else self._limit.rows - rows
            if room is not None and batch.num_rows > room:
                self.leftover = batch.slice(room)
                batch = batch.slice(0, room)
            rows += batch.num_rows
            self._count(batch.num_rows, batch.nbytes)
            self.newest = batch
            yield from_the_start(batch)
            if room is not None and rows == self._limit.rows:
                return
            batch = self._take(deadline)

    def _take(self, deadline: float | None) -> pa.RecordBatch | None:
        item = self._gate.take(None if deadline is None else max(0.0, deadline - time.monotonic()))
        if isinstance(item, Barrier):
            self.barrier = item
            return None
        if deadline is not None and time.monotonic() >= deadline:
            self.leftover = item
            return None
        if isinstance(item, StoredRows):
            self.leftover = item
            return None
        return item


class QueryPart:
    """The rows that ``sql`` makes of a part's input (:class:`runner.connectors.base.Part`). ``sql`` None: the input itself."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        reader: pa.RecordBatchReader,
        sql: str | None,
        schema: pa.Schema,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._sql = sql
        self._schema = schema

    @property
    def schema(self) -> pa.Schema:
        """The columns of the rows."""
        return self._schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order."""
        if self._sql is None:
            yield from self._reader
        else:
            yield from self._stream(self._sql)

    def query(self, select: str) -> Iterator[pa.RecordBatch]:
        """The rows of ``select`` over ``"rows"``."""
        yield from self._stream(self._over_rows(select))

    def copy(self, select: str, target: Path, options: str) -> int:
        """``COPY`` of ``select`` over ``"rows"``; the number of rows written."""
        self._connection.register(INPUT, self._reader)
        try:
            copied = self._connection.execute(
                f"COPY ({self._over_rows(select)}) TO {literal(str(target))} ({options})"
            ).fetchone()
        finally:
            self._connection.unregister(INPUT)
        return int(copied[0]) if copied else 0

    def _over_rows(self, select: str) -> str:
        inner = self._sql if self._sql is not None else PASS_THROUGH
        return f'WITH "rows" AS NOT MATERIALIZED ({inner}) {select}'

    def _stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        self._connection.register(INPUT, self._reader)
        try:
            yield from self._connection.sql(sql).to_arrow_reader(OUTPUT_ROWS)
        finally:
            self._connection.unregister(INPUT)
