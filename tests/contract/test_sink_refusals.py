"""Rows that a sink cannot take: each costs itself where that is asked for, and otherwise the attempt, which shows it.

Every sink whose schema takes ``on_error = skip`` has a case with a row that it refuses; a sink without one takes every row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from cases import Seen, SinkCase, all_cases, only_for
from coordinator import Coordinator, ForkServer, JobFailed, WorkerGone
from every_type import every_type, numbered
from jobs import job, sink, source
from plugin_bench import Bench, SinkAttempt

from runner.connectors.base import PluginError
from runner.connectors.refusal import refused_by
from runner.connectors.registry import sink_names
from schemas.loader import plugin_schema

ROWS = 60
REFUSED = frozenset(range(0, ROWS, 5))
FIELDS = {"id": "bigint", "s": "string"}
SCHEMA = numbered(0).schema


def refuses(case: SinkCase) -> bool:
    """Whether there is a row that the sink refuses."""
    return bool(case.refused)


class RefusingJob:
    """A job of numbered rows of which the case's sink refuses every fifth."""

    def __init__(self, case: SinkCase, server: ForkServer, directory: Path) -> None:
        self.case = case
        self._server = server
        self._directory = directory
        self.coordinator: Coordinator | None = None

    def begin(self, on_error: str, **options: Any) -> Coordinator:
        """The job, not started yet."""
        case = self.case
        texts = [case.refused if number in REFUSED else f"row {number}" for number in range(ROWS)]
        rows = [{"kind": "INSERT", "fields": [number, text]} for number, text in enumerate(texts)]
        fake = source("FakeSource", "rows", {"rows": rows, "schema": {"fields": FIELDS}})
        taking = sink(case.plugin, "rows", {**case.options, **case.refusing, "on_error": on_error, **options})
        self.coordinator = Coordinator(self._server, job(fake, taking, rows_per_second=400), self._directory)
        return self.coordinator

    def check(self, coordinator: Coordinator, letters: set[int]) -> None:
        """The other rows are there once, the refused ones are counted once, and ``letters`` are the ids of the dead letters."""
        states = coordinator.checkpoint.states
        seen = Seen(coordinator.directory, [], states[0].data if states else None, SCHEMA)
        expected = [number for number in range(ROWS) if number not in REFUSED]
        assert sorted(self.case.ids(seen)) == (expected if self.case.shows_ids else [0] * len(expected))
        [counted] = coordinator.checkpoint.rejected
        assert (counted.plugin, counted.rows) == ("sink", len(REFUSED))
        found = [json.loads(line) for path in _letters(coordinator) for line in path.read_text().splitlines()]
        assert sorted(json.loads(letter["row"])["id"] for letter in found) == sorted(letters)
        assert all(json.loads(letter["row"])["s"] == self.case.refused for letter in found)
        assert all(self.case.told in letter["reason"] for letter in found)
        assert self.case.staged(coordinator.directory) == []
        assert not list(coordinator.directory.rglob(".flowdeck-staging"))


def _letters(coordinator: Coordinator) -> list[Path]:
    return sorted((coordinator.directory / "dead-letters" / "test").glob("*.json"))


@pytest.fixture
def refusing(sink_case: SinkCase, fork_server: ForkServer, tmp_path: Path) -> Iterator[RefusingJob]:
    """A job and its supervisor; connections are closed at the end."""
    made = RefusingJob(sink_case, fork_server, tmp_path)
    yield made
    if made.coordinator is not None:
        made.coordinator.close()


@only_for(refuses)
def test_a_row_that_is_not_tolerated_fails_the_attempt(refusing: RefusingJob) -> None:
    """The failure is the sink's, shows the reason and the row, and is not tried again."""
    coordinator = refusing.begin("fail")
    coordinator.start()
    with pytest.raises(JobFailed) as failed:
        coordinator.run()
    error = failed.value.error
    assert error.plugin == "sink"
    assert refusing.case.told in error.message
    assert refusing.case.refused[:20] in error.message.replace("\\n", "\n")
    assert not failed.value.retriable


