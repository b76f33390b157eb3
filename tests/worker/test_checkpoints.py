"""Checkpoints of a worker: exact output after any failure, and nothing left behind."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from coordinator import CheckpointState, Coordinator, JobFailed, WorkerGone
from jobs import job, sink, source, transform

from runner.model import CheckpointKind
from runner.protocol import Barrier, Committed, Complete, Prepared
from runner.worker.main import EXIT_ABANDONED, EXIT_OK
from spec.job import JobMode, JobSpec

Coordinate = Callable[..., Coordinator]

ROWS = 3000
QUERY = "select id, upper(name) as name, amount * 2 as amount from kept where id % 3 <> 0"


def csv_job(rows_per_second: int | None = 3000, **options: object) -> JobSpec:
    """Csv to Parquet by way of a filter, a query and a mapper; a limit of the rate leaves time for checkpoints."""
    schema = {"schema": {"fields": {"id": "bigint", "name": "string", "amount": "double", "note": "string"}}}
    return job(
        source("LocalFile", "rows", {"path": "in.csv", "file_format_type": "csv", **schema}),
        transform("Filter", "rows", "kept", {"exclude_fields": ["note"]}),
        transform(
            "Sql",
            "kept",
            "priced",
            {"query": "select id, upper(name) as name, amount * 2 as amount from kept where id % 3 <> 0"},
        ),
        transform("FieldMapper", "priced", "mapped", {"field_mapper": {"id": "id", "name": "who", "amount": "twice"}}),
        sink("LocalFile", "mapped", {"path": "out", "file_format_type": "parquet", **options}),
        rows_per_second=rows_per_second,
        interval=0.2,
    )


def write_input(directory: Path, rows: int = ROWS) -> None:
    """The csv file, with quoted line breaks."""
    lines = (f'{number},"name\n{number}",{number}.5,x\n' for number in range(rows))
    (directory / "in.csv").write_text("".join(lines))


EXPECTED = [(number, f"NAME\n{number}", number * 2 + 1.0) for number in range(ROWS) if number % 3]


def output(directory: Path) -> list[tuple[int, str, float]]:
    """All rows of the output, by id."""
    table = pq.read_table(directory / "out")
    return sorted(zip(*(table.column(name).to_pylist() for name in ("id", "who", "twice")), strict=True))


def assert_exact(directory: Path) -> None:
    """Every row once, and no staging."""
    assert output(directory) == EXPECTED
    assert not (directory / "out" / ".flowdeck-staging").exists()


@pytest.mark.parametrize("interval", [None, 0.05])
def test_output_is_exact(tmp_path: Path, coordinate: Coordinate, interval: float | None) -> None:
    """With many checkpoints or with the final one only."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.run(interval=interval)
    assert_exact(tmp_path)
    assert coordinator.exit_statuses == [0]
    assert coordinator.checkpoint.rows_in == ROWS
    assert coordinator.checkpoint.rows_out == len(EXPECTED)
    assert len(coordinator.history) > (3 if interval else 0)


def test_every_checkpoint_is_a_restore_point(tmp_path: Path, coordinate: Coordinate) -> None:
    """Restoring from any checkpoint, over the output as it was then, ends with the same exact output."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    snapshots: list[tuple[CheckpointState, Path]] = []

    def keep(point: str, checkpoint: int) -> None:
        if point == "committed":
            copy = tmp_path / f"snapshot-{checkpoint}"
            shutil.copytree(tmp_path / "out", copy, ignore=shutil.ignore_patterns(".flowdeck-staging"))
            snapshots.append((coordinator.history[-1], copy))

    coordinator.hook = keep
    coordinator.start()
    coordinator.run(interval=0.1)
    assert_exact(tmp_path)
    assert len(snapshots) > 5
    for state, copy in snapshots[:6]:
        shutil.rmtree(tmp_path / "out")
        copy.rename(tmp_path / "out")
        again = coordinate(csv_job(None))
        again.attempt, again.next_checkpoint, again.checkpoint = 1, 100 + state.id, state
        again.start()
        again.run()
        assert_exact(tmp_path)


@pytest.mark.parametrize("point", ["before barrier", "prepared", "completed", "committed"])
def test_kill_9_at_any_point_of_a_checkpoint(tmp_path: Path, coordinate: Coordinate, point: str) -> None:
    """The next attempt commits what was complete, drops what was not, and reads on from there."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    kills = itertools.count()

    class Killed(Exception):
        pass

    def kill(now: str, checkpoint: int) -> None:
        if now == point and checkpoint % 2 == 0 and next(kills) < 3:
            coordinator.kill()
            raise Killed

    coordinator.hook = kill
    attempts = 0
    while not coordinator.exit_statuses:
        attempts += 1
        coordinator.start()
        try:
            coordinator.run(interval=0.05)
        except Killed:
            continue
    assert attempts == 4
    assert_exact(tmp_path)


