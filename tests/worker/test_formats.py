"""Every type survives every file format, and files are laid out as the options say."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import every_type
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

Coordinate = Callable[..., Coordinator]

FIELDS: dict[str, Any] = {
    name: declared
    for name, declared in every_type.FIELDS.items()
    if declared not in ("binary_vector", "float16_vector", "bfloat16_vector")
} | {"nested": {"y": "bytes", "d": "double"}}
"""Bytes that are no text have no place in csv and text files."""


def run(coordinator: Coordinator) -> None:
    """One attempt, to its end."""
    coordinator.start()
    coordinator.run()


def comparable(rows: list[dict[str, Any]]) -> list[str]:
    """Rows in an order and form that can be compared (maps are lists of pairs or dicts)."""

    def plain(value: Any) -> Any:
        if isinstance(value, list) and value and isinstance(value[0], tuple):
            return {"entries": sorted(str((key, plain(item))) for key, item in value)}
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return repr(value)

    return sorted(json.dumps(plain(row)) for row in rows)


@pytest.mark.parametrize("file_format", ["parquet", "json", "csv", "text"])
def test_what_is_written_is_read_again(tmp_path: Path, coordinate: Coordinate, file_format: str) -> None:
    """FakeSource to files, the files to Parquet: the same values of every type."""
    fake = source("FakeSource", "rows", {"row.num": 200, "map.size": 2, "schema": {"fields": FIELDS}})
    direct = {"path": "direct", "file_format_type": "parquet"}
    written = {"path": "written", "file_format_type": file_format}
    run(coordinate(job(fake, sink("LocalFile", "rows", direct, name_as="a"), sink("LocalFile", "rows", written, name_as="b"))))
    options = {"path": "written", "file_format_type": file_format, "schema": {"fields": FIELDS}}
    back = {"path": "back", "file_format_type": "parquet"}
    run(coordinate(job(source("LocalFile", "rows", options), sink("LocalFile", "rows", back))))
    expected = pq.read_table(tmp_path / "direct").to_pylist()
    assert len(expected) == 200
    assert comparable(pq.read_table(tmp_path / "back").to_pylist()) == comparable(expected)


@pytest.mark.parametrize("file_format", ["parquet", "json", "csv", "text"])
def test_null_and_odd_texts(tmp_path: Path, coordinate: Coordinate, file_format: str) -> None:
    """Nulls of every type, quotes, commas, line breaks (where the format can hold them) and other alphabets."""
    texts = ['q"uo,te', " spaces ", "äöü → 漢字", "'; drop table x", "a\\nb", "null"]
    if file_format != "text":
        texts.append("line\nbreak\r\nhere")
    rows: list[dict[str, Any]] = [{"fields": {"s": text}, "kind": "INSERT"} for text in texts]
    rows.append({"fields": {}, "kind": "INSERT"})
    fake = source("FakeSource", "rows", {"rows": rows, "schema": {"fields": FIELDS}})
    run(coordinate(job(fake, sink("LocalFile", "rows", {"path": "written", "file_format_type": file_format}))))
    options = {"path": "written", "file_format_type": file_format, "schema": {"fields": FIELDS}}
    back = {"path": "back", "file_format_type": "parquet"}
    run(coordinate(job(source("LocalFile", "rows", options), sink("LocalFile", "rows", back))))
    found = pq.read_table(tmp_path / "back").to_pylist()
    assert [row["s"] for row in found] == [*texts, None]
    assert all(value is None for row in found for name, value in row.items() if name != "s")


def write(coordinate: Coordinate, options: dict[str, Any], *, rows: int = 10, query: str = "select * from rows") -> Coordinator:
    """FakeSource rows with an id, by way of a query, to files."""
    fake = source(
        "FakeSource", "rows", {"row.num": rows, "schema": {"fields": {"id": "int", "s": "string", "ts": "timestamp"}}}
    )
    coordinator = coordinate(
        job(fake, transform("Sql", "rows", "made", {"query": query}), sink("LocalFile", "made", {"path": "out", **options}))
    )
    coordinator.execution = str(uuid.uuid4())
    run(coordinator)
    return coordinator


def files(directory: Path) -> list[str]:
    """The files below a directory."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_parts_have_at_most_batch_size_rows(tmp_path: Path, coordinate: Coordinate) -> None:
    """A new file is begun beyond it, and names tell the parts apart."""
    write(coordinate, {"file_format_type": "parquet", "batch_size": 40}, rows=100)
    found = sorted((tmp_path / "out").iterdir(), key=lambda path: path.name)
    assert [pq.read_metadata(path).num_rows for path in found] == [40, 40, 20]
    assert [path.name.rsplit("_", 1)[1] for path in found] == ["0.parquet", "1.parquet", "2.parquet"]
    assert all(path.name.startswith("T_job-1_") for path in found)


def test_a_part_without_rows_is_no_file(tmp_path: Path, coordinate: Coordinate) -> None:
    """Nothing is written when everything is filtered out, not even a directory of staging."""
    for file_format in ("parquet", "json", "csv", "text"):
        write(
            coordinate, {"file_format_type": file_format, "enable_header_write": True}, query="select * from rows where id < 0"
        )
        assert files(tmp_path / "out") == []
    assert [path.name for path in (tmp_path / "out").iterdir()] == []


