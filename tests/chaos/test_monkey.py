"""Exactly once whatever is asked of a job at once: stops, savepoints, restarts, cancels, kills, shutdowns, from a seed.

``FLOWDECK_CHAOS_MONKEYS`` sets how many seeds each stage is given, ``FLOWDECK_CHAOS_SEED`` the first of them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import duckdb
import psutil
import pytest
from daemon_process import ChaosDaemon
from monkey import Monkey
from reading_ledger import check_attempts, expected_counts, stretches
from stages import DaemonStage, SupervisorStage

from runner.home import Home
from runner.requests import SubmitRequest

MONKEYS = int(os.environ.get("FLOWDECK_CHAOS_MONKEYS", "0"))
FIRST_SEED = int(os.environ.get("FLOWDECK_CHAOS_SEED", "1"))
ROWS = 16_000
STEPS = 12

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]


def seeds(shortened: int) -> range:
    """So many seeds in the test run, as many as are asked for otherwise."""
    return range(FIRST_SEED, FIRST_SEED + (MONKEYS or shortened))


class MonkeyJob:
    """A CSV of numbered rows, read at a limited rate, into part files, with a checkpoint every 100 ms."""

    def __init__(self, directory: Path, *, workers: int = 1, save_mode: str = "APPEND_DATA") -> None:
        self.directory = directory
        self.target = directory / "out"
        self._workers = workers
        self._save_mode = save_mode
        source = directory / "numbers.csv"
        duckdb.sql(f"COPY (SELECT range AS id, 'w' || range AS word FROM range({ROWS})) TO '{source}' (FORMAT csv, HEADER)")

    def request(self) -> SubmitRequest:
        """The request that submits it. All checkpoints are kept: the model reads them."""
        text = dedent(
            f"""
            env {{
              job.name = "monkey", job.mode = "BATCH", workers = {self._workers}
              checkpoint.interval = 100, checkpoint.retained = 1000
              read_limit.rows_per_second = {12_000 // self._workers}
              restart.attempts = 100000, restart.delay = 0
            }}
            source {{ LocalFile {{
              plugin_output = "numbers", path = "numbers.csv", file_format_type = "csv", skip_header_row_number = 1
              schema {{ fields {{ id = bigint, word = string }} }}
            }} }}
            transform {{ FieldMapper {{
              plugin_input = "numbers", plugin_output = "shaped", field_mapper {{ id = id, word = label }}
            }} }}
            sink {{ LocalFile {{
              plugin_input = "shaped", path = "out", file_format_type = "parquet", data_save_mode = "{self._save_mode}"
            }} }}
            """
        )
        return SubmitRequest(text=text, base_directory=str(self.directory))

    def counts(self) -> list[int]:
        """How often each row of the input is in the files."""
        if not any(self.target.glob("*.parquet")):
            return [0] * ROWS
        found = duckdb.sql(f"SELECT id, count(*) FROM read_parquet('{self.target}/*.parquet') GROUP BY id").fetchall()
        by_row = dict(found)
        return [by_row.pop(row, 0) for row in range(ROWS)] + [*by_row.values()]

    def explains(self, found: int, expected: int) -> bool:
        """Whether a row may be there ``found`` times when executions have written it ``expected`` times."""
        return found == expected if self._save_mode == "APPEND_DATA" else found <= min(expected, 1)

    def assert_complete(self) -> None:
        """No row is missing; in a target that is emptied for each fresh start none is there twice."""
        counts = set(self.counts())
        assert 0 not in counts
        assert self._save_mode == "APPEND_DATA" or counts == {1}

    def assert_nothing_staged(self) -> None:
        """Only part files are left in the target."""
        assert [path for path in self.target.rglob("*") if path.suffix != ".parquet"] == []


@pytest.fixture
def directory() -> Iterator[Path]:
    """A scratch directory with a short path (the daemon's socket lives below it)."""
    with tempfile.TemporaryDirectory(prefix="fdm-") as name:
        yield Path(os.path.realpath(name))


@pytest.mark.parametrize("seed", seeds(1))
async def test_appended_rows_are_those_that_the_executions_read(directory: Path, seed: int) -> None:
    """With restarts from the beginning among the wishes: each row is there as often as executions have read it, and every
    execution began where the one before it left off, unless it was asked to begin anew."""
    job = MonkeyJob(directory)
    await play(SupervisorStage(Home(directory / "home"), job.request()), job, seed, may_repeat=True)


@pytest.mark.parametrize("seed", seeds(1))
async def test_rows_are_there_once_with_two_workers(directory: Path, seed: int) -> None:
    """Nobody asks for a restart from the beginning: each row is there once."""
    job = MonkeyJob(directory, workers=2)
    await play(SupervisorStage(Home(directory / "home"), job.request()), job, seed, may_repeat=False)


@pytest.mark.parametrize("seed", seeds(1))
async def test_replaced_rows_are_there_once(directory: Path, seed: int) -> None:
    """Into a target that a restart from the beginning empties, each row is there once, whatever was asked for before."""
    job = MonkeyJob(directory, save_mode="DROP_DATA")
    await play(SupervisorStage(Home(directory / "home"), job.request()), job, seed, may_repeat=True)


@pytest.mark.parametrize("seed", seeds(1))
async def test_rows_are_there_once_though_daemons_die(directory: Path, seed: int) -> None:
    """The same with a real daemon behind its client, which is killed too."""
    job = MonkeyJob(directory)
    stage = DaemonStage(ChaosDaemon(directory / "home"), job.request())
    await play(stage, job, seed, may_repeat=seed % 2 == 0)


async def play(stage: SupervisorStage | DaemonStage, job: MonkeyJob, seed: int, *, may_repeat: bool) -> None:
    """Let the monkey play, and look at what it has left: once when the job is at rest, once when it has read everything."""
    monkey = Monkey(stage, seed, may_repeat=may_repeat)
    children = set(psutil.Process().children(recursive=True))
    try:
        await stage.open()
        try:
            await monkey.play(STEPS)
            await monkey.rest_or_stop()
            await check(stage, job, monkey)
            await monkey.bring_to_the_end()
            await check(stage, job, monkey)
            job.assert_complete()
        finally:
            await stage.close()
        check_nothing_runs(Home(job.directory / "home"), monkey, children)
    except BaseException:
        print(f"\nseed {seed}", *monkey.history, sep="\n")
        raise


async def check(stage: SupervisorStage | DaemonStage, job: MonkeyJob, monkey: Monkey) -> None:
    """The job is over: the files hold what the executions have read, and nothing else is there."""
    executions, checkpoints = await stage.executions(), await stage.checkpoints()
    found = stretches(executions, checkpoints, monkey.repeats_asked)
    for execution in executions:
        check_attempts(execution, await stage.attempts(execution.id), checkpoints)
    job.assert_nothing_staged()
    counts, expected = job.counts(), expected_counts(found, ROWS)
    wrong = [(row, *pair) for row, pair in enumerate(zip(counts, expected, strict=True)) if not job.explains(*pair)]
    assert not wrong, f"{len(wrong)} rows, such as (row, found, expected) {wrong[:3]}; executions read {found}"


def check_nothing_runs(home: Home, monkey: Monkey, children: set[psutil.Process]) -> None:
    """No process, no note of one, no socket and no lock is left."""
    assert set(psutil.Process().children(recursive=True)) <= children
    assert monkey.survivors() == []
    assert list(home.workers.iterdir()) == []
    assert not home.socket_path.exists()
    assert home.holder() is None
