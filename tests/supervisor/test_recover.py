"""Recovering a job: what is left unfinished is read, some of it or all, nothing twice, and what is left out can still be."""

from __future__ import annotations

import dataclasses
import os

import pytest

from runner.model import Cleanup
from runner.requests import RecoverRequest, StopRequest, SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict

FINISHED, FAILED, STOPPED = ExecutionState.FINISHED, ExecutionState.FAILED, ExecutionState.STOPPED
FILES = 6
ROWS = 500


@dataclasses.dataclass
class Input:
    """``FILES`` csv files of ``ROWS`` rows each, into JSON."""

    directory: os.PathLike[str]
    interval: int | None = 50

    def __post_init__(self):
        (self.directory / "in").mkdir()
        for number in range(FILES):
            self.write(number)

    def write(self, number, *, broken=False):
        """A file; its first id is no number when it is ``broken``."""
        rows = [f"{number * ROWS + row},w{number * ROWS + row}\n" for row in range(ROWS)]
        if broken:
            rows[0] = "x" + rows[0][1:]
        (self.directory / "in" / f"{number}.csv").write_text("".join(rows))

    def mend(self, number):
        """Make a broken file whole, of the same size."""
        self.write(number)

    def request(self, rate=100_000, restart="restart.strategy = none", sink='file_format_type = "csv"'):
        """The request that submits the job."""
        interval = "" if self.interval is None else f"checkpoint.interval = {self.interval},"
        text = f"""
            env {{ job.name = "copy", job.mode = BATCH, {restart}, {interval}
                   read_limit.rows_per_second = {rate} }}
            source {{ LocalFile {{ plugin_output = "rows", path = "in", file_format_type = "csv"
              schema {{ fields {{ id = bigint, word = string }} }} }} }}
            sink {{ LocalFile {{ plugin_input = "rows", path = "out", {sink} }} }}
        """
        return SubmitRequest(text=text, base_directory=str(self.directory))

    def written(self):
        """The ids in the output, sorted."""
        files = (self.directory / "out").glob("*.csv") if (self.directory / "out").exists() else ()
        return sorted(int(line.partition(",")[0]) for file in files for line in file.read_text().splitlines())

    def of_files(self, *numbers):
        """The ids of whole files."""
        return [number * ROWS + row for number in numbers for row in range(ROWS)]


@pytest.fixture
def numbers(tmp_path):
    """Files that can be broken."""
    return Input(tmp_path)


async def recovered(flow, job, state=FINISHED, cleanup=Cleanup.ALL):
    """The execution that recovers the job, when it is over."""
    started = await flow.service.recover(job.id, RecoverRequest(cleanup=cleanup))
    await flow.until(job.id, lambda seen: seen.execution.id == started.execution.id and seen.execution.state.is_terminal)
    execution = await flow.service.execution(started.execution.id)
    assert execution.state is state
    return execution


async def test_the_rest_gets_through_when_one_file_is_broken(flow, numbers):
    """``pending`` leaves out the file that failed and says so; ``errors`` reads it when it is mended, and nothing else."""
    numbers.write(2, broken=True)
    job = await flow.service.submit(numbers.request())
    failed = await flow.reach(job.id, FAILED)
    [attempt] = await flow.service.attempts(failed.id)
    assert [(split.source, split.split) for split in attempt.failed_splits] == [("rows", "2.csv#0")]
    assert attempt.failed_splits[0].position.endswith("2.csv: line 1")

    execution = await recovered(flow, job, cleanup=Cleanup.PENDING)
    assert execution.splits_left_out == 1
    assert "1 split was left out" in execution.phase
    assert numbers.written() == numbers.of_files(0, 1, 3, 4, 5)

    with pytest.raises(Conflict, match="an attempt failed at each of them"):
        await flow.service.recover(job.id, RecoverRequest(cleanup=Cleanup.PENDING))
    numbers.mend(2)
    execution = await recovered(flow, job, cleanup=Cleanup.ERRORS)
    assert execution.splits_left_out == 0
    assert numbers.written() == numbers.of_files(*range(FILES))
    with pytest.raises(Conflict, match="nothing to recover"):
        await flow.service.recover(job.id, RecoverRequest())


async def test_a_row_that_a_sink_refuses_costs_the_splits_it_may_be_from(flow, numbers):
    """The failure names them; ``pending`` reads the others, and ``errors`` these when the row is mended, nothing twice."""
    (numbers.directory / "in" / "2.csv").write_text(
        "".join(f'{number},"a;b"\n' if number == 1200 else f"{number},w{number}\n" for number in numbers.of_files(2))
    )
    job = await flow.service.submit(numbers.request(sink='file_format_type = "text", field_delimiter = ";"'))
    failed = await flow.reach(job.id, FAILED)
    assert failed.error.code == "data"
    assert failed.error.message.endswith('the row: {"id":1200,"word":"a;b"}')
    assert failed.error.position.startswith("a row of ")
    [attempt] = await flow.service.attempts(failed.id)
    held = {split.split for split in attempt.failed_splits}
    assert "2.csv#0" in held

    def written():
        files = (numbers.directory / "out").glob("*.txt")
        return sorted(int(line.partition(";")[0]) for file in files for line in file.read_text().splitlines())

    if len(held) < FILES:
        await recovered(flow, job, cleanup=Cleanup.PENDING)
    assert 1200 not in written()
    numbers.mend(2)
    await recovered(flow, job, cleanup=Cleanup.ERRORS)
    assert written() == numbers.of_files(*range(FILES))