def test_csv_with_header_and_delimiter(tmp_path: Path, coordinate: Coordinate) -> None:
    """Every file begins with the names of its columns."""
    options = {"file_format_type": "csv", "enable_header_write": True, "field_delimiter": ";", "sink_columns": ["s", "id"]}
    write(coordinate, options, query="select 1 as id, 'a;b' as s, id as other from rows")
    [file] = (tmp_path / "out").glob("*.csv")
    assert file.read_text() == "s;id\n" + '"a;b";1\n' * 10


def test_text_has_no_quotes(tmp_path: Path, coordinate: Coordinate) -> None:
    """Values stand as they are between delimiters; null is empty."""
    options = {"file_format_type": "text", "enable_header_write": True, "field_delimiter": "||"}
    write(coordinate, options, rows=1, query="select 1 as id, 'a\"b' as s, null as n from rows")
    [file] = (tmp_path / "out").glob("*.txt")
    assert file.read_text() == 'id||s||n\n1||a"b||\n'


def test_a_value_that_text_cannot_hold_is_an_error(coordinate: Coordinate) -> None:
    """A line break or the delimiter in a value would shift the columns after it."""
    for value in ("'a|b'", "'a' || chr(10)", "'a' || chr(13)"):
        with pytest.raises(JobFailed, match="column s: the value holds the field delimiter or a line break"):
            write(coordinate, {"file_format_type": "text", "field_delimiter": "|"}, query=f"select {value} as s from rows")


def test_moments_in_other_forms(tmp_path: Path, coordinate: Coordinate) -> None:
    """date_format, time_format and datetime_format are Java patterns."""
    options = {
        "file_format_type": "csv",
        "date_format": "yyyy/MM/dd",
        "time_format": "HH:mm:ss.SSS",
        "datetime_format": "yyyy-MM-dd'T'HH:mm:ss",
    }
    query = (
        "select cast('2024-01-05' as date) as d, cast('10:11:12.5' as time) as t,"
        " cast('2024-01-05 10:11:12' as timestamp) as x from rows"
    )
    write(coordinate, options, rows=1, query=query)
    [file] = (tmp_path / "out").glob("*.csv")
    assert file.read_text() == "2024/01/05,10:11:12.500,2024-01-05T10:11:12\n"


def test_json_forms(tmp_path: Path, coordinate: Coordinate) -> None:
    """Bytes are base64, timestamps have a T, numbers that JSON does not have are texts."""
    query = (
        "select cast('ab' as bytes) as y, cast('2024-01-05 10:11:12.5' as timestamp) as ts, cast('NaN' as double) as n,"
        " cast('-inf' as double) as i, null as z, 1.5 as f, {'b': cast('ab' as bytes)} as r from rows"
    )
    write(coordinate, {"file_format_type": "json"}, rows=1, query=query)
    [file] = (tmp_path / "out").glob("*.json")
    expected = '{"y":"YWI=","ts":"2024-01-05T10:11:12.5","n":"NaN","i":"-Infinity","z":null,"f":1.5,"r":{"b":"YWI="}}\n'
    assert file.read_text() == expected


def test_rows_are_sorted_into_partitions(tmp_path: Path, coordinate: Coordinate) -> None:
    """Directories are named as Hive names them, no value leads out of the target, and the source reads the columns back."""
    query = (
        "select id, case id % 4 when 0 then 'a/../b' when 1 then null when 2 then '..' else 'x=y z' end as k,"
        " id % 2 as h from rows"
    )
    write(coordinate, {"file_format_type": "csv", "partition_by": ["h", "k"]}, rows=40, query=query)
    directories = {str(Path(name).parent) for name in files(tmp_path / "out")}
    assert directories == {"h=0/k=a%2F..%2Fb", "h=1/k=__HIVE_DEFAULT_PARTITION__", "h=0/k=..", "h=1/k=x%3Dy z"}
    options = {"path": "out", "file_format_type": "csv", "schema": {"fields": {"id": "int"}}}
    back = {"path": "back", "file_format_type": "parquet"}
    run(coordinate(job(source("LocalFile", "rows", options), sink("LocalFile", "rows", back))))
    found = pq.read_table(tmp_path / "back").to_pylist()
    assert len(found) == 40
    names = {0: "a/../b", 1: None, 2: "..", 3: "x=y z"}
    assert all(row["k"] == names[row["id"] % 4] and row["h"] == str(row["id"] % 2) for row in found)


def test_partition_directories_may_be_named_otherwise(tmp_path: Path, coordinate: Coordinate) -> None:
    """partition_dir_expression names them, and the columns may stay in the files."""
    options = {
        "file_format_type": "parquet",
        "partition_by": ["k"],
        "partition_dir_expression": "${v0}/of_${k0}",
        "is_partition_field_write_in_file": True,
    }
    write(coordinate, options, query="select 1 as id, '.hidden' as k from rows")
    [name] = files(tmp_path / "out")
    assert name.startswith("%2Ehidden/of_k/T_")
    assert pq.read_metadata(tmp_path / "out" / name).schema.names == ["id", "k"]


