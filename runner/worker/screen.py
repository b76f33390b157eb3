"""Runs a stage's query batch by batch, so that a row on which it fails costs that row and not the job.

Only for stages with a transform that tolerates errors: the usual way, one streaming query over a whole part, is faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from runner.dataset.engine import INPUT
from runner.dataset.rejected import MAXIMUM_REASON, RejectedRow, RejectionKind, bounded, row_json
from runner.worker.failure import StageError, sql_message
from runner.worker.rejections import RejectionPort

_NOT_THE_ROW = (
    duckdb.OutOfMemoryException,
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.ConnectionException,
    duckdb.TransactionException,
)
"""Failures of the engine or the machine: another row would meet them too."""


@dataclass(frozen=True, slots=True)
class Step:
    """A transform of a stage: ``sql`` is the query up to and with it. ``tolerates``: it may reject rows."""

    plugin: str
    sql: str
    tolerates: bool


class Screen:
    """The transforms of one stage, for its thread alone."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, steps: Sequence[Step], output: pa.Schema, port: RejectionPort
    ) -> None:
        self._connection = connection
        self._steps = tuple(steps)
        self._output = output
        self._port = port

    def batches(self, rows: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """What the query makes of ``rows`` without those on which it fails. Raises StageError for a transform that tolerates
        none."""
        for batch in rows:
            yield from self._screened(batch)

    def _screened(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        rejected: dict[str, list[RejectedRow]] = {}
        waiting = [(0, batch.num_rows)]
        while waiting:
            begin, end = waiting.pop()
            piece = batch.slice(begin, end - begin)
            try:
                made = self._run(self._steps[-1].sql, piece)
            except duckdb.Error as error:
                if isinstance(error, _NOT_THE_ROW):
                    raise
                if end - begin > 1:
                    middle = (begin + end) // 2
                    waiting += [(middle, end), (begin, middle)]
                    continue
                plugin, row = self._judge(piece, error)
                rejected.setdefault(plugin, []).append(row)
            else:
                yield from made.to_batches()
        for step in self._steps:
            if step.tolerates:
                rows = rejected.get(step.plugin, [])
                self._port.put(step.plugin, rows, batch.num_rows - len(rows))

    def _judge(self, piece: pa.RecordBatch, error: duckdb.Error) -> tuple[str, RejectedRow]:
        """Whose fault it is that the query fails for one row."""
        for step in self._steps[:-1]:
            try:
                self._run(step.sql, piece)
            except duckdb.Error as earlier:
                return self._rejected(step, piece, earlier)
        return self._rejected(self._steps[-1], piece, error)

    @staticmethod
    def _rejected(step: Step, piece: pa.RecordBatch, error: duckdb.Error) -> tuple[str, RejectedRow]:
        if not step.tolerates:
            raise StageError(step.plugin, error) from error
        reason = bounded(sql_message(error), MAXIMUM_REASON)
        return step.plugin, RejectedRow(kind=RejectionKind.SQL, reason=reason, row=row_json(piece.to_pylist()[0]))

    def _run(self, sql: str, piece: pa.RecordBatch) -> pa.Table:
        self._connection.register(INPUT, piece)
        try:
            made: pa.Table = self._connection.sql(sql).to_arrow_table()
        finally:
            self._connection.unregister(INPUT)
        return made
