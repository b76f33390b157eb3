"""What every source promises the worker: positions that can be stored, and the same rows from any of them on."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pytest
from cases import SourceCase, only_for
from every_type import comparable, numbered
from plugin_bench import Bench, boundaries, carried, read_all, reading, through_the_store

from runner.connectors.base import Pace, Source
from runner.dataset.arrow_types import canonical_schema
from runner.protocol import Split
from schemas.loader import plugin_schema

SMALL = Pace(rows=3)
OTHER = Pace(rows=2, bytes=2_000)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Opened]:
    """One input for each case, made once."""
    return _Inputs(tmp_path_factory)


class Opened:
    """One case's input: any number of instances can be opened on it, as on several workers."""

    def __init__(self, case: SourceCase, directory: Path) -> None:
        self.case = case
        self.bench = Bench(directory)
        self.options = case.prepare(directory)
        source = self.open()
        self.splits = source.splits()
        self.whole = read_all(source, self.splits)

    def open(self, worker: int = 0) -> Source:
        """An instance."""
        return self.bench.source(self.case.plugin, self.options, worker=worker)


class _Inputs(dict[str, Opened]):
    def __init__(self, factory: pytest.TempPathFactory) -> None:
        super().__init__()
        self._factory = factory

    def of(self, case: SourceCase) -> Opened:
        """Make it when it is asked for first."""
        if str(case) not in self:
            self[str(case)] = Opened(case, self._factory.mktemp("input"))
        return self[str(case)]


@pytest.fixture
def opened(source_case: SourceCase, inputs: _Inputs) -> Opened:
    """The input of this case."""
    return inputs.of(source_case)


def test_the_rows_are_those_of_the_input(opened: Opened) -> None:
    """Every value of every type, in order, also when they are read in small batches."""
    if opened.case.expected is not None:
        assert comparable(opened.whole) == comparable(opened.case.expected())
    assert opened.whole.num_rows > 10
    assert comparable(read_all(opened.open(), opened.splits, SMALL)) == comparable(opened.whole)


def test_the_columns_are_known_before_the_rows(opened: Opened) -> None:
    """They are of the types that flow between plugins, and every batch has just them."""
    source = opened.open()
    schema = source.schema()
    assert schema == canonical_schema(schema)
    for split in opened.splits:
        for batch in source.read(split, SMALL):
            assert batch.data.schema == schema
            batch.data.validate(full=True)


def test_a_batch_is_no_larger_than_asked_for(opened: Opened) -> None:
    """Rates and checkpoints rely on it; what it took to read is told."""
    for pace in (Pace(rows=1), SMALL):
        for _, _, batch, _ in boundaries(opened.open(), opened.splits, pace):
            assert batch.data.num_rows <= pace.rows
            assert batch.input_bytes >= 0


def test_splits_are_plain_data_with_names_of_their_own(opened: Opened) -> None:
    """They go through the store and to another worker; the same input has the same ones."""
    assert len({split.id for split in opened.splits}) == len(opened.splits)
    for split in opened.splits:
        assert carried(split) == split
    again = opened.open(worker=1).splits()
    assert [split.id for split in again] == [split.id for split in opened.splits]


def test_every_batch_boundary_is_a_place_to_go_on_from(opened: Opened) -> None:
    """The rows before a position and those after it, read by another worker and in other batches, are all rows in order."""
    here, elsewhere = opened.open(), opened.open(worker=1)
    rows_of: dict[int, pa.Table] = {number: read_all(here, [split]) for number, split in enumerate(opened.splits)}
    for number, split, batch, rows in boundaries(here, opened.splits, SMALL):
        assert through_the_store(batch.position) == batch.position
        rest = read_all(elsewhere, [carried(split, batch)], OTHER)
        assert comparable(rest) == comparable(rows_of[number].slice(rows)), f"from {batch.position} of {split.id}"