@only_for(refuses)
def test_skipped_rows_are_counted_and_written_nowhere(refusing: RefusingJob) -> None:
    """The others arrive, and the sink's counters tell how many came and how many it took."""
    coordinator = refusing.begin("skip")
    coordinator.start()
    coordinator.run()
    refusing.check(coordinator, set())
    counters = coordinator.counters("sink")
    assert (counters.rows_in, counters.rows_out) == (ROWS, ROWS - len(REFUSED))


@only_for(refuses)
def test_killed_before_the_checkpoint_with_refused_rows_is_durable(refusing: RefusingJob) -> None:
    """Prepared, and nobody has heard of it: its rows and its dead letters are made again, and are there once."""
    coordinator = refusing.begin("dead_letter")
    coordinator.start()
    coordinator.take_checkpoint()
    coordinator.prepare_checkpoint()
    coordinator.kill()
    coordinator.start()
    coordinator.run()
    refusing.check(coordinator, set(REFUSED))


@only_for(refuses)
def test_killed_between_durable_and_committed_with_refused_rows(refusing: RefusingJob) -> None:
    """Another process commits the dead letters with the rows that were written."""
    coordinator = refusing.begin("dead_letter")
    coordinator.start()
    coordinator.take_checkpoint()
    state = coordinator.prepare_checkpoint()
    coordinator.hook = lambda point, checkpoint: coordinator.kill() if point == "completed" else None
    with pytest.raises((WorkerGone, OSError)):
        coordinator.complete_checkpoint(state)
    coordinator.hook = lambda point, checkpoint: None
    coordinator.start()
    coordinator.run()
    refusing.check(coordinator, set(REFUSED))


@only_for(refuses)
def test_more_refused_rows_than_the_limit_end_the_job(refusing: RefusingJob) -> None:
    """As for any plugin."""
    coordinator = refusing.begin("skip", on_error_limit=3)
    coordinator.start()
    with pytest.raises(JobFailed, match="more than 3 rows were rejected") as failed:
        coordinator.run()
    assert (failed.value.error.code, failed.value.error.plugin) == ("too-many-rejected", "sink")


@only_for(refuses)
def test_refusals_are_the_rows_that_cannot_be_written(sink_case: SinkCase, tmp_path: Path) -> None:
    """The conditions hold for exactly those rows on which writing fails, and the rows of the suite are none of them."""
    options = {**sink_case.options, **sink_case.refusing}
    rows = pa.table({"id": pa.array([1, 2, 3, 4]), "s": ["good", sink_case.refused, None, ""]}, schema=SCHEMA)
    attempt = SinkAttempt(Bench(tmp_path), sink_case.type, sink_case.plugin, options, SCHEMA)
    numbers = _refused(attempt, rows)
    assert [number is not None for number in numbers] == [False, True, False, False]
    for row, number in enumerate(numbers):
        if number is None:
            assert attempt.write(rows.slice(row, 1)) == 1
        else:
            with pytest.raises(PluginError, match=sink_case.told):
                attempt.write(rows.slice(row, 1))


def test_rows_that_arrive_are_not_refused(sink_case: SinkCase, tmp_path: Path) -> None:
    """Of the rows of every type none that the sink can hold."""
    table = sink_case.holds(every_type())
    attempt = SinkAttempt(Bench(tmp_path), sink_case.type, sink_case.plugin, sink_case.options, table.schema)
    assert set(_refused(attempt, table)) <= {None}


def _refused(attempt: SinkAttempt, table: pa.Table) -> list[int | None]:
    refusals = attempt.sink.refusals()
    if not refusals:
        return [None] * table.num_rows
    found = duckdb.from_arrow(table).project(refused_by(refusals)).fetchall()
    return [number for (number,) in found]


@pytest.mark.parametrize("plugin", sink_names())
def test_schemas_say_which_sinks_can_refuse_rows(plugin: str) -> None:
    """on_error = skip is for those that have a case with such a row, and an error for the others."""
    schema = plugin_schema("sink", plugin)
    assert schema is not None
    cases = [case for case in all_cases() if isinstance(case, SinkCase) and case.plugin == plugin]
    assert ("skip" in schema.options["on_error"]["enum"]) == any(map(refuses, cases))
