"""Rows that do not fit: each is rejected with its reason and place, the others go on, and the good path decides what fits."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.connectors.base import Batch, DataError, Pace
from runner.connectors.file.csv_reader import CsvReader
from runner.connectors.file.json_reader import JsonReader
from runner.connectors.file.listing import InputFile
from runner.connectors.file.misfits import misfit_texts
from runner.connectors.file.parquet_reader import ParquetReader
from runner.connectors.file.reader import FileReader, FileSettings
from runner.connectors.file.text_reader import TextReader
from runner.connectors.options import Options
from runner.connectors.table_schema import declared_columns
from runner.dataset.rejected import MAXIMUM_ROW_BYTES, RejectedRow
from spec.types import DecimalType, FieldType, ScalarType

COLUMNS = {"id": "int", "name": "string", "at": "timestamp"}


def open_reader(kind: type[FileReader], fields: dict[str, str], *, tolerant: bool = True, **options: Any) -> FileReader:
    """A reader of files with these columns."""
    made = Options({"schema": {"fields": fields}, **options}, "LocalFile")
    settings = FileSettings(made, declared_columns(made), None, tolerant=tolerant)
    return JsonReader(settings, duckdb.connect()) if kind is JsonReader else kind(settings)


def read(reader: FileReader, path: Path, pace: Pace | None = None, start: dict[str, Any] | None = None) -> list[Batch]:
    """All batches of a file from ``start`` on."""
    file = InputFile(path, path.stat().st_size, ())
    reader.schema([file])
    return [batch for piece in reader.pieces(file, 1) for batch in reader.read(path, piece, start, pace or Pace())]


def split_up(batches: list[Batch]) -> tuple[list[dict[str, Any]], list[RejectedRow]]:
    """The rows of batches, and the rejected ones."""
    rows = [row for batch in batches for row in batch.data.to_pylist()]
    return rows, [row for batch in batches for row in batch.rejected]


CSV = b'1,a,2020-01-01 00:00:00\nx,b,\n\n2,c\n3,"d\nd",\n4,\xff,\n5,e,soon\n6,"b ""q""",20200101\n7,8,9,10\n8,z,\n'


@pytest.mark.parametrize("pace", [Pace(), Pace(rows=1), Pace(rows=3)])
def test_each_csv_record_that_does_not_fit_is_rejected_with_its_place(tmp_path: Path, pace: Pace) -> None:
    """Whatever the batches are: kind, reason, text, line and byte offset of each bad record, and all the good ones."""
    path = tmp_path / "in.csv"
    path.write_bytes(CSV)
    rows, rejected = split_up(read(open_reader(CsvReader, COLUMNS), path, pace))
    assert [row["id"] for row in rows] == [1, 3, 6, 8]
    assert rows[1]["name"] == "d\nd"
    assert [(str(found.kind), found.line, found.row) for found in rejected] == [
        ("cast", 2, "x,b,"),
        ("columns", 4, "2,c"),
        ("encoding", 7, "4,\ufffd,"),
        ("cast", 8, "5,e,soon"),
        ("columns", 10, "7,8,9,10"),
    ]
    assert [CSV.splitlines(keepends=True)[(found.line or 0) - 1] for found in rejected] == [
        CSV[found.offset : CSV.index(b"\n", found.offset) + 1] for found in rejected
    ]
    assert rejected[0].reason == "column id: 'x' is not an int"
    assert rejected[1].reason == "2 columns where 3 were expected (id, name, at)"
    assert rejected[2].reason == "a byte that is not UTF-8: 0xff"
    assert {found.file for found in rejected} == {str(path)}


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    """The record has no end, so its first line is rejected and the next line begins a record again."""
    path = tmp_path / "in.csv"
    path.write_bytes(b'1,a,\n2,"never closed,\n3,c,\n4,d,\n')
    rows, rejected = split_up(read(open_reader(CsvReader, COLUMNS), path))
    assert [row["id"] for row in rows] == [1, 3, 4]
    told = [(str(found.kind), found.line, found.offset, found.row) for found in rejected]
    assert told == [("parse", 2, 5, '2,"never closed,')]


