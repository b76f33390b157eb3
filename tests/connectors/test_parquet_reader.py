"""Parquet: row groups, positions inside them, and the types that other writers use."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.connectors.base import DataError, OptionError, Pace, PluginError
from runner.connectors.file.listing import InputFile
from runner.connectors.file.parquet_reader import ParquetReader
from runner.connectors.file.reader import FileSettings
from runner.connectors.options import Options
from runner.connectors.table_schema import declared_columns


def open_reader(path: Path, **options: Any) -> tuple[ParquetReader, InputFile]:
    """A reader of this file, its columns known."""
    made = Options(options, "LocalFile")
    reader = ParquetReader(FileSettings(made, declared_columns(made), made.texts("read_columns")))
    file = InputFile(path, path.stat().st_size, ())
    reader.schema([file])
    return reader, file


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    """A file of 1000 rows in groups of 300."""
    path = tmp_path / "numbers.parquet"
    table = pa.table({"id": pa.array(range(1000), pa.int64()), "name": [f"n{number}" for number in range(1000)]})
    pq.write_table(table, path, row_group_size=300)
    return path


def test_every_position_goes_on_exactly(numbers: Path) -> None:
    """Rows are read once whatever the batch size, and any position leads to the rows after it."""
    reader, file = open_reader(numbers)
    [piece] = reader.pieces(file, 1)
    pace = Pace(rows=70)
    batches = list(reader.read(numbers, piece, None, pace))
    assert [row["id"] for batch in batches for row in batch.data.to_pylist()] == list(range(1000))
    read = 0
    for batch in batches:
        read += batch.data.num_rows
        rest = [row["id"] for left in reader.read(numbers, piece, batch.position, pace) for row in left.data.to_pylist()]
        assert rest == list(range(read, 1000))


def test_pieces_are_row_groups(numbers: Path) -> None:
    """There are never more pieces than row groups, and each row is in one."""
    reader, file = open_reader(numbers)
    assert len(reader.pieces(file, 99)) == 4
    pieces = reader.pieces(file, 3)
    ids = [
        row["id"] for piece in pieces for batch in reader.read(numbers, piece, None, Pace()) for row in batch.data.to_pylist()
    ]
    assert ids == list(range(1000))


def test_bytes_in_are_the_bytes_of_the_columns_read(numbers: Path) -> None:
    """Together the batches account for every stored byte of the chosen columns once."""
    reader, file = open_reader(numbers, read_columns=["id"])
    [piece] = reader.pieces(file, 1)
    metadata = pq.read_metadata(numbers)
    stored = sum(metadata.row_group(group).column(0).total_compressed_size for group in range(4))
    assert sum(batch.input_bytes for batch in reader.read(numbers, piece, None, Pace(rows=70))) == stored


def test_types_of_other_writers_become_dataset_types(tmp_path: Path) -> None:
    """Unsigned integers widen, timestamps become microseconds, dictionaries plain values."""
    path = tmp_path / "odd.parquet"
    moment = datetime.datetime(2024, 1, 5, 10, 11, 12, 123456)  # noqa: DTZ001
    table = pa.table(
        {
            "u": pa.array([2**63], pa.uint64()),
            "u4": pa.array([2**31], pa.uint32()),
            "ns": pa.array([1_704_449_472_123_456_789], pa.timestamp("ns")),
            "tz": pa.array([moment], pa.timestamp("us", tz="UTC")),
            "ms": pa.array([36_672_123], pa.time32("ms")),
            "dict": pa.array(["x"]).dictionary_encode(),
            "fixed": pa.array([b"abcd"], pa.binary(4)),
            "large": pa.array(["y"], pa.large_string()),
            "list": pa.array([[1]], pa.large_list(pa.uint8())),
        }
    )
    pq.write_table(table, path)
    reader, file = open_reader(path)
    [piece] = reader.pieces(file, 1)
    [batch] = reader.read(path, piece, None, Pace())
    assert batch.data.to_pylist() == [
        {
            "u": decimal.Decimal(2**63),
            "u4": 2**31,
            "ns": moment,
            "tz": moment,
            "ms": datetime.time(10, 11, 12, 123000),
            "dict": "x",
            "fixed": b"abcd",
            "large": "y",
            "list": [1],
        }
    ]


def test_a_declared_schema_chooses_and_converts(numbers: Path) -> None:
    """Columns come in the declared order with the declared types; a value that does not fit is an error."""
    reader, file = open_reader(numbers, schema={"fields": {"name": "string", "id": "smallint"}})
    [piece] = reader.pieces(file, 1)
    batches = list(reader.read(numbers, piece, None, Pace()))
    assert batches[0].data.schema == pa.schema([("name", pa.string()), ("id", pa.int16())])
    reader, file = open_reader(numbers, schema={"fields": {"id": "tinyint"}})
    with pytest.raises(DataError, match="column id"):
        list(reader.read(numbers, piece, None, Pace()))


def test_a_missing_column_is_named(numbers: Path) -> None:
    """With the columns that there are."""
    with pytest.raises(DataError, match="has no column nope") as caught:
        open_reader(numbers, read_columns=["nope"])
    assert "id, name" in caught.value.hint


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    """A text file with the wrong name, and no file at all."""
    path = tmp_path / "x.parquet"
    path.write_text("hello")
    with pytest.raises(PluginError, match=r"Parquet|cannot be read"):
        open_reader(path)
    made = Options({}, "LocalFile")
    with pytest.raises(OptionError, match="has no files"):
        ParquetReader(FileSettings(made, None, None)).schema([])
