"""A worker that cannot go on says once, clearly, which plugin met what, and whether trying again may help."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

from runner.model import ErrorInfo
from runner.worker.main import EXIT_FAILED
from spec.job import JobSpec, PluginSpec

Coordinate = Callable[..., Coordinator]

CSV = {"path": "in.csv", "file_format_type": "csv", "schema": {"fields": {"id": "bigint", "amount": "double"}}}
OUT = sink("LocalFile", "rows", {"path": "out", "file_format_type": "parquet"})


def attempt(coordinator: Coordinator) -> None:
    """One attempt, to its end."""
    coordinator.start()
    coordinator.run()


def failure(coordinator: Coordinator) -> tuple[ErrorInfo, bool]:
    """How the job fails; the worker ends with the status of a failed one and leaves no output."""
    with pytest.raises(JobFailed) as caught:
        attempt(coordinator)
    assert [coordinator.server.wait(handle.pid) for handle in coordinator.handles] == [EXIT_FAILED]
    assert not list((coordinator.directory / "out").glob("*"))
    [*_, error] = [line for line in coordinator.log_lines() if line.level == "error"]
    assert error.message.startswith(caught.value.error.message)
    return caught.value.error, caught.value.retriable


def test_a_bad_line_names_source_file_line_and_value(tmp_path: Path, coordinate: Coordinate) -> None:
    """Data errors are not retriable."""
    lines = [f"{number},1.5\n" for number in range(1000)]
    lines[700] = "700,abc\n"
    (tmp_path / "in.csv").write_text("".join(lines))
    error, retriable = failure(coordinate(job(source("LocalFile", "rows", CSV), OUT)))
    assert error.code == "data"
    assert error.message == "in.csv line 701, column amount: 'abc' is not a double"
    assert error.plugin == "rows"
    assert error.position == f"{tmp_path}/in.csv: line 701"
    assert not retriable


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({**CSV, "path": "missing.csv"}, "does not exist"),
        ({**CSV, "file_format_type": "orc"}, "does not read orc"),
        ({**CSV, "encoding": "GBK"}, "encoding"),
        ({**CSV, "encoding": "no-such"}, "encoding"),
        ({**CSV, "archive_compress_codec": "zip"}, "archive_compress_codec"),
        ({**CSV, "compress_codec": "lzo"}, "compress_codec"),
        ({**CSV, "tables_configs": []}, "tables_configs"),
        ({**CSV, "file_filter_pattern": "(("}, "file_filter_pattern"),
        ({**CSV, "schema": {"fields": {"id": "number"}}}, "unknown type 'number'"),
        ({**CSV, "schema": {}}, "schema"),
    ],
)
def test_a_source_that_cannot_start(tmp_path: Path, coordinate: Coordinate, options: dict[str, Any], words: str) -> None:
    """Options and files are looked at before the first row; only what is missing may be there another time."""
    (tmp_path / "in.csv").write_text("1,2\n")
    error, retriable = failure(coordinate(job(source("LocalFile", "rows", options), OUT)))
    assert words in error.message
    assert error.plugin == "rows"
    assert retriable == (words == "does not exist")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path, coordinate: Coordinate) -> None:
    """Permission denied is final."""
    (tmp_path / "in.csv").write_text("1,2\n")
    (tmp_path / "in.csv").chmod(0)
    error, retriable = failure(coordinate(job(source("LocalFile", "rows", CSV), OUT)))
    assert "Permission denied" in error.message
    assert not retriable


def test_a_file_that_became_shorter(tmp_path: Path, coordinate: Coordinate) -> None:
    """A restored position that is beyond the end of its file is not read as the end of the input."""
    (tmp_path / "in.csv").write_text("1,2\n" * 3000)
    spec = job(source("LocalFile", "rows", CSV), OUT, rows_per_second=3000, interval=0.2)
    coordinator = coordinate(spec)
    coordinator.start()
    coordinator.take_checkpoint()
    coordinator.kill()
    (tmp_path / "in.csv").write_text("1,2\n")
    coordinator.start()
    with pytest.raises(JobFailed, match="shorter than when the job started"):
        coordinator.run()


@pytest.mark.parametrize("name", ["Kafka", "localfil"])
def test_an_unknown_connector(coordinate: Coordinate, name: str) -> None:
    """The message lists what there is."""
    error, retriable = failure(coordinate(job(source(name, "rows", {}), OUT)))
    assert error.code == "unknown-plugin"
    assert error.message == f"the local engine has no source '{name}'"
    assert "FakeSource, LocalFile" in error.hint
    assert not retriable


def test_an_unknown_transform_or_sink(coordinate: Coordinate) -> None:
    """As for sources."""
    fake = source("FakeSource", "rows", {"schema": {"fields": {"id": "int"}}})
    error, _ = failure(coordinate(job(fake, transform("LLM", "rows", "x", {}), sink("Console", "x", {}))))
    assert (error.plugin, error.message) == ("x", "the local engine has no transform 'LLM'")
    error, _ = failure(coordinate(job(fake, sink("Doris", "rows", {}))))
    assert (error.plugin, error.message) == ("sink", "the local engine has no sink 'Doris'")


def fake_sql(query: str) -> JobSpec:
    """Random rows by way of a query to a file."""
    fake = source("FakeSource", "rows", {"row.num": 1000, "schema": {"fields": {"id": "int", "s": "string"}}})
    made = transform("Sql", "rows", "made", {"query": query})
    return job(fake, made, sink("LocalFile", "made", {"path": "out", "file_format_type": "parquet"}))


def test_a_query_that_does_not_fit_its_input(coordinate: Coordinate) -> None:
    """Types are bound at the start: the transform is named, and what its input has."""
    error, retriable = failure(coordinate(fake_sql("select nope from rows")))
    assert (error.code, error.plugin) == ("sql", "made")
    assert "nope" in error.message
    assert "id, s" in error.hint
    assert not retriable


def test_a_row_that_a_query_cannot_compute(coordinate: Coordinate) -> None:
    """A failed cast in the middle of the data, with the value."""
    error, retriable = failure(coordinate(fake_sql("select cast(s as int) as n from rows")))
    assert (error.code, error.plugin) == ("sql", "made")
    assert "Could not convert string" in error.message
    assert "LINE" not in error.message
    assert "TRY_CAST" in error.hint
    assert not retriable


def test_the_transform_that_fails_is_named_among_several(tmp_path: Path, coordinate: Coordinate) -> None:
    """Of the transforms that run in one query, the first that a row fails in: over batches, and over a file that the engine
    reads itself."""
    texts = [*map(str, range(5000)), "none"]
    pq.write_table(pa.table({"id": pa.array(range(5001), pa.int32()), "s": texts}), tmp_path / "rows.parquet")
    batches = source("FakeSource", "rows", {"row.num": 100, "schema": {"fields": {"id": "int", "s": "string"}}})
    file = source("LocalFile", "rows", {"path": "rows.parquet", "file_format_type": "parquet"})
    for read in (batches, file):
        first = transform("Sql", "rows", "kept", {"query": "select id, s from rows where id >= -1"})
        second = transform("Sql", "kept", "made", {"query": "select cast(s as int) as n from kept"})
        third = transform("Sql", "made", "last", {"query": "select n + 1 as m from made"})
        out = sink("LocalFile", "last", {"path": "out", "file_format_type": "parquet"})
        error, _ = failure(coordinate(job(read, first, second, third, out)))
        assert (error.code, error.plugin) == ("sql", "made")
        assert "Could not convert string" in error.message


def test_a_query_cannot_reach_files(tmp_path: Path, coordinate: Coordinate) -> None:
    """Not even in the worker, which writes files with the same engine."""
    secret = tmp_path / "secret.csv"
    secret.write_text("x\n1\n")
    for query in (
        f"select * from read_csv('{secret}')",
        f"select (select max(x) from read_csv('{secret}')) as x from rows",
    ):
        error, _ = failure(coordinate(fake_sql(query)))
        assert error.code == "sql"


def test_a_target_that_is_no_directory(tmp_path: Path, coordinate: Coordinate) -> None:
    """A file is in the way."""
    (tmp_path / "target").write_text("mine")
    fake = source("FakeSource", "rows", {"schema": {"fields": {"id": "int"}}})
    error, retriable = failure(coordinate(job(fake, sink("LocalFile", "rows", {"path": "target", "file_format_type": "csv"}))))
    assert error.code == "target"
    assert "is not a directory" in error.message
    assert not retriable


def test_staging_through_a_link_is_refused(tmp_path: Path, coordinate: Coordinate) -> None:
    """Somebody else's link does not lead the sink elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".flowdeck-staging").symlink_to(tmp_path / "elsewhere")
    fake = source("FakeSource", "rows", {"schema": {"fields": {"id": "int"}}})
    coordinator = coordinate(job(fake, OUT))
    with pytest.raises(JobFailed, match="symbolic link"):
        attempt(coordinator)
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    target = tmp_path / "disk"
    target.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(target)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("cannot mount a small file system here")
    yield target
    subprocess.run(["umount", "-l", str(target)], check=True)


