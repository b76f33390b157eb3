"""Rows that stay in Parquet files until the engine reads them: the same rows, positions, errors and parts as when they are
handed over in batches."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

from runner.connectors.base import Pace, PartLimit, PluginContext
from runner.connectors.file.source import LocalFileSource
from runner.dataset.engine import Engine
from runner.dataset.stored_rows import ParquetPlace, StoredRows, stored_select
from runner.model import CheckpointKind
from runner.protocol import Barrier
from runner.worker.gate import Gate
from runner.worker.stored_part import MOST_BYTES, StoredInput
from spec.job import JobSpec

Coordinate = Callable[..., Coordinator]

ROWS = 20_000
GROUP = 1000


class Log:
    """A log that nobody reads."""

    def write(self, level: str, message: str, *, plugin: str = "") -> None:
        """Nothing."""

    def output(self, messages: Any, *, plugin: str) -> None:
        """Nothing."""


def write(path: Path, rows: int = ROWS, first: int = 0, **columns: Any) -> None:
    """A Parquet file in row groups of a thousand."""
    numbers = range(first, first + rows)
    table = pa.table({"id": pa.array(numbers, pa.int64()), "name": [f"name {number % 7}" for number in numbers], **columns})
    pq.write_table(table, path, row_group_size=GROUP)


def opened(directory: Path, path: str, **options: Any) -> LocalFileSource:
    """A Parquet source whose rows may stay where they are."""
    plugin = source("LocalFile", "rows", {"path": path, "file_format_type": "parquet", **options})
    spec = job(plugin)
    context = PluginContext(plugin, spec.env.mode, "job", "execution", "attempt", 0, 1, directory, Log())
    made = LocalFileSource(context, duckdb.connect())
    made.leave_stored(2 * GROUP)
    return made


def pieces(made: LocalFileSource, position: dict[str, Any] | None = None) -> list[Any]:
    """What it reads, from a position in its first split."""
    found = []
    for split in made.splits():
        found += [batch.data for batch in made.read(msgspec.structs.replace(split, position=position), Pace())]
    return found


def rows_of(notes: list[Any]) -> list[Any]:
    """What the engine reads of them."""
    with stored_select(notes) as query:
        return duckdb.sql(query).fetchall()


def copy_job(query: str = "SELECT id, upper(name) AS name FROM rows WHERE id % 3 <> 0", **options: Any) -> JobSpec:
    """Parquet to Parquet."""
    return job(
        source("LocalFile", "rows", {"path": "in", "file_format_type": "parquet"}),
        transform("Sql", "rows", "made", {"query": query}),
        sink("LocalFile", "made", {"path": "out", "file_format_type": "parquet", **options}),
    )


def test_whole_row_groups_stay_in_their_file(tmp_path: Path) -> None:
    """One note per row group, which the engine reads to the same rows; a position inside a group hands over its rest."""
    write(tmp_path / "a.parquet")
    made = opened(tmp_path, "a.parquet")
    notes = pieces(made)
    assert [type(note) for note in notes] == [StoredRows] * 20
    assert rows_of(notes) == duckdb.sql(f"FROM '{tmp_path}/a.parquet'").fetchall()
    with stored_select(notes[::2] + notes[1::2]) as query:
        assert query.count("read_parquet") == 1
    read = pa.Table.from_batches(batch for note in notes for batch in note.batches())
    assert read.equals(pq.read_table(tmp_path / "a.parquet"))
    read_again = pa.Table.from_batches(pieces(opened(tmp_path, "a.parquet"), {"group": 0, "row": 700})[:1])
    assert read_again.equals(pq.read_table(tmp_path / "a.parquet").slice(700, 300))
    rest = pieces(opened(tmp_path, "a.parquet"), {"group": 18, "row": 400})
    assert [note.num_rows for note in rest] == [600, GROUP]
    assert [isinstance(note, StoredRows) for note in rest] == [False, True]


def test_a_large_row_group_stays_in_pieces(tmp_path: Path) -> None:
    """Two or three of them, each with a position of its own to go on from; one that would be more is handed over."""
    write(tmp_path / "a.parquet", 2500)
    whole = pq.read_table(tmp_path / "a.parquet")
    for size in (2500, 2501):
        pq.write_table(whole, tmp_path / "a.parquet", row_group_size=size)
        notes = pieces(opened(tmp_path, "a.parquet"))
        assert [note.num_rows for note in notes] == [1250, 1250]
        assert [pa.Table.from_batches(note.batches()).num_rows for note in notes] == [1250, 1250]
        assert pa.Table.from_batches(batch for note in notes for batch in note.batches()).equals(whole)
        [rest] = pieces(opened(tmp_path, "a.parquet"), {"group": 0, "row": 1250})
        assert (rest.place.first, rest.place.end) == (1250, 2500)
        assert rows_of([rest]) == [tuple(row.values()) for row in whole.slice(1250).to_pylist()]
    write(tmp_path / "b.parquet", 7000)
    pq.write_table(pq.read_table(tmp_path / "b.parquet"), tmp_path / "b.parquet", row_group_size=7000)
    assert all(isinstance(batch, pa.RecordBatch) for batch in pieces(opened(tmp_path, "b.parquet")))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("moments", pa.array([datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)], pa.timestamp("us", "UTC"))),
        ("nanoseconds", pa.array([1_704_067_200_000_000_001], pa.timestamp("ns"))),
        ("unsigned", pa.array([7], pa.uint32())),
        ("words", pa.array(["a"]).dictionary_encode()),
        ("lists", pa.array([[1]])),
        ("file_row_number", pa.array([1])),
    ],
)
def test_what_the_engine_reads_otherwise_is_handed_over(tmp_path: Path, name: str, column: Any) -> None:
    """Types of which the engine makes other values, and a name that it gives to something else."""
    write(tmp_path / "a.parquet", 1, **{name: column})
    assert [type(each) for each in pieces(opened(tmp_path, "a.parquet"))] == [pa.RecordBatch]


@pytest.mark.parametrize(("name", "kind"), [("NAME", pa.RecordBatch), ("other", StoredRows)])
def test_columns_that_differ_in_case_are_handed_over(tmp_path: Path, name: str, kind: type) -> None:
    """The engine would not keep them apart, even when only one of them is read."""
    write(tmp_path / "a.parquet", 1, **{name: pa.array([1])})
    assert [type(each) for each in pieces(opened(tmp_path, "a.parquet", read_columns=["id", "name"]))] == [kind]


def test_a_path_that_looks_like_a_pattern_is_one_file(tmp_path: Path) -> None:
    """The engine would read all files that fit."""
    write(tmp_path / "a[12].parquet")
    write(tmp_path / "a1.parquet")
    found = pieces(opened(tmp_path, "a[12].parquet"))
    assert sum(batch.num_rows for batch in found) == ROWS
    assert all(isinstance(batch, pa.RecordBatch) for batch in found)


def test_killed_again_and_again_the_output_is_exact(tmp_path: Path, coordinate: Coordinate) -> None:
    """Positions are row groups: after each kill it goes on behind those that are in a checkpoint, over several files."""
    (tmp_path / "in").mkdir()
    for number in range(3):
        write(tmp_path / "in" / f"{number}.parquet", first=number * ROWS)
    coordinator = coordinate(copy_job(batch_size=3500))
    for _ in range(3):
        coordinator.start()
        coordinator.take_checkpoint()
        coordinator.kill()
    coordinator.start()
    coordinator.run()
    files = sorted((tmp_path / "out").glob("*.parquet"))
    expected = [(number, f"NAME {number % 7}") for number in range(3 * ROWS) if number % 3]
    found = duckdb.sql(f"SELECT id, name FROM '{tmp_path}/out/*.parquet' ORDER BY id").fetchall()
    assert found == expected
    assert max(pq.read_metadata(file).num_rows for file in files) <= 3500


def test_a_row_on_which_the_query_fails_is_told_as_ever(tmp_path: Path, coordinate: Coordinate) -> None:
    """The part is done again in batches, which says what is wrong; nothing of it is written."""
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.parquet")
    query = "SELECT CAST(substr(name, 6) || CASE id WHEN 7777 THEN 'x' ELSE '' END AS INT) AS n FROM rows"
    coordinator = coordinate(copy_job(query))
    coordinator.start()
    with pytest.raises(JobFailed, match="Could not convert string '0x' to INT32"):
        coordinator.run()
    assert not list((tmp_path / "out").glob("*.parquet"))


def test_a_damaged_file_is_the_sources_fault(tmp_path: Path, coordinate: Coordinate) -> None:
    """Whoever reads the rows in the end, the failure names the source."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.parquet"
    write(path)
    data = bytearray(path.read_bytes())
    data[2000:20000] = b"\xff" * 18000
    path.write_bytes(data)
    coordinator = coordinate(copy_job())
    coordinator.start()
    with pytest.raises(JobFailed) as failed:
        coordinator.run()
    assert failed.value.error.plugin == "rows"


