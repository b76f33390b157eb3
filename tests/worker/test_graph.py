"""Fan-out, unions and diamonds: every sink gets each of its rows once, checkpoints included."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from coordinator import Coordinator, JobFailed
from jobs import job, sink, source, transform

from spec.job import JobSpec, PluginSpec

Coordinate = Callable[..., Coordinator]

FIELDS = {"schema": {"fields": {"id": "bigint", "s": "string"}}}


def fake(output: str, rows: int, seed: int = 0) -> PluginSpec:
    """A source of random rows."""
    return source("FakeSource", output, {"row.num": rows, "split.num": 4, "seed": seed, **FIELDS})


def json_sink(inputs: str | tuple[str, ...], path: str) -> PluginSpec:
    """A sink of JSON lines."""
    return sink("LocalFile", inputs, {"path": path, "file_format_type": "json"}, name_as=path)


def sql(inputs: str, output: str, query: str) -> PluginSpec:
    """A query."""
    return transform("Sql", inputs, output, {"query": query})


def rows(directory: Path) -> Counter[str]:
    """How often each row is in a directory."""
    return Counter(line for file in directory.glob("*.json") for line in file.read_text().splitlines())


def ids(directory: Path) -> list[Any]:
    """All ids, sorted."""
    return sorted(json.loads(line)["id"] for line in rows(directory).elements())


def run_with_kills(coordinator: Coordinator) -> None:
    """Three attempts end with kill -9 after some checkpoints, the fourth goes through."""

    class Killed(Exception):
        pass

    def kill(point: str, checkpoint: int) -> None:
        if point == "prepared" and checkpoint in {2, 5, 7}:
            coordinator.kill()
            raise Killed

    coordinator.hook = kill
    while not coordinator.exit_statuses:
        coordinator.start()
        try:
            coordinator.run(interval=0.05)
        except Killed:
            continue


def limited(*plugins: PluginSpec) -> JobSpec:
    """A job that is slow enough for several checkpoints."""
    return job(*plugins, rows_per_second=3000, interval=0.2)


def test_one_dataset_may_have_several_readers(tmp_path: Path, coordinate: Coordinate) -> None:
    """A source and a transform both fan out; each branch gets everything."""
    spec = limited(
        fake("rows", 2000),
        sql("rows", "even", "select * from rows where id % 2 = 0"),
        sql("even", "fourth", "select id from even where id % 4 = 0"),
        json_sink("rows", "all"),
        json_sink("even", "even_out"),
        json_sink("fourth", "fourth_out"),
    )
    run_with_kills(coordinate(spec))
    everything = ids(tmp_path / "all")
    assert len(everything) == 2000
    assert ids(tmp_path / "even_out") == [number for number in everything if number % 2 == 0]
    assert ids(tmp_path / "fourth_out") == [number for number in everything if number % 4 == 0]


def test_several_datasets_may_go_into_one_sink(tmp_path: Path, coordinate: Coordinate) -> None:
    """A union of sources and a branch of one of them: no row is lost at an unaligned barrier."""
    spec = limited(
        fake("one", 1500, seed=1),
        fake("two", 700, seed=2),
        sql("one", "negated", "select -id as id, s from one"),
        json_sink(("one", "two", "negated"), "union"),
        json_sink("two", "two_out"),
    )
    run_with_kills(coordinate(spec))
    union = ids(tmp_path / "union")
    assert len(union) == len(set(union)) == 1500 * 2 + 700
    two = ids(tmp_path / "two_out")
    assert sorted(number for number in union if -number not in set(union)) == two


def test_a_diamond_meets_again(tmp_path: Path, coordinate: Coordinate) -> None:
    """Two branches of one dataset and their union downstream keep the same checkpoint."""
    spec = limited(
        fake("rows", 2000),
        sql("rows", "small", "select id, 'small' as s from rows where id % 3 = 0"),
        sql("rows", "large", "select id, 'large' as s from rows where id % 3 <> 0"),
        transform("Copy", ("small", "large"), "both", {"fields": {"again": "id"}}),
        json_sink("both", "out"),
        json_sink("rows", "all"),
    )
    run_with_kills(coordinate(spec))
    found = [json.loads(line) for line in rows(tmp_path / "out").elements()]
    assert sorted(row["id"] for row in found) == ids(tmp_path / "all")
    assert all(row["again"] == row["id"] and row["s"] == ("large" if row["id"] % 3 else "small") for row in found)


def test_a_union_needs_equal_columns(tmp_path: Path, coordinate: Coordinate) -> None:
    """The job does not start, and the message shows both."""
    other = source("FakeSource", "two", {"row.num": 1, "schema": {"fields": {"id": "int"}}})
    coordinator = coordinate(job(fake("one", 1), other, json_sink(("one", "two"), "out")))
    with pytest.raises(JobFailed) as caught:
        coordinator.start()
    assert caught.value.error.code == "union"
    assert caught.value.error.plugin == "out"
    assert "id bigint, s string" in caught.value.error.hint
    assert not caught.value.retriable


def test_counters_of_fused_transforms_are_honest(tmp_path: Path, coordinate: Coordinate) -> None:
    """Each plugin's counters are its own, and bytes written are those on disk."""
    spec = job(
        fake("rows", 1000),
        transform("Filter", "rows", "kept", {"include_fields": ["id"]}),
        sql("kept", "some", "select * from kept where id % 2 = 0"),
        transform("Copy", "some", "copied", {"fields": {"twin": "id"}}),
        json_sink("copied", "out"),
    )
    coordinator = coordinate(spec)
    coordinator.start()
    coordinator.wait_until(coordinator.drained)
    coordinator.take_checkpoint()
    written = len(ids(tmp_path / "out"))
    coordinator.wait_until(lambda: coordinator.counters("out").rows_out == written)
    flows = {name: coordinator.counters(name) for name in ("rows", "kept", "some", "copied", "out")}
    assert [(each.rows_in, each.rows_out) for each in flows.values()] == [
        (1000, 1000),
        (1000, 1000),
        (1000, written),
        (written, written),
        (written, written),
    ]
    assert flows["out"].bytes_out == sum(file.stat().st_size for file in (tmp_path / "out").glob("*.json"))
    coordinator.finish()


def test_heartbeats_tell_where_rows_wait(tmp_path: Path, coordinate: Coordinate) -> None:
    """An edge for every queue, between the plugins that write to it and read from it; Committed tells how long rows took."""
    coordinator = coordinate(
        limited(
            fake("rows", 500),
            fake("more", 500, seed=1),
            sql("rows", "even", "select * from rows where id % 2 = 0"),
            json_sink(("even", "more"), "out"),
            json_sink("rows", "all"),
        )
    )
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    coordinator.take_checkpoint()
    coordinator.next_heartbeat()
    [handle] = coordinator.handles
    assert handle.heartbeat is not None
    edges = {(edge.producer, edge.consumer): edge for edge in handle.heartbeat.edges}
    assert edges.keys() == {("rows", "even"), ("rows", "all"), ("even", "out"), ("more", "out")}
    assert all(0 <= edge.fill <= 1 and edge.blocked_seconds >= 0 and edge.writers == 1 for edge in edges.values())
    [committed] = coordinator.last_committed
    [prepared] = coordinator.last_prepared
    assert sum(committed.latency.values()) == prepared.rows_in > 0
    assert committed.commit_seconds > 0
    assert prepared.prepare_seconds > 0
    assert prepared.alignment_seconds >= 0
    coordinator.run()
    assert len(ids(tmp_path / "all")) == 500