@pytest.mark.parametrize("file_format", ["parquet", "csv", "json"])
def test_a_full_disk_is_retriable(tmp_path: Path, coordinate: Coordinate, small_disk: Path, file_format: str) -> None:
    """Once there is space, the next attempt goes through, with exact output."""
    options = {"row.num": 20_000, "string.length": 100, "schema": {"fields": {"s": "string"}}}
    target = {"path": "disk/out", "file_format_type": file_format, "batch_size": 5000}
    coordinator = coordinate(job(source("FakeSource", "rows", options), sink("LocalFile", "rows", target)))
    error, retriable = failure(coordinator)
    assert error.code == "file"
    assert "No space left on device" in error.message
    assert "free space" in error.hint
    assert retriable
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    coordinator.start()
    coordinator.run()
    assert coordinator.checkpoint.rows_out == 20_000
    assert not (small_disk / "out" / ".flowdeck-staging").exists()


def assert_job(rules: dict[str, Any], **options: Any) -> JobSpec:
    """100 rows with id in [10, 20) to Assert."""
    fields = {"id": "int", "s": "string", "m": "map<string, int>", "d": "decimal(10, 2)"}
    values = {"row.num": 100, "int.min": 10, "int.max": 20, "schema": {"fields": fields}, **options}
    return job(source("FakeSource", "rows", values), sink("Assert", "rows", {"rules": rules}))


