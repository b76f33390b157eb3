"""What every transform promises: its columns are known before any row, and each row is changed for itself."""

from __future__ import annotations

import pyarrow as pa
import pytest
from cases import TransformCase, only_for
from every_type import comparable

from runner.dataset.arrays import from_the_start
from runner.dataset.arrow_types import canonical_schema
from runner.dataset.engine import INPUT, Engine
from runner.transforms.registry import create_transform
from runner.worker.compiler import Compiler
from runner.worker.stage import StageQuery
from schemas.loader import plugin_schema
from spec.job import PluginKind, PluginSpec


class Compiled:
    """A transform over the columns of its case's table, ready to run on any rows of them."""

    def __init__(self, case: TransformCase) -> None:
        self.case = case
        self.table = case.table()
        self.plugin = PluginSpec(
            id="t", kind=PluginKind.TRANSFORM, name=case.plugin, index=0, options=case.options, inputs=("rows",), output="t"
        )
        self._engine = Engine([])
        self.query = self.compile()
        self._engine.lock()

    def compile(self) -> StageQuery:
        """Bind it; only columns are known."""
        return Compiler([self.plugin], self._engine).compile([self.plugin], self.table.schema)

    def run(self, *batches: pa.RecordBatch) -> pa.Table:
        """The rows that come of these, in one part."""
        cursor = self._engine.cursor()
        cursor.register(INPUT, pa.RecordBatchReader.from_batches(self.table.schema, map(from_the_start, batches)))
        try:
            assert self.query.sql is not None
            found: pa.Table = cursor.sql(self.query.sql).to_arrow_table()
            return found
        finally:
            cursor.close()


@pytest.fixture(scope="module")
def compiled_before() -> dict[str, Compiled]:
    """Each case is compiled once."""
    return {}


@pytest.fixture
def compiled(transform_case: TransformCase, compiled_before: dict[str, Compiled]) -> Compiled:
    """The case's transform."""
    if str(transform_case) not in compiled_before:
        compiled_before[str(transform_case)] = Compiled(transform_case)
    return compiled_before[str(transform_case)]


def test_the_columns_are_known_before_the_rows(compiled: Compiled) -> None:
    """And are those that the rows have, of types that flow between plugins."""
    assert compiled.query.output_schema == canonical_schema(compiled.query.output_schema)
    assert compiled.run(*compiled.table.to_batches()).schema == compiled.query.output_schema


def test_each_row_is_changed_for_itself(compiled: Compiled) -> None:
    """One row, a few rows or all rows at a time, in one part or in several: the same comes out, in order."""
    whole = compiled.run(*compiled.table.to_batches())
    for rows in (1, 5):
        pieces = compiled.table.to_batches(rows)
        assert comparable(compiled.run(*pieces)) == comparable(whole)
        apart = pa.concat_tables([compiled.run(piece) for piece in pieces])
        assert [repr(row) for row in apart.to_pylist()] == [repr(row) for row in whole.to_pylist()]


def test_no_rows_make_no_rows(compiled: Compiled) -> None:
    """No batch, or one without rows."""
    empty = pa.RecordBatch.from_pylist([], schema=compiled.table.schema)
    for batches in ([], [empty], [empty, empty]):
        found = compiled.run(*batches)
        assert found.num_rows == 0
        assert found.schema == compiled.query.output_schema


@only_for(lambda case: bool(case.untouched))
def test_other_columns_stay_as_they_are(compiled: Compiled) -> None:
    """Every value of every type that the transform is not about, nulls included."""
    names = list(compiled.case.untouched)
    found = compiled.run(*compiled.table.to_batches())
    assert [found.schema.field(name).type for name in names] == [compiled.table.schema.field(name).type for name in names]
    assert comparable(found.select(names)) == comparable(compiled.table.select(names))


def test_it_keeps_the_rows_that_it_says_it_keeps(compiled: Compiled) -> None:
    """Counters in the metrics rely on it."""
    found = compiled.run(*compiled.table.to_batches())
    assert not create_transform(compiled.plugin).keeps_rows or found.num_rows == compiled.table.num_rows


def test_it_repeats_itself(compiled: Compiled) -> None:
    """Exactly-once rests on it: after a restore the same rows become the same rows again, in another worker too."""
    schema = plugin_schema("transform", compiled.case.plugin)
    assert schema is not None
    assert schema.delivery_with(compiled.case.options) == "exactly-once"
    other = Compiled(compiled.case)
    assert other.query == compiled.query
    batches = compiled.table.to_batches()
    assert comparable(other.run(*batches)) == comparable(compiled.run(*batches))
