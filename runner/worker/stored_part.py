"""One part of a stage's work whose rows are still in files: the engine reads them in the query that changes and writes them.

Should that query fail, the rows are read as batches after all, and what is wrong with them is found and said there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from runner.connectors.base import PartLimit
from runner.dataset.engine import INPUT, PASS_THROUGH
from runner.dataset.stored_rows import StoredRows, stored_select
from runner.protocol import Barrier
from runner.worker.failure import StageError
from runner.worker.gate import Gate
from runner.worker.part import QueryPart
from spec.sql.text import literal

MOST_BYTES = 512 << 20
"""What a part takes at once, a second or two of work: a barrier waits until it is done."""


class StoredInput:
    """The stored rows of one part. Knows after ``gather`` why it ended, as :class:`runner.worker.part.PartInput` does."""

    def __init__(self, gate: Gate, first: StoredRows, limit: PartLimit, count: Callable[[int, int], None]) -> None:
        self._gate = gate
        self._first = first
        self._limit = limit
        self._count = count
        self.barrier: Barrier | None = None
        self.leftover: pa.RecordBatch | StoredRows | None = None

    def gather(self) -> list[StoredRows]:
        """Everything up to the barrier, or as much as the limits allow, or up to rows that are not stored."""
        found: list[StoredRows] = []
        rows, size, item = 0, 0, self._first
        while True:
            found.append(item)
            rows, size = rows + item.num_rows, size + item.nbytes
            self._count(item.num_rows, item.nbytes)
            following = self._gate.take()
            if isinstance(following, Barrier):
                self.barrier = following
                return found
            if not isinstance(following, StoredRows) or self._is_too_much(rows + following.num_rows, size + following.nbytes):
                self.leftover = following
                return found
            item = following

    def _is_too_much(self, rows: int, size: int) -> bool:
        return size > MOST_BYTES or (self._limit.rows is not None and rows > self._limit.rows)


class StoredPart:
    """What ``sql`` makes of stored rows (:class:`runner.connectors.base.Part`). ``failure``: why they cannot be read."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        rows: Sequence[StoredRows],
        sql: str | None,
        input_schema: pa.Schema,
        schema: pa.Schema,
    ) -> None:
        self._connection = connection
        self._rows = rows
        self._sql = sql
        self._input_schema = input_schema
        self._schema = schema
        self.failure: StageError | None = None
        self.newest: pa.RecordBatch | None = None
        """As that of :class:`runner.worker.part.PartInput`."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of the rows."""
        return self._schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order."""
        yield from self._read().batches()

    def query(self, select: str) -> Iterator[pa.RecordBatch]:
        """The rows of ``select`` over ``"rows"``."""
        yield from self._read().query(select)

    def copy(self, select: str, target: Path, options: str) -> int:
        """``COPY`` of ``select`` over ``"rows"``, straight from the files; the number of rows written."""
        try:
            with stored_select(self._rows) as stored:
                copied = self._connection.execute(
                    f"COPY ({self._over_files(stored, select)}) TO {literal(str(target))} ({options})"
                ).fetchall()
        except duckdb.Error:
            _remove(target)
            for rows in self._rows:
                rows.refused()
            return self._read().copy(select, target, options)
        return int(copied[0][0]) if copied else 0

    def _over_files(self, stored: str, select: str) -> str:
        inner = self._sql if self._sql is not None else PASS_THROUGH
        return f'WITH {INPUT} AS NOT MATERIALIZED ({stored}), "rows" AS NOT MATERIALIZED ({inner}) {select}'

    def _read(self) -> QueryPart:
        reader = pa.RecordBatchReader.from_batches(self._input_schema, self._batches())
        return QueryPart(self._connection, reader, self._sql, self._schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        """A failure is kept, because the engine only passes its text on."""
        for rows in self._rows:
            try:
                for self.newest in rows.batches():
                    yield self.newest
            except GeneratorExit:
                raise
            except Exception as error:
                self.failure = StageError(rows.plugin, error, split=rows.split)
                raise


def _remove(target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