def field(name: str, field_type: str | None = None, **rule: Any) -> dict[str, Any]:
    """Rules of one field."""
    typed = {"field_type": field_type} if field_type else {}
    return {"field_rules": [{"field_name": name, **typed, "field_value": [rule] if rule else []}]}


def fixed(**values: Any) -> dict[str, Any]:
    """The options of a source of one given row."""
    return {"rows": [{"kind": "INSERT", "fields": values}]}


@pytest.mark.parametrize(
    ("rules", "options"),
    [
        ({"row_rules": [{"rule_type": "MIN_ROW", "rule_value": 100}, {"rule_type": "MAX_ROW", "rule_value": 100}]}, {}),
        (field("id", "int", rule_type="MIN", rule_value=10), {}),
        (field("id", "INT", rule_type="MAX", rule_value=19), {}),
        (field("s", rule_type="MIN_LENGTH", rule_value=5), {}),
        (field("s", rule_type="NOT_NULL"), {}),
        (field("s", rule_type="NULL"), fixed(id=1)),
        (field("d", "decimal(12, 2)", equals_to="1.50"), fixed(d=1.5)),
        (field("m", equals_to={"b": 2, "a": 1}), fixed(m={"a": 1, "b": 2})),
        (field("s", equals_to="it's"), fixed(s="it's")),
    ],
)
def test_rules_that_hold(coordinate: Coordinate, rules: dict[str, Any], options: dict[str, Any]) -> None:
    """The job finishes."""
    coordinator = coordinate(assert_job(rules, **options))
    coordinator.start()
    coordinator.run()
    assert coordinator.exit_statuses == [0]