async def test_errors_alone_leaves_the_others_for_later(flow, numbers):
    """The mended file is read first, then with ``all`` the others; every row is there once."""
    numbers.interval = None
    numbers.write(4, broken=True)
    job = await flow.service.submit(numbers.request())
    await flow.reach(job.id, FAILED)
    assert numbers.written() == []
    numbers.mend(4)
    execution = await recovered(flow, job, cleanup=Cleanup.ERRORS)
    assert execution.splits_left_out == FILES - 1
    assert numbers.written() == numbers.of_files(4)
    await recovered(flow, job)
    assert numbers.written() == numbers.of_files(*range(FILES))


async def test_a_second_failure_is_known_to_the_next_recovery(flow, numbers):
    """Two broken files: each recovery gets by those at which any attempt before it failed."""
    numbers.write(1, broken=True)
    numbers.write(3, broken=True)
    job = await flow.service.submit(numbers.request())
    await flow.reach(job.id, FAILED)
    await recovered(flow, job, FAILED, Cleanup.PENDING)
    execution = await recovered(flow, job, cleanup=Cleanup.PENDING)
    assert execution.splits_left_out == 2
    assert numbers.written() == numbers.of_files(0, 2, 4, 5)
    numbers.mend(1)
    numbers.mend(3)
    await recovered(flow, job, cleanup=Cleanup.ERRORS)
    assert numbers.written() == numbers.of_files(*range(FILES))


async def test_a_stopped_job_goes_on_where_it_stopped(flow, numbers):
    """Nothing that was committed is read again, and the position inside a file is kept."""
    job = await flow.service.submit(numbers.request(rate=2500))
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 600)
    with pytest.raises(Conflict, match="the job copy is RUNNING"):
        await flow.service.recover(job.id, RecoverRequest())
    await flow.service.stop(job.id, StopRequest())
    await flow.reach(job.id, STOPPED)
    with pytest.raises(Conflict, match="at none of them an attempt failed"):
        await flow.service.recover(job.id, RecoverRequest(cleanup=Cleanup.ERRORS))
    execution = await recovered(flow, job)
    assert execution.totals.rows_in == FILES * ROWS
    assert numbers.written() == numbers.of_files(*range(FILES))


async def test_the_choice_survives_the_death_of_workers(flow, numbers):
    """A recovery whose worker is killed still leaves out what it was to leave out."""
    numbers.write(0, broken=True)
    job = await flow.service.submit(numbers.request(rate=2500, restart="restart.delay = 0"))
    await flow.reach(job.id, FAILED)
    started = await flow.service.recover(job.id, RecoverRequest(cleanup=Cleanup.PENDING))
    seen = await flow.until(job.id, lambda now: now.execution.id == started.execution.id and now.execution.totals.rows_in > 500)
    os.kill(seen.execution.worker_pids[0], 9)
    execution = await flow.reach(job.id, FINISHED)
    assert (execution.restarts, execution.splits_left_out) == (1, 1)
    assert numbers.written() == numbers.of_files(*range(1, FILES))


async def test_hot_reload_of_a_recovery_leaves_out_what_that_left_out(opened, numbers, directory):
    """Its file changes while it reads the splits at which nothing failed: the execution that takes its place reads no others,
    and what was left out can be recovered afterwards."""
    path = numbers.directory / "copy.conf"
    numbers.write(0, broken=True)
    path.write_text(numbers.request(rate=1500).text)
    async with opened(path, observing=0.1) as flow:
        async with flow.waiting():
            while not (await flow.service.jobs())[1]:
                await flow.a_moment()
        job = await flow.until("copy", lambda seen: seen.execution is not None and seen.execution.state is FAILED)
        numbers.mend(0)
        recovery = (await flow.service.recover(job.id, RecoverRequest(cleanup=Cleanup.PENDING))).execution
        await flow.progressed("copy")
        path.write_text(numbers.request(rate=100_000).text)
        job = await flow.until("copy", lambda seen: seen.generation == 2 and seen.execution.state is FINISHED)
        assert (job.execution.cleanup, job.execution.recovers) == (Cleanup.PENDING, recovery.id)
        assert job.execution.splits_left_out == 1
        assert numbers.written() == numbers.of_files(1, 2, 3, 4, 5)
        execution = await recovered(flow, job)
        assert execution.splits_left_out == 0
        assert numbers.written() == numbers.of_files(0, 1, 2, 3, 4, 5)