def test_a_part_is_bounded_in_rows_and_bytes(tmp_path: Path) -> None:
    """A barrier waits for one, so wide rows make parts of fewer rows; a single larger piece is a part."""
    gate = Gate(1, 1 << 40)
    sizes = [MOST_BYTES // 2, MOST_BYTES // 2, 1, 2 * MOST_BYTES, 1, 1, 1, 1]
    places = [ParquetPlace(tmp_path, (), number, number + 1) for number in range(len(sizes))]
    notes = [StoredRows(place, 1, size, lambda: iter(())) for place, size in zip(places, sizes, strict=True)]
    for note in notes:
        gate.add(0, note)
    periodic = CheckpointKind.PERIODIC
    barrier = Barrier(execution="e", attempt=1, epoch=1, worker=0, checkpoint=1, kind=periodic, stop=False)
    gate.put_barrier(0, barrier)
    parts, first = [], gate.take()
    while isinstance(first, StoredRows):
        part = StoredInput(gate, first, PartLimit(rows=3), lambda rows, size: None)
        parts.append([note.place.first for note in part.gather()])
        first = part.leftover or part.barrier
    assert parts == [[0, 1], [2], [3], [4, 5, 6], [7]]
    assert first is barrier


def test_the_engine_reads_no_other_file(tmp_path: Path) -> None:
    """Only what the source names is open to it."""
    for directory in ("in", "inner"):
        (tmp_path / directory).mkdir()
        write(tmp_path / directory / "a.parquet", 10)
    engine = Engine([], readable=[str(tmp_path / "in")])
    rows = engine.cursor().sql(f"SELECT count(*) FROM read_parquet('{tmp_path}/in/a.parquet')").fetchall()
    assert rows == [(10,)]
    for other in ("inner/a.parquet", "in/../inner/a.parquet"):
        with pytest.raises(duckdb.PermissionException):
            engine.cursor().sql(f"SELECT count(*) FROM read_parquet('{tmp_path}/{other}')").fetchall()