@pytest.mark.parametrize(
    ("rules", "options", "words"),
    [
        ({"row_rules": [{"rule_type": "MIN_ROW", "rule_value": 101}]}, {}, "MIN_ROW 101 does not hold: there are 100 rows"),
        ({"row_rules": [{"rule_type": "MAX_ROW", "rule_value": 99}]}, {}, "MAX_ROW 99 does not hold: there are 100 rows"),
        (field("id", rule_type="MIN", rule_value=15), {}, "id MIN 15 does not hold for"),
        (field("id", rule_type="MAX", rule_value=15), fixed(s="x"), "for 1 rows, the first: null, x"),
        (field("s", rule_type="MAX_LENGTH", rule_value=4), {}, "s MAX_LENGTH 4 does not hold for 100 rows"),
        (field("s", rule_type="NOT_NULL"), fixed(id=1), "s NOT_NULL"),
        (field("s", rule_type="NULL"), {}, "s NULL"),
        (field("s", "string"), fixed(id=1), "s is a string"),
        (field("d", equals_to=1), fixed(d=1.5), "d equals_to 1 does not hold for 1 rows"),
        (field("m", equals_to={"a": 1}), fixed(m={"a": 2}), 'the first: null, null, {"a":2}'),
        (field("nope", rule_type="NULL"), {}, "does not have: 'nope'"),
        (field("id", "bigint"), {}, "of id is bigint, and the field is int"),
        (field("d", "decimal(9, 2)"), {}, "the field is decimal(10, 2)"),
        (field("s", rule_type="MIN", rule_value=1), {}, "MIN is for numbers, and s is string"),
        (field("id", rule_type="min", equals_to="x"), {}, "'x' is not a int"),
        ({}, {}, "rules"),
        ({"table-names": ["a"]}, {}, "table-names"),
    ],
)
def test_rules_that_do_not_hold(coordinate: Coordinate, rules: dict[str, Any], options: dict[str, Any], words: str) -> None:
    """The job fails for good, with the rule, how many rows break it, and the first of them."""
    error, retriable = failure(coordinate(assert_job(rules, **options)))
    assert words in error.message
    assert error.plugin == "sink"
    assert not retriable


def test_counts_of_rows_survive_a_restart(coordinate: Coordinate) -> None:
    """The number of rows is part of the checkpoint: MIN_ROW and MAX_ROW see all attempts together."""
    bound = {"row_rules": [{"rule_type": kind, "rule_value": 3000} for kind in ("MIN_ROW", "MAX_ROW")]}
    options = {"row.num": 3000, "split.num": 5, "schema": {"fields": {"id": "int"}}}
    plugins: list[PluginSpec] = [source("FakeSource", "rows", options), sink("Assert", "rows", {"rules": bound})]
    coordinator = coordinate(job(*plugins, rows_per_second=600, interval=0.2))
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    state = coordinator.take_checkpoint()
    assert state.states[0].data == {"rows": state.rows_out}
    assert 0 < state.rows_out < 3000
    coordinator.kill()
    coordinator.start()
    coordinator.run()
    assert coordinator.exit_statuses == [0]


def test_console_writes_rows_into_the_log(coordinate: Coordinate) -> None:
    """One line of level output per row, nested values and nulls included; or none at all."""
    fields = {"id": "int", "s": "string", "a": "array<int>", "m": "map<string, int>"}
    rows = [{"kind": "INSERT", "fields": [1, "x\ny", [1, 2], {"k": 1}]}, {"kind": "INSERT", "fields": [2, None, None, None]}]
    fake = source("FakeSource", "rows", {"rows": rows, "schema": {"fields": fields}})
    coordinator = coordinate(job(fake, sink("Console", "rows", {})))
    coordinator.start()
    coordinator.run()
    lines = [line for line in coordinator.log_lines() if line.level == "output"]
    assert [line.message.split(" : ", 1)[1] for line in lines] == ['1, x\ny, [1, 2], {"k":1}', "2, null, null, null"]
    assert [line.message.split(":")[0] for line in lines] == ["subtaskIndex=0  rowIndex=1", "subtaskIndex=0  rowIndex=2"]
    assert {line.plugin for line in lines} == {"sink"}
    coordinator.log_file.unlink()
    quiet = coordinate(job(fake, sink("Console", "rows", {"log.print.data": False})))
    quiet.start()
    quiet.run()
    assert quiet.checkpoint.rows_out == 2
    assert [line for line in quiet.log_lines() if line.level == "output"] == []


def test_a_stream_shows_its_rows_while_it_runs(coordinate: Coordinate) -> None:
    """A trickle of rows reaches the log without waiting for a checkpoint."""
    from spec.job import JobMode

    fake = source("FakeSource", "rows", {"row.num": 1000, "schema": {"fields": {"id": "int"}}})
    spec = job(fake, sink("Console", "rows", {}), mode=JobMode.STREAMING, rows_per_second=20)
    coordinator = coordinate(spec)
    coordinator.start()
    coordinator.wait_until(lambda: any(line.level == "output" for line in coordinator.log_lines()), timeout=60)
    coordinator.kill()