def test_reading_goes_on_after_rejected_rows_from_any_position(tmp_path: Path) -> None:
    """The positions after each batch lead to the rest, good rows and bad, with the same places in the file."""
    path = tmp_path / "in.csv"
    path.write_bytes(CSV)
    reader = open_reader(CsvReader, COLUMNS)
    batches = read(reader, path, Pace(rows=2))
    for number, batch in enumerate(batches):
        rest = read(reader, path, Pace(rows=2), batch.position)
        assert split_up(rest) == split_up(batches[number + 1 :])


def test_a_lone_carriage_return_does_not_confuse_the_search(tmp_path: Path) -> None:
    """Arrow's parser ends a record there and ours does not: nothing is lost and nothing comes twice."""
    path = tmp_path / "in.csv"
    path.write_bytes(b"1,a,\r2,b,\nx,c,\n4,d,\n")
    rows, rejected = split_up(read(open_reader(CsvReader, COLUMNS), path))
    assert [row["id"] for row in rows] == [1, 2, 4]
    assert [(str(found.kind), found.line) for found in rejected] == [("parse", 2)]


def test_text_with_a_long_delimiter(tmp_path: Path) -> None:
    """The same kinds where Arrow's csv parser is not used."""
    path = tmp_path / "in.txt"
    path.write_bytes(b"1||a||\nx||b||\n2||c\n\n4||\xff||\n5||d||2020-01-01 01:01:01\n")
    rows, rejected = split_up(read(open_reader(TextReader, COLUMNS, field_delimiter=r"\|\|"), path))
    assert [row["id"] for row in rows] == [1, 5]
    assert [(str(found.kind), found.line) for found in rejected] == [("cast", 2), ("columns", 3), ("encoding", 5)]


def test_json_lines(tmp_path: Path) -> None:
    """No JSON, no object, another structure, another type, bytes that are no text, and a document nested without end."""
    deep = b'{"id": 1, "d": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    lines = [
        b'{"id": 1, "d": 1.25}',
        b'{"id": "x"}',
        b"",
        b'{"id": 2',
        b"[1]",
        b'{"id": 3, "name": "\xff"}',
        b'{"id": 4, "tags": [1, "a"]}',
        deep,
        b'{"id": 5, "tags": 7}',
        b'{"id": 6, "name": 7, "tags": [1, 2]}',
        b'{"id": 99999999999}',
    ]
    path = tmp_path / "in.json"
    path.write_bytes(b"\n".join(lines))
    fields = {"id": "int", "name": "string", "d": "decimal(20,4)", "tags": "array<int>"}
    rows, rejected = split_up(read(open_reader(JsonReader, fields), path))
    assert [row["id"] for row in rows] == [1, 6]
    assert [(str(found.kind), found.line) for found in rejected] == [
        ("cast", 2),
        ("parse", 4),
        ("cast", 5),
        ("encoding", 6),
        ("cast", 7),
        ("cast", 8),
        ("cast", 9),
        ("cast", 11),
    ]
    assert rejected[0].reason == 'field id: "x" is not of type int'
    assert rejected[4].reason == 'field tags[1]: "a" is not of type int'
    assert "nested too deeply" in rejected[5].reason
    assert len(rejected[5].row.encode()) <= MAXIMUM_ROW_BYTES + 3


def test_bytes_that_are_no_text_never_pass_in_json(tmp_path: Path) -> None:
    """Arrow's JSON parser does not look; without tolerance the job is told where they are."""
    path = tmp_path / "in.json"
    path.write_bytes(b'{"id": 1, "name": "a"}\n{"id": 2, "name": "\xff"}\n')
    with pytest.raises(DataError, match=r"in\.json line 2, a byte that is not UTF-8: 0xff"):
        read(open_reader(JsonReader, {"id": "int", "name": "string"}, tolerant=False), path)


