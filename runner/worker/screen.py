"""Runs a stage's query batch by batch, so that a row on which it fails costs that row and not the job.

Only for stages with a transform that tolerates errors: the usual way, one streaming query over a whole part, is faster. Which
rows fail, and why, :mod:`runner.worker.verdicts` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import duckdb
import pyarrow as pa

from runner.dataset.python_values import python_rows
from runner.dataset.rejected import MAXIMUM_REASON, RejectedRow, RejectionKind, bounded, row_json
from runner.worker.rejections import RejectionPort
from runner.worker.verdicts import Judge, Step, Verdict, is_of_a_row


class Screen:
    """The transforms of one stage, for its thread alone."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, steps: Sequence[Step], port: RejectionPort) -> None:
        self._steps = tuple(steps)
        self._judge = Judge(connection, steps)
        self._port = port

    def batches(self, rows: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """What the query makes of ``rows`` without those on which it fails. Raises StageError for a transform that tolerates
        none."""
        for batch in rows:
            made, verdicts = self._screened(batch)
            yield from made.to_batches()
            self._report(batch, verdicts)

    def _screened(self, batch: pa.RecordBatch) -> tuple[pa.Table, Mapping[int, Verdict]]:
        try:
            return self._judge.run(batch), {}
        except duckdb.Error as error:
            if not is_of_a_row(error):
                raise
        verdicts = self._judge.verdicts(batch)
        try:
            return self._judge.run(_without(batch, verdicts)), verdicts
        except duckdb.Error as error:
            if not is_of_a_row(error):
                raise
        verdicts = self._judge.all_verdicts(batch)
        return self._judge.run(_without(batch, verdicts)), verdicts

    def _report(self, batch: pa.RecordBatch, verdicts: Mapping[int, Verdict]) -> None:
        rejected: dict[str, list[RejectedRow]] = {}
        numbers = sorted(verdicts)
        rows = python_rows(batch.take(pa.array(numbers, pa.int64()))) if numbers else []
        for number, row in zip(numbers, rows, strict=True):
            verdict = verdicts[number]
            reason = bounded(verdict.reason, MAXIMUM_REASON)
            made = RejectedRow(kind=RejectionKind.SQL, reason=reason, row=row_json(row))
            rejected.setdefault(verdict.step.plugin, []).append(made)
        for step in self._steps:
            if step.tolerates:
                found = rejected.get(step.plugin, [])
                self._port.put(step.plugin, found, batch.num_rows - len(found))


def _without(batch: pa.RecordBatch, verdicts: Mapping[int, Verdict]) -> pa.RecordBatch:
    return batch.take(pa.array((number for number in range(batch.num_rows) if number not in verdicts), pa.int64()))