def test_committing_again_changes_nothing(tmp_path: Path, coordinate: Coordinate) -> None:
    """A supervisor that did not hear Committed sends the tokens once more."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    state = coordinator.take_checkpoint()
    assert state.tokens
    coordinator.kill()
    coordinator.uncommitted = {state.id: state.tokens}
    coordinator.start()
    coordinator.run()
    assert_exact(tmp_path)


def test_an_aborted_checkpoint_goes_into_the_next(tmp_path: Path, coordinate: Coordinate) -> None:
    """What was prepared for it is committed with the next one, its splits are reported again."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    aborted = coordinator.prepare_checkpoint()
    assert aborted.tokens
    coordinator.abort_checkpoint(aborted)
    assert not list((tmp_path / "out").glob("*.parquet"))
    coordinator.run(interval=0.1)
    assert_exact(tmp_path)


def test_the_next_segment_is_written_while_the_former_waits_to_be_committed(tmp_path: Path, coordinate: Coordinate) -> None:
    """From Prepared until Complete the worker reads on and its sink writes the next files: nobody waits for the commit."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    state = coordinator.prepare_checkpoint()
    ours = {Path(staged).name for token in state.tokens for staged, _ in token.data["files"]}
    staging = tmp_path / "out" / ".flowdeck-staging" / "job-1"
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > state.rows_in)
    coordinator.wait_until(lambda: {path.name for path in staging.iterdir()} > ours)
    assert not list((tmp_path / "out").glob("*.parquet"))
    coordinator.complete_checkpoint(state)
    coordinator.run(interval=0.1)
    assert_exact(tmp_path)


def test_a_stop_that_is_aborted_reads_on(tmp_path: Path, coordinate: Coordinate) -> None:
    """A savepoint with stop that does not happen leaves the job running."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    state = coordinator.prepare_checkpoint(CheckpointKind.SAVEPOINT, stop=True)
    coordinator.abort_checkpoint(state)
    coordinator.run()
    assert_exact(tmp_path)


def test_a_stop_that_is_aborted_does_not_undo_a_later_one(tmp_path: Path, coordinate: Coordinate) -> None:
    """Two stops at once, the first one is given up: nothing is read after the barrier of the second."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    first = coordinator.prepare_checkpoint(CheckpointKind.SAVEPOINT, stop=True)
    coordinator.begin_stop()
    coordinator.next_heartbeat()
    coordinator.abort_checkpoint(first)
    second = coordinator.expect(Prepared)
    coordinator.next_heartbeat()
    coordinator.next_heartbeat()
    assert coordinator.counters("rows").rows_in == second.rows_in < ROWS


def test_a_late_worker_changes_nothing(tmp_path: Path, coordinate: Coordinate) -> None:
    """A worker that was told to commit, and was frozen before it could, wakes up when another attempt has committed the same
    and finished: it finds nothing to do, and what it staged since stays out of sight."""
    write_input(tmp_path)
    late = coordinate(csv_job())
    late.start()
    late.wait_until(lambda: late.counters("rows").rows_in > 0)
    state = late.prepare_checkpoint()
    late.wait_until(lambda: late.counters("rows").rows_in > state.rows_in)
    os.kill(late.handles[0].pid, signal.SIGSTOP)
    late.begin_commit(state)
    heir = coordinate(csv_job(None))
    heir.attempt, heir.next_checkpoint, heir.checkpoint = 1, 100, state
    heir.uncommitted = {state.id: state.tokens}
    heir.start()
    heir.run()
    assert_exact(tmp_path)
    files = sorted((tmp_path / "out").iterdir())
    os.kill(late.handles[0].pid, signal.SIGCONT)
    assert late.expect(Committed).checkpoint == state.id
    assert late.hang_up() == [EXIT_ABANDONED]
    assert output(tmp_path) == EXPECTED
    assert [path for path in sorted((tmp_path / "out").iterdir()) if path.is_file()] == files


def test_settling_needs_no_input(tmp_path: Path, coordinate: Coordinate) -> None:
    """A worker that only settles commits what is complete and drops what is not, though the job's input is gone; again is
    harmless."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    complete = coordinator.prepare_checkpoint()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > complete.rows_in)
    coordinator.kill()
    (tmp_path / "in.csv").unlink()
    assert (tmp_path / "out" / ".flowdeck-staging").exists()
    coordinator.uncommitted = {complete.id: complete.tokens}
    for _ in range(2):
        assert coordinator.settle() == EXIT_OK
        assert len(output(tmp_path)) == complete.rows_out > 0
        assert not (tmp_path / "out" / ".flowdeck-staging").exists()


@pytest.mark.parametrize("settle", [True, False])
def test_a_worker_killed_while_it_made_its_staging_leaves_nothing(
    tmp_path: Path, coordinate: Coordinate, *, settle: bool
) -> None:
    """Of two directories only the outer one was made: settling removes it, and so does an attempt that writes no row."""
    write_input(tmp_path, 0)
    (tmp_path / "out" / ".flowdeck-staging").mkdir(parents=True)
    coordinator = coordinate(csv_job())
    if settle:
        assert coordinator.settle() == EXIT_OK
    else:
        coordinator.start()
        coordinator.run()
    assert list((tmp_path / "out").iterdir()) == []


