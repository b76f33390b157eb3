"""Rows that a sink refuses, in real workers, beside what sources and transforms reject: each row is somewhere once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

from spec.job import JobSpec, ResourceSettings

Coordinate = Callable[..., Coordinator]

ROWS = 2000
FILES = 2
FIELDS = {"fields": {"id": "bigint", "size": "string", "text": "string"}}
DELIMITED = "a;b"


def line_of(row: int) -> str:
    """Every fifth row but some has a text that a text file has no place for; others fail in the source or the transform."""
    if row % 7 == 0:
        return f"no id,{row},t\n"
    size = "x" if row % 11 == 0 else str(row)
    return f"{row},{size},{DELIMITED if row % 5 == 0 else 't'}\n"


def expected() -> dict[str, set[int]]:
    """Which rows are whose."""
    rows = set(range(FILES * ROWS))
    read = {row for row in rows if row % 7}
    made = {row for row in read if row % 11}
    return {"lines": rows - read, "sized": read - made, "texts": {row for row in made if row % 5 == 0}, "made": made}


def whole_job(*, on_error: str = "dead_letter", rate: int | None = None, **options: Any) -> JobSpec:
    """csv, a query, and two sinks of what it makes: text, which refuses some rows, and JSON, which takes them all."""
    reading = {"path": "in", "file_format_type": "csv", "schema": FIELDS, "on_error": "dead_letter"}
    query = "select id, cast(size as bigint) as size, text from lines"
    return job(
        source("LocalFile", "lines", reading, parallelism=2),
        transform("Sql", "lines", "sized", {"query": query, "on_error": "dead_letter"}),
        sink(
            "LocalFile",
            "sized",
            {"path": "texts", "file_format_type": "text", "field_delimiter": ";", "on_error": on_error, **options},
            name_as="texts",
        ),
        sink("LocalFile", "sized", {"path": "all", "file_format_type": "json", "on_error": on_error}, name_as="all"),
        rows_per_second=rate,
    )


@pytest.fixture
def written_input(tmp_path: Path) -> Path:
    """The directory of a job, with its input."""
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        rows = range(number * ROWS, (number + 1) * ROWS)
        (tmp_path / "in" / f"{number}.csv").write_text("".join(map(line_of, rows)), encoding="utf-8")
    return tmp_path


def lines_of(directory: Path) -> list[str]:
    """All lines of the files in a directory."""
    return [line for file in sorted(directory.glob("*.*")) for line in file.read_text(encoding="utf-8").splitlines()]


def row_number(letter: dict[str, Any]) -> int:
    """Which row a dead letter is about."""
    if letter["plugin"] == "lines":
        return int(letter["row"].split(",")[1])
    return int(json.loads(letter["row"])["id"])


def assert_exact(directory: Path) -> None:
    """Each row is in the output of both sinks, or in a dead letter of the plugin that could not take it; nothing is staged."""
    rows = expected()
    assert Counter(int(line.split(";")[0]) for line in lines_of(directory / "texts")) == Counter(rows["made"] - rows["texts"])
    assert Counter(json.loads(line)["id"] for line in lines_of(directory / "all")) == Counter(rows["made"])
    letters = [json.loads(line) for line in lines_of(directory / "dead-letters" / "test")]
    for plugin in ("lines", "sized", "texts"):
        found = Counter(row_number(letter) for letter in letters if letter["plugin"] == plugin)
        assert found == Counter(rows[plugin])
    assert {letter["kind"] for letter in letters if letter["plugin"] == "texts"} == {"unwritable"}
    assert not list(directory.rglob(".flowdeck-staging"))


@pytest.mark.parametrize("moment", ["prepared", "completed"])
def test_kills_lose_no_row_and_repeat_none(coordinate: Coordinate, written_input: Path, moment: str) -> None:
    """Kill -9 of both workers at this moment of the first checkpoints, with rejections of a source, a transform and a sink."""
    coordinator = coordinate(whole_job(rate=4000), workers=2)
    coordinator.run_killed(moment, 2)
    assert_exact(written_input)
    counted = {found.plugin: found.rows for found in coordinator.checkpoint.rejected}
    assert counted == {plugin: len(rows) for plugin, rows in expected().items() if plugin != "made"}


def test_counters_tell_the_transform_and_the_sink_apart(coordinate: Coordinate, written_input: Path) -> None:
    """A row that the sink refuses has come out of the transform."""
    coordinator = coordinate(whole_job())
    coordinator.start()
    coordinator.run()
    assert_exact(written_input)
    rows = expected()
    transformed, texts, everything = (coordinator.counters(plugin) for plugin in ("sized", "texts", "all"))
    assert transformed.rows_out == len(rows["made"])
    assert (texts.rows_in, texts.rows_out) == (len(rows["made"]), len(rows["made"] - rows["texts"]))
    assert (everything.rows_in, everything.rows_out) == (len(rows["made"]), len(rows["made"]))


def test_a_share_of_refused_rows_ends_the_job(coordinate: Coordinate, written_input: Path) -> None:
    """Of the rows that have come to the sink, not of all."""
    coordinator = coordinate(whole_job(on_error="skip", on_error_share=0.1))
    coordinator.start()
    with pytest.raises(JobFailed, match="a greater share") as failed:
        coordinator.run()
    assert (failed.value.error.code, failed.value.error.plugin) == ("too-many-rejected", "texts")


def one_stage(on_error: str, threads: int = 1) -> JobSpec:
    """csv, a query and the text sink in one stage, in which all but the query skip what does not fit."""
    reading = {"path": "in", "file_format_type": "csv", "schema": FIELDS, "on_error": "skip"}
    writing = {"path": "texts", "file_format_type": "text", "field_delimiter": ";", "on_error": "skip"}
    query = "select id, cast(size as bigint) as size, text from lines"
    return job(
        source("LocalFile", "lines", reading),
        transform("Sql", "lines", "sized", {"query": query, "on_error": on_error}),
        sink("LocalFile", "sized", writing, name_as="texts"),
        resources=ResourceSettings(threads=threads),
    )


def test_a_query_that_fails_before_a_tolerant_sink_still_fails_the_job(coordinate: Coordinate, written_input: Path) -> None:
    """The sink tolerates what it refuses itself, and nothing else; the failure keeps the engine's words, and is the query's."""
    coordinator = coordinate(one_stage("fail"))
    coordinator.start()
    with pytest.raises(JobFailed, match="Could not convert string 'x' to INT64") as failed:
        coordinator.run()
    assert (failed.value.error.code, failed.value.error.plugin) == ("sql", "sized")
    assert not failed.value.retriable


@pytest.mark.parametrize("threads", [1, 3])
def test_query_and_sink_of_one_stage_reject_their_own_rows(coordinate: Coordinate, written_input: Path, threads: int) -> None:
    """The query is run batch by batch inside the one that takes out what the sink refuses, inside the one that writes."""
    coordinator = coordinate(one_stage("skip", threads))
    coordinator.start()
    coordinator.run()
    rows = expected()
    written = sorted(int(line.split(";")[0]) for line in lines_of(written_input / "texts"))
    assert written == sorted(rows["made"] - rows["texts"])
    counted = {found.plugin: found.rows for found in coordinator.checkpoint.rejected}
    assert counted == {plugin: len(rows[plugin]) for plugin in ("lines", "sized", "texts")}
    transformed, texts = (coordinator.counters(plugin) for plugin in ("sized", "texts"))
    assert (transformed.rows_out, texts.rows_in, texts.rows_out) == (len(rows["made"]), len(rows["made"]), len(written))