def test_parquet_rows_that_a_declared_type_cannot_hold(tmp_path: Path) -> None:
    """The row's number in the file is its line, and the row is told as JSON."""
    path = tmp_path / "in.parquet"
    moment = datetime.datetime(2020, 1, 1)  # noqa: DTZ001 - Arrow's timestamps without a zone
    moments = pa.array([moment] * 5, pa.timestamp("ns"))
    table = pa.table({"id": [1, 2, 1 << 40, 4, 5], "n": ["1", "x", None, "4", "5"], "t": moments})
    pq.write_table(table, path, row_group_size=3)
    fields = {"id": "int", "n": "int", "t": "timestamp"}
    rows, rejected = split_up(read(open_reader(ParquetReader, fields), path, Pace(rows=2)))
    assert [row["id"] for row in rows] == [1, 4, 5]
    told = [(str(found.kind), found.line, json.loads(found.row)["id"]) for found in rejected]
    assert told == [("cast", 2, 2), ("cast", 3, 1 << 40)]


def test_a_moment_that_python_has_not_is_told_when_it_is_rejected(tmp_path: Path) -> None:
    """``infinity``, in a row that is rejected for another column."""
    path = tmp_path / "in.parquet"
    moments = pa.array([5, 2**63 - 1, 5], pa.int64()).cast(pa.timestamp("us"))
    pq.write_table(pa.table({"n": ["1", "x", "3"], "t": moments}), path)
    rows, rejected = split_up(read(open_reader(ParquetReader, {"n": "int", "t": "timestamp"}), path, Pace()))
    assert [row["n"] for row in rows] == [1, 3]
    assert ["9223372036854775807" in json.loads(found.row)["t"] for found in rejected] == [True]


TEXTS = ["", " ", "1", " 12 ", "-1", "+1", "0x1F", "128", "99999999999", "1.5", ".5", "1.", "1e3", "inf", "NaN", "true", "TRUE"]
TEXTS += ["0", "tRuE", "yes", "2020-01-01", "20200101", "2020/1/2", "2020-01-01 10:00:00", "2020-01-01T10:00:00.123456"]
TEXTS += ["12:30", "12:30:00", "2020年1月2日", "1,5", "abc", "1_000", "12a", "2020-13-01", "1.234", "12345678901.5", "null"]
TYPES: list[FieldType] = [
    *(ScalarType.BOOLEAN, ScalarType.TINYINT, ScalarType.INT, ScalarType.BIGINT, ScalarType.FLOAT, ScalarType.DOUBLE),
    *(ScalarType.DATE, ScalarType.TIME, ScalarType.TIMESTAMP, DecimalType(10, 2)),
]


@pytest.mark.parametrize("field_type", TYPES, ids=str)
def test_what_is_rejected_is_what_the_reader_refuses(field_type: FieldType, tmp_path: Path) -> None:
    """A text alone in a file is refused by the strict reader exactly when the search calls it a misfit."""
    found = misfit_texts(pa.array(TEXTS), field_type).tolist()
    for text, misfit in zip(TEXTS, found, strict=True):
        path = tmp_path / "one.csv"
        path.write_text(f'"{text}",x\n', encoding="utf-8")
        reader = open_reader(CsvReader, {"value": str(field_type), "other": "string"}, tolerant=False)
        try:
            read(reader, path)
            refused = False
        except DataError:
            refused = True
        assert misfit == refused or text == "tRuE", text  # which only halving finds


def test_every_second_line_bad_is_found_in_few_passes(tmp_path: Path) -> None:
    """Nothing is tried row by row: the number of values does not show in the number of casts."""
    path = tmp_path / "in.csv"
    path.write_bytes(b"".join(b"%d,a,\n" % number if number % 2 else b"n/a %d,b,\n" % number for number in range(20_000)))
    rows, rejected = split_up(read(open_reader(CsvReader, COLUMNS), path))
    assert [row["id"] for row in rows] == list(range(1, 20_000, 2))
    assert [found.line for found in rejected] == list(range(1, 20_001, 2))