def test_settling_says_why_it_cannot(tmp_path: Path, coordinate: Coordinate) -> None:
    """A file that was complete and is gone cannot be shown any more: that is reported, and nothing else is dropped."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    complete = coordinator.prepare_checkpoint()
    coordinator.kill()
    lost, *_ = (Path(staged) for token in complete.tokens for staged, _ in token.data["files"])
    lost.rename(tmp_path / "moved")
    coordinator.uncommitted = {complete.id: complete.tokens}
    with pytest.raises(JobFailed, match="was written and is gone"):
        coordinator.settle()


def test_who_leaves_alone_leaves_what_others_write_to(tmp_path: Path, coordinate: Coordinate) -> None:
    """A worker that stops while others read on commits and exits, and the staging directory stays."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in > 0)
    leaving = {"checkpoint": 1, "kind": CheckpointKind.PERIODIC, "stop": True, "leaves": True}
    coordinator.send_all(Barrier, **leaving)
    prepared = coordinator.expect(Prepared)
    assert prepared.rows_in > 0
    coordinator.send_all(Complete, checkpoint=1)
    coordinator.expect(Committed)
    assert coordinator.server.wait(coordinator.handles[0].pid) == EXIT_OK
    assert list((tmp_path / "out" / ".flowdeck-staging").iterdir())
    assert len(output(tmp_path)) > 0


def test_stop_with_a_savepoint_and_go_on_later(tmp_path: Path, coordinate: Coordinate) -> None:
    """Nothing is read after the stop; a later execution goes on where it ended."""
    write_input(tmp_path)
    first = coordinate(csv_job())
    first.start()
    first.wait_until(lambda: first.counters("rows").rows_in > 0)
    state = first.take_checkpoint(CheckpointKind.SAVEPOINT, stop=True)
    assert [first.server.wait(handle.pid) for handle in first.handles] == [0]
    assert 0 < state.rows_in < ROWS
    assert not (tmp_path / "out" / ".flowdeck-staging").exists()
    second = coordinate(csv_job(None))
    second.execution, second.attempt, second.next_checkpoint, second.checkpoint = "execution-2", 0, 50, state
    second.start()
    second.run()
    assert_exact(tmp_path)


def test_a_worker_whose_supervisor_is_gone_commits_nothing(tmp_path: Path, coordinate: Coordinate) -> None:
    """End of file on the socket ends the process at once."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.prepare_checkpoint()
    assert coordinator.hang_up() == [EXIT_ABANDONED]
    assert not list((tmp_path / "out").glob("*.parquet"))


def test_a_message_of_another_epoch_is_refused(tmp_path: Path, coordinate: Coordinate) -> None:
    """A supervisor that has been replaced cannot command a worker."""
    write_input(tmp_path)
    coordinator = coordinate(csv_job())
    coordinator.start()
    coordinator.attempt += 1
    coordinator.abort_checkpoint(CheckpointState(id=1))
    coordinator.attempt -= 1
    coordinator.run()
    assert_exact(tmp_path)
    assert any("another attempt or epoch" in line.message for line in coordinator.log_lines())


def test_several_workers_share_the_splits(tmp_path: Path, coordinate: Coordinate) -> None:
    """Each split is read by one worker, all write to one directory, and kills do not disturb it."""
    options = {"row.num": 4000, "split.num": 5, "schema": {"fields": {"id": "bigint", "s": "string"}}}
    spec = job(
        source("FakeSource", "rows", options, parallelism=3),
        sink("LocalFile", "rows", {"path": "out", "file_format_type": "parquet"}),
        rows_per_second=8000,
        interval=0.2,
    )
    reference = coordinate(spec)
    reference.start()
    reference.run()
    expected = sorted(pq.read_table(tmp_path / "out").column("id").to_pylist())
    assert len(expected) == 12_000
    shutil.rmtree(tmp_path / "out")
    coordinator = coordinate(spec, workers=3)
    coordinator.start()
    coordinator.take_checkpoint()
    coordinator.handles[1].kill()
    with pytest.raises(WorkerGone):
        coordinator.run(interval=0.1)
    coordinator.kill()
    coordinator.start()
    coordinator.run(interval=0.1)
    assert sorted(pq.read_table(tmp_path / "out").column("id").to_pylist()) == expected


def test_a_stream_stays_when_its_rows_are_made(tmp_path: Path, coordinate: Coordinate) -> None:
    """FakeSource in STREAMING never drains; checkpoints go on without rows and make no files."""
    options = {"row.num": 100, "schema": {"fields": {"id": "bigint"}}}
    spec = job(
        source("FakeSource", "rows", options),
        sink("LocalFile", "rows", {"path": "out", "file_format_type": "json"}),
        mode=JobMode.STREAMING,
        interval=0.2,
    )
    coordinator = coordinate(spec)
    coordinator.start()
    coordinator.wait_until(lambda: coordinator.counters("rows").rows_in == 100)
    coordinator.take_checkpoint()
    coordinator.take_checkpoint()
    assert len(list((tmp_path / "out").glob("*.json"))) == 1
    assert not coordinator.drained()
    coordinator.take_checkpoint(CheckpointKind.SAVEPOINT, stop=True)
    assert coordinator.checkpoint.splits["rows"]["0-0"].finished
