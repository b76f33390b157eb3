"""FakeSource: rows made from a seed, for trying jobs out and for tests.

Row ``n`` is the same whatever the batch size, the number of restarts or the worker that makes it. Splits are not slowed down
(``split.read-interval`` is accepted and does nothing); use ``read_limit.rows_per_second``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from runner.connectors.base import Batch, OptionError, Pace, PluginContext, Source
from runner.connectors.fake.columns import MakerFactory
from runner.connectors.fake.makers import Maker, NullMaker
from runner.connectors.fake.settings import read_settings
from runner.connectors.options import Options
from runner.connectors.table_schema import Column, arrow_schema, declared_columns
from runner.connectors.values import typed_value
from runner.protocol import Split
from spec.types import ScalarType

MAXIMUM_BATCH_ROWS = 1 << 16

_NOW_WORDS = {"CURRENT_DATE": ScalarType.DATE, "CURRENT_TIME": ScalarType.TIME, "CURRENT_TIMESTAMP": ScalarType.TIMESTAMP}


class FakeSource(Source):
    """Splits are row ranges; a position is how many rows of the split have been made."""

    def __init__(self, context: PluginContext, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(context, connection)
        options = Options(context.plugin.options, context.plugin.name)
        options.refuse("tables_configs", "several tables in one source")
        columns = declared_columns(options)
        if columns is None:
            raise options.error("schema", "is required")
        self._schema = arrow_schema(columns)
        self._rows_per_reader = options.integer("row.num", default=5, minimum=0)
        self._splits_per_reader = options.integer("split.num", default=1, minimum=1, maximum=100_000)
        self._fixed = _fixed_rows(options, columns)
        factory = MakerFactory(read_settings(options))
        self._makers: list[Maker] = [factory.column(column) for column in columns]
        self._row_bytes = max(1, sum(maker.row_bytes for maker in self._makers))

    def schema(self) -> pa.Schema:
        """The declared columns."""
        return self._schema

    def narrow(self, columns: frozenset[str]) -> None:
        """The others are not made."""
        for number, field in enumerate(self._schema):
            if field.name not in columns:
                self._makers[number] = NullMaker(field.type)

    def splits(self) -> list[Split]:
        """``split.num`` splits per parallel reader. ``now`` goes with the split, so that a restore repeats CURRENT_DATE."""
        size = -(-self._rows_per_reader // self._splits_per_reader)
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat()
        splits = []
        for reader in range(self.context.plugin.parallelism):
            base = reader * self._rows_per_reader
            for number, begin in enumerate(range(0, self._rows_per_reader, size) if size else ()):
                rows = min(size, self._rows_per_reader - begin)
                data = {"begin": base + begin, "rows": rows if self._fixed is None else len(self._fixed), "now": now}
                splits.append(Split(source=self.context.plugin.id, id=f"{reader}-{number}", data=data))
        return splits

    def read(self, split: Split, pace: Pace) -> Iterator[Batch]:
        """The rows of the split from its counter on."""
        made = int(split.position["row"]) if split.position else 0
        total = int(split.data["rows"])
        size = max(1, min(pace.rows, MAXIMUM_BATCH_ROWS, pace.bytes // self._row_bytes))
        fixed = None if self._fixed is None else self._fixed_batch(datetime.datetime.fromisoformat(split.data["now"]))
        while made < total:
            count = min(size, total - made)
            data = self._make(int(split.data["begin"]) + made, count) if fixed is None else fixed.slice(made, count)
            made += count
            yield Batch(data, {"row": made}, data.nbytes)

    def _make(self, start: int, count: int) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([maker.make(start, count) for maker in self._makers], schema=self._schema)

    def _fixed_batch(self, now: datetime.datetime) -> pa.RecordBatch:
        rows = self._fixed or []
        arrays = []
        for index, field in enumerate(self._schema):
            values = [_at(row[index], now) for row in rows]
            arrays.append(pa.array(values, type=field.type))
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)


class _Now:
    """Stands for CURRENT_DATE and its like until the split says when now is."""

    def __init__(self, scalar: ScalarType) -> None:
        self.scalar = scalar

    def at(self, now: datetime.datetime) -> datetime.date | datetime.time:
        if self.scalar is ScalarType.DATE:
            return now.date()
        return now.time() if self.scalar is ScalarType.TIME else now


def _at(value: Any, now: datetime.datetime) -> Any:
    return value.at(now) if isinstance(value, _Now) else value


def _fixed_rows(options: Options, columns: Sequence[Column]) -> list[list[Any]] | None:
    rows = options.objects("rows")
    return None if rows is None else [_fixed_row(row, number, columns) for number, row in enumerate(rows, 1)]


def _fixed_row(row: Options, number: int, columns: Sequence[Column]) -> list[Any]:
    kind = row.text("kind", default="INSERT")
    if kind != "INSERT":
        raise OptionError(f"FakeSource: row {number} of 'rows' has kind {kind}; the local engine only takes INSERT so far")
    fields = row.raw("fields")
    if isinstance(fields, dict):
        values = [fields.get(column.name) for column in columns]
    elif isinstance(fields, list | tuple) and len(fields) == len(columns):
        values = list(fields)
    else:
        raise OptionError(f"FakeSource: row {number} of 'rows' needs 'fields' with a value for each of {len(columns)} columns")
    return [_fixed_value(value, column) for value, column in zip(values, columns, strict=True)]


def _fixed_value(value: Any, column: Column) -> Any:
    if isinstance(value, str) and _NOW_WORDS.get(value) is column.type:
        return _Now(_NOW_WORDS[value])
    return typed_value(value, column.type)
