"""A column that nobody looks at is not read, and every column that somebody looks at is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.connectors.base import DataError, Pace, PluginContext, Source
from runner.connectors.fake.source import FakeSource
from runner.connectors.file.source import LocalFileSource
from runner.dataset.engine import Engine

FIELDS = {"id": "bigint", "name": "string", "tags": "array<int>", "seen": "timestamp"}
LINES = {
    "csv": ('1,a,1\x022,2024-01-01 00:00:00\n2,"b,c",3,2024-01-02 00:00:00\n', "1,a,1,yesterday\n"),
    "text": ("1,a,1\x022,2024-01-01 00:00:00\n2,b,3,2024-01-02 00:00:00\n", "1,a,1,yesterday\n"),
    "json": (
        '{"id": 1, "name": "a", "tags": [1, 2], "seen": "2024-01-01 00:00:00"}\n{"id": 2, "name": "b", "tags": [3]}\n',
        '{"id": 1, "name": "a", "tags": [1], "seen": "yesterday"}\n',
    ),
}

MakeContext = Callable[..., PluginContext]


@pytest.fixture(scope="module")
def engine() -> Engine:
    """An engine without files."""
    return Engine([])


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("SELECT id, upper(name) AS name FROM flowdeck_input WHERE seen > TIMESTAMP '2024-01-01'", {"id", "name", "seen"}),
        ("SELECT ID FROM flowdeck_input", {"id"}),
        ("SELECT * EXCLUDE (tags) FROM flowdeck_input", {"id", "name", "seen"}),
        ("SELECT tags[1] AS first FROM flowdeck_input", {"tags"}),
        ("SELECT to_json(row) AS row FROM flowdeck_input AS row", set(FIELDS)),
        ("SELECT hash(COLUMNS(*)) FROM flowdeck_input", set(FIELDS)),
        ("SELECT id FROM flowdeck_input WHERE seen = (SELECT max(seen) FROM flowdeck_input)", {"id", "seen"}),
        ("WITH one AS MATERIALIZED (SELECT * FROM flowdeck_input) SELECT a.id FROM one a, one b", {"id"}),
        ("SELECT 1 AS one FROM (VALUES (1))", set(FIELDS)),
    ],
)
def test_the_engine_tells_what_a_query_reads(engine: Engine, query: str, read: set[str]) -> None:
    """Columns in filters, in subqueries and in whole-row values count; a plan that does not tell reads everything."""
    columns: dict[str, pa.DataType] = {
        "id": pa.int64(),
        "name": pa.string(),
        "tags": pa.list_(pa.int32()),
        "seen": pa.timestamp("us"),
    }
    assert engine.columns_read(query, pa.schema(columns)) == read


def rows(source: Source) -> list[dict[str, Any]]:
    """All rows, in small batches."""
    found = []
    for split in source.splits():
        for batch in source.read(split, Pace(rows=1)):
            assert batch.data.schema == source.schema()
            found += batch.data.to_pylist()
    return found


def local_file(make_context: MakeContext, **options: Any) -> LocalFileSource:
    """A source of files."""
    return LocalFileSource(make_context("LocalFile", options), duckdb.connect())


@pytest.mark.parametrize("file_format", sorted(LINES))
@pytest.mark.parametrize("read", [{"id"}, {"tags"}, {"name", "seen"}, {"absent"}])
def test_lines_are_read_as_far_as_wanted(tmp_path: Path, make_context: MakeContext, file_format: str, read: set[str]) -> None:
    """The columns that are read are the same as without narrowing, the others are null; there are as many rows."""
    (tmp_path / "input").write_text(LINES[file_format][0])
    options = {"path": "input", "file_format_type": file_format, "field_delimiter": ",", "schema": {"fields": FIELDS}}
    whole = rows(local_file(make_context, **options))
    source = local_file(make_context, **options)
    source.narrow(frozenset(read))
    narrowed = rows(source)
    assert len(narrowed) == len(whole) == 2
    for name in FIELDS.keys() - (read if read & FIELDS.keys() else {"id"}):
        assert [row[name] for row in narrowed] == [None, None]
    for name in read & FIELDS.keys():
        assert [row[name] for row in narrowed] == [row[name] for row in whole]


@pytest.mark.parametrize("file_format", sorted(LINES))
def test_what_nobody_reads_cannot_be_wrong(tmp_path: Path, make_context: MakeContext, file_format: str) -> None:
    """A value that does not fit fails the job only when its column is read."""
    (tmp_path / "input").write_text(LINES[file_format][1])
    options = {"path": "input", "file_format_type": file_format, "field_delimiter": ",", "schema": {"fields": FIELDS}}
    with pytest.raises(DataError, match="yesterday"):
        rows(local_file(make_context, **options))
    source = local_file(make_context, **options)
    source.narrow(frozenset({"id", "name"}))
    assert [(row["id"], row["name"]) for row in rows(source)] == [(1, "a")]


def test_parquet_and_path_columns(tmp_path: Path, make_context: MakeContext) -> None:
    """Parquet reads single columns, and the columns of the path stay right; with none of its own one is read for the rows."""
    directory = tmp_path / "input" / "day=1"
    directory.mkdir(parents=True)
    pq.write_table(pa.table({"id": [1, 2, 3], "name": ["a", "b", "c"]}), directory / "part.parquet", row_group_size=2)
    for read, expected in ({"name"}, {"id": None, "name": "c", "day": "1"}), ({"day"}, {"id": 3, "name": None, "day": "1"}):
        source = local_file(make_context, path="input", file_format_type="parquet")
        source.narrow(frozenset(read))
        assert rows(source)[-1] == expected


def test_fake_source_makes_what_is_wanted(make_context: MakeContext) -> None:
    """Unwanted columns are null, the others what they are without narrowing."""
    options = {"row.num": 5, "schema": {"fields": FIELDS}}
    whole = rows(FakeSource(make_context("FakeSource", options), duckdb.connect()))
    source = FakeSource(make_context("FakeSource", options), duckdb.connect())
    source.narrow(frozenset({"name"}))
    assert json.dumps(rows(source)) == json.dumps([{**dict.fromkeys(row), "name": row["name"]} for row in whole])