def test_save_modes(tmp_path: Path, coordinate: Coordinate) -> None:
    """Append adds, drop replaces files of its own format only, error refuses to start."""
    out = tmp_path / "out"
    outside = tmp_path / "outside.csv"
    outside.write_text("mine")
    write(coordinate, {"file_format_type": "csv"})
    (out / "notes.md").write_text("mine")
    (out / "link.csv").symlink_to(outside)
    (out / "deeper").mkdir()
    (out / "deeper" / "kept.csv").write_text("mine")
    first = files(out)
    second = write(coordinate, {"file_format_type": "csv", "data_save_mode": "APPEND_DATA", "batch_size": 3})
    assert set(first) < set(files(out))
    with pytest.raises(JobFailed) as caught:
        write(coordinate, {"file_format_type": "csv", "data_save_mode": "ERROR_WHEN_DATA_EXISTS"})
    assert caught.value.error.code == "target"
    assert "DROP_DATA" in caught.value.error.hint
    write(coordinate, {"file_format_type": "csv", "data_save_mode": "DROP_DATA"})
    kept = files(out)
    assert {"notes.md", "link.csv", "deeper/kept.csv"} < set(kept)
    assert len(kept) == 4
    assert outside.read_text() == "mine"
    assert second.exit_statuses == [0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"file_format_type": "orc"}, "does not write it"),
        ({"file_format_type": "csv", "compress_codec": "lzo"}, "compress_codec"),
        ({"file_format_type": "parquet", "compress_codec": "zlib"}, "compress_codec"),
        ({"file_format_type": "csv", "field_delimiter": "ab"}, "field_delimiter"),
        ({"file_format_type": "csv", "row_delimiter": ";"}, "row_delimiter"),
        ({"file_format_type": "csv", "sink_columns": ["nope"]}, "nope"),
        ({"file_format_type": "csv", "partition_by": ["nope"]}, "nope"),
        ({"file_format_type": "csv", "partition_by": ["id", "s", "ts"]}, "leaves no column"),
        ({"file_format_type": "csv", "file_name_expression": "${now}"}, "transactionId"),
        ({"file_format_type": "csv", "file_name_expression": "../${transactionId}"}, "cannot contain"),
        ({"file_format_type": "csv", "file_name_expression": "${transactionId}_${table}"}, "unknown placeholders"),
        ({"file_format_type": "csv", "filename_time_format": "QQ"}, "filename_time_format"),
        ({"file_format_type": "csv", "batch_size": 0}, "batch_size"),
        ({"file_format_type": "csv", "data_save_mode": "MAYBE"}, "data_save_mode"),
    ],
)
def test_impossible_options_are_refused_at_the_start(coordinate: Coordinate, options: dict[str, Any], words: str) -> None:
    """The error names the option and the sink."""
    with pytest.raises(JobFailed, match=words) as caught:
        write(coordinate, options)
    assert caught.value.error.plugin == "sink"
    assert not caught.value.retriable


def test_names_follow_the_expression(tmp_path: Path, coordinate: Coordinate) -> None:
    """The transaction, a date and an identifier."""
    options = {
        "file_format_type": "json",
        "file_name_expression": "orders_${transactionId}_${now}_${uuid}",
        "filename_time_format": "yyyy",
    }
    write(coordinate, options)
    [name] = files(tmp_path / "out")
    assert name.startswith("orders_T_job-1_")
    assert len(name.split("_")) == 9


@pytest.mark.parametrize("name", ["it's [1] * {a} ?", "a b/ü → 漢", "link/deeper", "percent%20 and #"])
def test_directories_may_have_any_name(tmp_path: Path, coordinate: Coordinate, name: str) -> None:
    """Quotes, wildcards and links in paths mean nothing to the engine."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for file_format in ("parquet", "csv"):
        coordinator = write(coordinate, {"path": name, "file_format_type": file_format, "partition_by": ["s"]})
        assert coordinator.checkpoint.rows_out == 10
        fields = {"schema": {"fields": {"id": "int", "ts": "timestamp"}}}
        back = {"path": f"back-{file_format}", "file_format_type": "parquet"}
        options = {"path": name, "file_format_type": file_format, "file_filter_pattern": f".*{file_format}", **fields}
        run(coordinate(job(source("LocalFile", "rows", options), sink("LocalFile", "rows", back))))
        assert len(pq.read_table(tmp_path / f"back-{file_format}")) == 10


def test_columns_that_differ_in_case_only_are_refused(tmp_path: Path, coordinate: Coordinate) -> None:
    """SQL could not tell them apart."""
    pq.write_table(pa.table({"a": [1], "A": [2]}), tmp_path / "in.parquet")
    options = {"path": "in.parquet", "file_format_type": "parquet"}
    coordinator = coordinate(job(source("LocalFile", "rows", options), sink("Console", "rows", {})))
    with pytest.raises(JobFailed, match="a, A differ only in case"):
        coordinator.start()
