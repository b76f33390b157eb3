"""Takes the rows that a sink refuses out of what it is given, so that they cost themselves and not the job.

Only for sinks whose error policy tolerates errors and that refuse rows at all: the others write the query's result as it is.
The conditions are looked at in the query that makes the rows, a whole part at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from runner.connectors.refusal import Refusal, refused_by
from runner.dataset.python_values import python_rows
from runner.dataset.rejected import RejectedRow, row_json
from runner.worker.part import QueryPart
from runner.worker.rejections import RejectionPort

_MARK = "flowdeck_refused_by"
_AT_ONCE = 4096


class SinkScreen:
    """What stands before one sink, for its stage's thread alone. ``schema``: the columns of the sink's rows."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        sink: str,
        refusals: Sequence[Refusal],
        schema: pa.Schema,
        port: RejectionPort,
    ) -> None:
        self._connection = connection
        self._sink = sink
        self._refusals = tuple(refusals)
        self._schema = schema
        self._port = port
        self._refused = 0

    def take_refused(self) -> int:
        """How many rows have been refused since this was last asked."""
        refused, self._refused = self._refused, 0
        return refused

    def batches(self, rows: Iterable[pa.RecordBatch], schema: pa.Schema, sql: str | None) -> Iterator[pa.RecordBatch]:
        """What ``sql`` makes of ``rows``, which have ``schema``, without those that the sink refuses. ``sql`` None: the rows
        themselves. Raises TooManyRejected."""
        reader = pa.RecordBatchReader.from_batches(schema, rows)
        part = QueryPart(self._connection, reader, sql, self._schema)
        for batch in part.query(f'SELECT *, {refused_by(self._refusals)} AS {_MARK} FROM "rows"'):  # noqa: S608 - quoted
            yield self._accepted(batch)

    def _accepted(self, marked: pa.RecordBatch) -> pa.RecordBatch:
        marks = marked.column(marked.num_columns - 1)
        batch = pa.RecordBatch.from_arrays(marked.columns[:-1], schema=self._schema)
        refused = len(marks) - marks.null_count
        if refused:
            self._report(batch.filter(pc.is_valid(marks)), marks.drop_null().to_pylist(), batch.num_rows - refused)
            return batch.filter(pc.is_null(marks))
        self._port.put(self._sink, (), batch.num_rows)
        return batch

    def _report(self, rows: pa.RecordBatch, numbers: Sequence[Any], fitting: int) -> None:
        """Some at a time: a limit is noticed before all of them are told, and they need not all be in memory."""
        for first in range(0, len(numbers), _AT_ONCE):
            some = python_rows(rows.slice(first, _AT_ONCE))
            refusals = (self._refusals[number] for number in numbers[first : first + _AT_ONCE])
            rejected = [
                RejectedRow(kind=refusal.kind, reason=refusal.reason, row=row_json(row))
                for row, refusal in zip(some, refusals, strict=True)
            ]
            self._port.put(self._sink, rejected, 0 if first else fitting)
        self._refused += len(numbers)