def test_positions_lead_on_from_positions(opened: Opened) -> None:
    """One batch, a restore, one batch, a restore, … to the end."""
    found = []
    for split in opened.splits:
        at: Split | None = split
        while at is not None:
            iterator = reading(opened.open(), at, SMALL)
            batch = next(iterator, None)
            iterator.close()
            found += [] if batch is None else [batch.data]
            at = None if batch is None else carried(at, batch)
    assert comparable(pa.Table.from_batches(found, opened.whole.schema)) == comparable(opened.whole)


def test_nothing_is_read_behind_the_end(opened: Opened) -> None:
    """A checkpoint may hold a split at its last position that nobody has called finished yet."""
    last: dict[str, Split] = {}
    for _, split, batch, _ in boundaries(opened.open(), opened.splits, SMALL):
        last[split.id] = carried(split, batch)
    assert read_all(opened.open(), last.values()).num_rows == 0


def open_files() -> int:
    """How many descriptors this process has, where that can be known."""
    listing = Path("/proc/self/fd")
    return len(list(listing.iterdir())) if listing.exists() else 0


def test_an_iterator_that_is_closed_holds_nothing(opened: Opened) -> None:
    """Before its first row, in the middle and at the end: no file stays open."""
    source = opened.open()
    read_all(source, opened.splits)
    before = open_files()
    for steps in (0, 1, 2, 1 << 20):
        for split in opened.splits:
            iterator = reading(source, split, SMALL)
            for _, _ in zip(range(steps), iterator, strict=False):
                pass
            iterator.close()
    assert open_files() == before


def test_several_threads_read_one_source(opened: Opened) -> None:
    """Each split by one of three threads, all at once and again and again: the rows are those that one thread reads."""
    source = opened.open()
    expected = {split.id: comparable(read_all(source, [split])) for split in opened.splits}
    found: defaultdict[str, list[list[str]]] = defaultdict(list)
    failures: list[BaseException] = []
    start = threading.Barrier(3)

    def read(first: int) -> None:
        try:
            start.wait()
            for split in opened.splits[first:] + opened.splits[:first]:
                found[split.id].append(comparable(read_all(source, [split], SMALL)))
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=read, args=(first,)) for first in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert all(each == expected[split] for split, tables in found.items() for each in tables)
    assert set(found) == set(expected)


@only_for(lambda case: case.nothing is not None)
def test_an_input_without_rows_is_no_error(source_case: SourceCase, tmp_path: Path) -> None:
    """The columns are known all the same; there is nothing to read."""
    assert source_case.nothing is not None
    source = Bench(tmp_path).source(source_case.plugin, source_case.nothing(tmp_path))
    assert source.schema().names
    assert read_all(source, source.splits()).num_rows == 0


def test_columns_that_nobody_looks_at_change_nothing_else(opened: Opened) -> None:
    """A source that is told so need not read them; the others, the number of rows and the positions stay."""
    wanted = opened.whole.schema.names[:2]
    source = opened.open()
    source.narrow(frozenset(wanted))
    told = [(batch.position, batch.data) for _, _, batch, _ in boundaries(source, opened.splits, SMALL)]
    full = [(batch.position, batch.data) for _, _, batch, _ in boundaries(opened.open(), opened.splits, SMALL)]
    assert [position for position, _ in told] == [position for position, _ in full]
    assert [data.select(wanted) for _, data in told] == [data.select(wanted) for _, data in full]
    assert {data.schema for _, data in told} == {opened.whole.schema}


def test_a_source_repeats_itself(opened: Opened) -> None:
    """Exactly-once rests on it: what was read after the last checkpoint is read again, and is the same."""
    schema = plugin_schema("source", opened.case.plugin)
    assert schema is not None
    assert schema.delivery_with(opened.options) == "exactly-once"
    assert comparable(read_all(opened.open(worker=2), opened.splits)) == comparable(opened.whole)


def test_what_the_suite_compares_by_notices_every_difference() -> None:
    """The negative control: a row that is missing, another row, and a zero with another sign."""
    assert comparable(numbered(3)) != comparable(numbered(2))
    assert comparable(numbered(3)) != comparable(numbered(3, first=1))
    zeroes = [pa.table({"id": [1], "d": [zero]}) for zero in (0.0, -0.0)]
    assert comparable(zeroes[0]) != comparable(zeroes[1])
