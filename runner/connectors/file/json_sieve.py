"""Finds every line of a JSON range that does not fit, with the engine's eyes and whole columns at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runner.connectors.file.json_fault import document_problem, field_problem, syntax_problem
from runner.connectors.file.json_values import LeafConverter, structure, structure_checks
from runner.connectors.file.misfits import misfits
from runner.connectors.file.sieve import Fault, Records
from runner.connectors.table_schema import Column
from runner.dataset import arrays
from runner.dataset.rejected import RejectionKind
from spec.sql.text import literal


@dataclass(frozen=True, slots=True)
class JsonSieve:
    """Looks at lines as documents with ``columns``."""

    columns: Sequence[Column]
    connection: duckdb.DuckDBPyConnection
    leaves: LeafConverter

    def faults(self, records: Records) -> dict[int, Fault]:
        """What is wrong with each line that does not fit."""
        faults = records.undecodable()
        filled = [index for index in records.filled(faults) if records.text(index).strip()]
        lines = [records.text(index) for index in filled]
        if not lines:
            return faults
        table = self._documents(lines)
        valid, fits = _flags(table, "valid"), _flags(table, "fits")
        for number in np.flatnonzero(~valid).tolist():
            faults[filled[number]] = Fault(RejectionKind.PARSE, syntax_problem(lines[number]))
        for number in np.flatnonzero(np.logical_and(valid, ~fits)).tolist():
            faults[filled[number]] = Fault(RejectionKind.CAST, document_problem(lines[number], self.columns, self.leaves))
        whole = np.flatnonzero(np.logical_and(valid, fits))
        documents: Any = arrays.one_batch(table.select(["document"])).column(0)
        documents = documents.take(pa.array(whole))
        self._add_misfits(faults, [filled[number] for number in whole.tolist()], documents, records)
        return faults

    def explain(self, line: bytes) -> Fault:
        """What is wrong with a line that nobody could read."""
        return Fault(RejectionKind.PARSE, document_problem(line, self.columns, self.leaves))

    def _documents(self, lines: Sequence[bytes]) -> pa.Table:
        shape = {column.name: structure(column.type) for column in self.columns}
        checks = [check for column in self.columns for check in structure_checks(column.name, column.type)]
        fits = " AND ".join(["json_type(line) = 'OBJECT'", *checks])
        document = f"from_json(line, {literal(json.dumps(shape, ensure_ascii=False))})"
        cursor = self.connection.cursor()
        try:
            cursor.register("lines", pa.table({"line": pa.array([line.decode() for line in lines], pa.string())}))
            found: pa.Table = cursor.sql(
                f"SELECT valid, fits, CASE WHEN fits THEN {document} END AS document"  # noqa: S608 - quoted
                f" FROM (SELECT *, CASE WHEN valid THEN {fits} END AS fits"
                " FROM (SELECT line, json_valid(line) AS valid FROM lines))"
            ).to_arrow_table()
            return found
        finally:
            cursor.close()

    def _add_misfits(self, faults: dict[int, Fault], indexes: Sequence[int], documents: Any, records: Records) -> None:
        carriers = pa.RecordBatch.from_struct_array(documents)
        for place, column in enumerate(self.columns):
            carrier: Any = carriers.column(place)
            bad = misfits(carrier, column.type, lambda values, kind=column.type: self.leaves.convert(values, kind))  # type: ignore[misc]
            for number in np.flatnonzero(bad).tolist():
                if indexes[number] not in faults:
                    reason = field_problem(records.text(indexes[number]), column, self.leaves)
                    faults[indexes[number]] = Fault(RejectionKind.CAST, reason)


def _flags(table: pa.Table, name: str) -> npt.NDArray[np.bool_]:
    return np.array(table.column(name).to_pylist(), dtype=np.bool_)  # null, for lines that are no JSON, is false
