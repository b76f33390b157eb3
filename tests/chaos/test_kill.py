"""Exactly once under fire: workers and daemons are killed at random instants, and the output must be exact all the same."""

from __future__ import annotations

import os
import random
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from harness import ChaosDaemon, CopyJob, eventually, kill_hard, write_numbers

from runner.requests import StopRequest
from runner.states import ExecutionState

KILLS = int(os.environ.get("FLOWDECK_CHAOS_KILLS", "50"))
SEED = int(os.environ.get("FLOWDECK_CHAOS_SEED", "20261121"))
ROWS = 1_500_000
LONGEST_WAIT = 0.8

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(60 + 6 * KILLS)]


@pytest.fixture
def directory() -> Iterator[Path]:
    """A scratch directory with a short path (the daemon's socket lives below it)."""
    with tempfile.TemporaryDirectory(prefix="fdc-") as name:
        yield Path(name)


@pytest.fixture
def daemon(directory: Path) -> Iterator[ChaosDaemon]:
    """A daemon that is stopped cleanly at the end."""
    chaos = ChaosDaemon(directory / "home")
    yield chaos
    chaos.stop()


def test_output_is_exact_after_every_kill(directory: Path, daemon: ChaosDaemon) -> None:
    """SIGKILL the worker (two times in three) or the daemon at random instants: after each recovery the visible output is the
    exact prefix, at the end it is exactly the expected rows, and nothing is left staged."""
    chooser = random.Random(SEED)
    source = write_numbers(directory / "numbers.csv", ROWS)
    daemon.start()
    tally: Counter[str] = Counter()
    for number in range(1, KILLS + 2):
        job = CopyJob(name=f"copy-{number}", source=source, target=directory / f"out-{number}", rows=ROWS)
        job.submit(daemon.client)
        kill_until_done(chooser, daemon, job, tally)
        job.assert_output_is_complete()
        job.assert_nothing_staged()
        tally["jobs"] += 1
        if tally["worker"] + tally["daemon"] >= KILLS:
            break
    print(f"\nchaos: {dict(tally)}, seed {SEED}")
    assert tally["worker"] + tally["daemon"] >= KILLS


def test_stop_with_savepoint_and_restore_keep_the_output_exact(directory: Path, daemon: ChaosDaemon) -> None:
    """Stop with savepoint and restore, again and again with kills in between: the output stays exact."""
    chooser = random.Random(SEED + 1)
    source = write_numbers(directory / "numbers.csv", ROWS)
    job = CopyJob(name="copy", source=source, target=directory / "out", rows=ROWS)
    daemon.start()
    job.submit(daemon.client)
    tally: Counter[str] = Counter()
    for _ in range(max(5, KILLS // 10)):
        wait_randomly(chooser)
        strike(chooser, daemon, job, tally)
        if execution_state(daemon, job).is_terminal:
            break
        wait_until_running_or_done(daemon, job)
        daemon.client.stop(job.name, StopRequest())
        wait_until_over(daemon, job)
        assert job.output_is_exact_prefix()
        if execution_state(daemon, job) is ExecutionState.FINISHED:
            break
        assert execution_state(daemon, job) is ExecutionState.STOPPED
        assert daemon.client.job(job.name).execution.savepoint_id is not None
        job.assert_nothing_staged()
        job.submit(daemon.client, restore="latest")
    wait_until_over(daemon, job)
    assert execution_state(daemon, job) is ExecutionState.FINISHED
    job.assert_output_is_complete()
    job.assert_nothing_staged()


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_every_file_format_survives_kills_with_two_workers(directory: Path, daemon: ChaosDaemon, file_format: str) -> None:
    """Two workers, kills of either and of the daemon, lines instead of Parquet: the output is exact."""
    chooser = random.Random(SEED + 2)
    source = write_numbers(directory / "numbers.csv", ROWS)
    job = CopyJob(name="copy", source=source, target=directory / "out", rows=ROWS, file_format=file_format)
    job = replace(job, workers=2, rows_per_second=100_000)
    daemon.start()
    job.submit(daemon.client)
    tally: Counter[str] = Counter()
    while sum(tally.values()) < max(4, KILLS // 10) and not execution_state(daemon, job).is_terminal:
        wait_randomly(chooser)
        strike(chooser, daemon, job, tally)
    wait_until_over(daemon, job)
    assert execution_state(daemon, job) is ExecutionState.FINISHED
    job.assert_output_is_complete()
    job.assert_nothing_staged()


def kill_until_done(chooser: random.Random, daemon: ChaosDaemon, job: CopyJob, tally: Counter[str]) -> None:
    """Kill at random until the job has finished or enough kills were made; then let it finish. Checks after each recovery."""
    while tally["worker"] + tally["daemon"] < KILLS and not execution_state(daemon, job).is_terminal:
        wait_randomly(chooser)
        strike(chooser, daemon, job, tally)
        wait_until_running_or_done(daemon, job)
        eventually(job.output_is_exact_prefix, "the output is not the exact prefix after a recovery")
    wait_until_over(daemon, job)
    assert execution_state(daemon, job) is ExecutionState.FINISHED, daemon.client.job(job.name).execution


def strike(chooser: random.Random, daemon: ChaosDaemon, job: CopyJob, tally: Counter[str]) -> None:
    """One SIGKILL; a killed daemon is started again."""
    if chooser.random() < 1 / 3:
        daemon.kill()
        tally["daemon"] += 1
        daemon.start()
        return
    pids = daemon.client.job(job.name).execution.worker_pids
    if pids and kill_hard(chooser.choice(pids)):
        tally["worker"] += 1


def wait_randomly(chooser: random.Random) -> None:
    """The random instant: nothing to wait for, so only time passes."""
    threading.Event().wait(chooser.uniform(0, LONGEST_WAIT))


def execution_state(daemon: ChaosDaemon, job: CopyJob) -> ExecutionState:
    """Where the job's latest execution stands."""
    return daemon.client.job(job.name).execution.state


def wait_until_running_or_done(daemon: ChaosDaemon, job: CopyJob) -> None:
    """Recovered: running again, or over."""
    eventually(
        lambda: execution_state(daemon, job) is ExecutionState.RUNNING or execution_state(daemon, job).is_terminal,
        "the job does not recover",
    )


def wait_until_over(daemon: ChaosDaemon, job: CopyJob) -> None:
    """Wait for a terminal state."""
    eventually(lambda: execution_state(daemon, job).is_terminal, "the job does not end", 60)
