"""Hot reload: what happens when a watched job file is saved, in every way it can turn out."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import duckdb
import pytest

from runner.model import Event, ReloadStatus
from runner.requests import RestartRequest, SavepointRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict
from tests.supervisor.conftest import CopyJob, Flow

FINISHED, STOPPED, RUNNING = ExecutionState.FINISHED, ExecutionState.STOPPED, ExecutionState.RUNNING


class Watched:
    """A job whose file lies in a watched directory."""

    def __init__(self, directory: Path, copy: CopyJob) -> None:
        self.directory = directory
        self.directory.mkdir()
        self.path = directory / "copy.conf"
        self.copy = copy

    def save(self, copy: CopyJob, *, note: str = "") -> None:
        """Write the file as editors do: beside it, then rename."""
        self.save_text(copy.text() + f"# {note}\n")
        self.copy = copy

    def save_text(self, text: str) -> None:
        """Any text."""
        temporary = self.directory / ".copy.conf.swp"
        temporary.write_text(text)
        temporary.rename(self.path)


@pytest.fixture
def watched(directory: Path, copy: CopyJob) -> Watched:
    """A directory with one job file: a stream that is slow enough to be changed while it reads."""
    found = Watched(directory / "jobs", copy.but(mode="STREAMING", rows=20_000, rows_per_second=8000))
    found.save(found.copy)
    return found


async def reloaded(flow: Flow, outcome: str, after: ReloadStatus | None = None) -> ReloadStatus:
    """The job's reload status once it has this outcome, newer than ``after``."""
    job = await flow.until("copy", lambda job: job.reload is not None and job.reload.outcome == outcome and job.reload != after)
    return job.reload


async def submitted(flow: Flow) -> None:
    """Wait until the watched file has become a job."""
    async with flow.waiting():
        while not (await flow.service.jobs())[1]:
            await flow.a_moment()


async def started(flow: Flow) -> None:
    """Wait until the watched file has become a running job with some output."""
    await submitted(flow)
    await flow.progressed("copy")


async def refused(flow: Flow) -> list[Event]:
    """The events of files with errors."""
    events = await flow.service.observation.events_since(0)
    return [event for event in events if event.data.get("outcome") == "invalid"]


async def restarted(flow: Flow) -> None:
    """Restart the job as soon as the reload that is going on lets go of it."""
    async with flow.waiting():
        while True:
            try:
                await flow.service.restart("copy", RestartRequest())
            except Conflict:
                await flow.a_moment()
            else:
                return


def words(copy: CopyJob) -> dict[str, int]:
    """How many rows each column name of the output has got."""
    files = f"read_parquet('{copy.target}/*.parquet', union_by_name = true)"
    columns = [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM {files}").fetchall() if row[0] != "id"]
    counts = ", ".join(f"count({column})" for column in columns)
    return dict(zip(columns, duckdb.sql(f"SELECT {counts} FROM {files}").fetchall()[0], strict=True))


async def test_changed_file_takes_over_without_losing_a_row(opened, watched):
    """A compatible change: stopped with a savepoint, the new generation goes on from it; each row is written once."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        before = await flow.service.job("copy")
        watched.save(watched.copy.but(fields="id = id, word = changed", rows_per_second=None))
        status = await reloaded(flow, "synced", before.reload)
        assert "generation 2" in status.message
        await flow.until("copy", lambda job: job.execution.totals.rows_in == watched.copy.rows)
        await flow.progressed("copy", watched.copy.rows)
        job = await flow.service.job("copy")
        assert (job.id, job.generation) == (before.id, 2)
        old = await flow.service.execution(before.execution.id)
        assert (old.state, old.savepoint_id) == (STOPPED, job.execution.restored_from)
        written = words(watched.copy)
        assert watched.copy.figures() == (watched.copy.rows, watched.copy.rows, watched.copy.rows - 1)
        assert written["label"] > 0
        assert written["changed"] > 0
        assert sum(written.values()) == watched.copy.rows


async def test_settings_of_the_supervisor_are_taken_in_place(opened, watched):
    """Checkpoints at another pace, and another restart strategy: the same execution goes on as generation 2, and survives its
    worker and the daemon as that."""
    watched.save(watched.copy.but(interval=3_600_000))
    async with opened(watched.directory, observing=0.2) as flow:
        await submitted(flow)
        before = await flow.until("copy", lambda job: job.execution is not None and job.execution.state is RUNNING)
        pids = before.execution.worker_pids
        watched.save(watched.copy.but(interval=100, settings="restart.attempts = 1000, restart.delay = 0.1"))
        status = await reloaded(flow, "synced", before.reload)
        assert "without a restart" in status.message
        await flow.until("copy", lambda job: job.last_checkpoint is not None)
        job = await flow.service.job("copy")
        assert (job.generation, job.execution.generation, job.execution.attempt) == (2, 2, 1)
        assert (job.execution.id, job.execution.worker_pids) == (before.execution.id, pids)
        assert job.last_checkpoint.generation == 2
        os.killpg(pids[0], signal.SIGKILL)
        await flow.until("copy", lambda job: job.execution.attempt == 2 and job.execution.state is RUNNING)
    async with opened(watched.directory, observing=0.2) as flow:
        await flow.until("copy", lambda job: job.execution.totals.rows_in == watched.copy.rows)
        await flow.progressed("copy", watched.copy.rows)
        job = await flow.service.job("copy")
        assert (job.execution.id, job.generation, job.execution.generation) == (before.execution.id, 2, 2)
        assert watched.copy.figures() == (watched.copy.rows, watched.copy.rows, watched.copy.rows - 1)


async def test_settings_and_more_are_a_restart(opened, watched):
    """One path that needs a restart makes it one."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        before = await flow.service.job("copy")
        watched.save(watched.copy.but(interval=200, rows_per_second=None))
        await reloaded(flow, "synced", before.reload)
        job = await flow.service.job("copy")
        assert job.generation == 2
        assert job.execution.id != before.execution.id


async def test_invalid_file_changes_nothing_and_its_correction_is_seen(opened, watched):
    """With errors the old one runs on and the status has the diagnostics; the corrected file clears it."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        before = await flow.service.job("copy")
        watched.save_text("env { job.mode = BATCH\nsource {")
        status = await reloaded(flow, "invalid")
        assert status.diagnostics[0]["start"]["line"] >= 1
        assert (await flow.service.job("copy")).execution.id == before.execution.id
        watched.save(watched.copy, note="only a comment")
        await reloaded(flow, "synced")
        job = await flow.service.job("copy")
        assert (job.execution.id, job.generation) == (before.execution.id, 1)
        events = [event for event in await flow.service.observation.events_since(0) if event.kind == "job.reload"]
        passing = {"parsing", "validating", "planning"}
        assert [found for event in events if (found := event.data["outcome"]) not in passing] == ["synced", "invalid", "synced"]


async def test_change_that_would_misread_positions_is_blocked(opened, watched):
    """Another input under the same source: the old one runs on, and the status names the path and the reason."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        before = await flow.service.job("copy")
        watched.save(watched.copy.but(rows=50))
        status = await reloaded(flow, "blocked")
        assert "source.numbers.path" in status.message
        after = await flow.service.job("copy")
        assert (after.execution.id, after.execution.state, after.generation) == (before.execution.id, RUNNING, 1)


async def test_generation_that_cannot_start_is_rolled_back(opened, watched, directory):
    """When the new generation does not start, the old one goes on from the very savepoint, exactly."""
    obstacle = directory / "a-file"
    obstacle.write_text("no directory")
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        before = await flow.service.job("copy")
        watched.save_text(watched.copy.text().replace(str(watched.copy.target), str(obstacle / "below")))
        status = await reloaded(flow, "rolled_back")
        assert "rolled back to generation 1" in status.message
        await flow.reach("copy", RUNNING)
        executions = await flow.service.executions("copy")
        assert [found.generation for found in executions] == [1, 2, 1]
        savepoint = (await flow.service.execution(before.execution.id)).savepoint_id
        assert executions[0].restored_from == executions[1].restored_from == savepoint
        assert (await flow.service.job("copy")).generation == 1
        await flow.progressed("copy", watched.copy.rows)
        assert watched.copy.figures() == (watched.copy.rows, watched.copy.rows, watched.copy.rows - 1)


async def test_savepoint_that_fails_leaves_the_old_one_running(opened, watched):
    """An upgrade whose savepoint cannot be taken is given up: same execution, same attempt, exact output."""
    watched.save(watched.copy.but(interval=None, settings="checkpoint.timeout = 400"))
    async with opened(watched.directory, observing=0.2) as flow:
        await submitted(flow)
        await flow.until("copy", lambda job: job.execution.totals.rows_in > 0)
        (worker,) = await flow.running_workers("copy")
        os.kill(worker, signal.SIGSTOP)
        watched.save(watched.copy.but(fields="id = id, word = changed"))
        status = await reloaded(flow, "upgrade_failed")
        os.kill(worker, signal.SIGCONT)
        assert "savepoint failed" in status.message
        job = await flow.reach("copy", RUNNING)
        assert (job.attempt, job.generation) == (1, 1)
        await flow.service.stop("copy", StopRequest())
        await flow.reach("copy", STOPPED)
        assert watched.copy.assert_prefix() > 0
        await flow.service.restart("copy", RestartRequest())
        await flow.until("copy", lambda job: job.execution.totals.rows_in == watched.copy.rows)
        await flow.service.savepoint("copy", SavepointRequest())
        assert watched.copy.figures() == (watched.copy.rows, watched.copy.rows, watched.copy.rows - 1)


async def test_changes_during_an_upgrade_are_not_lost(opened, watched):
    """Saved again and again, the last version is what runs in the end, and every row is there once."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        for number in range(12):
            watched.save(watched.copy.but(fields=f"id = id, word = word{number}"))
            await asyncio.sleep(0.1)  # the rhythm of the saves; nothing is waited for
        last = watched.copy.text()

        async def current() -> str:
            job = await flow.service.job("copy")
            return (await flow.service.generation("copy", job.generation)).text

        async with flow.waiting():
            while last not in await current():
                await flow.a_moment()
        await flow.progressed("copy", watched.copy.rows)
        assert watched.copy.figures() == (watched.copy.rows, watched.copy.rows, watched.copy.rows - 1)
        assert len(await flow.service.generations("copy")) < 13


async def test_deleted_file_leaves_the_job_alone(opened, watched):
    """The job of a file that is gone runs on and says so; when the file comes back it is watched as before."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        before = await flow.service.job("copy")
        watched.path.unlink()
        await reloaded(flow, "orphaned")
        assert (await flow.service.job("copy")).execution.id == before.execution.id
        watched.save(watched.copy)
        await reloaded(flow, "synced")
        assert (await flow.service.job("copy")).execution.id == before.execution.id


async def test_finished_batch_job_runs_again_when_its_file_changes(opened, watched):
    """A batch job that is done runs again from the beginning when its file changed, not when it was only touched."""
    small = watched.copy.but(mode="BATCH", rows=20, rows_per_second=None)
    watched.save(small)
    async with opened(watched.directory, observing=0.2) as flow:
        await submitted(flow)
        await flow.reach("copy", FINISHED)
        first = await reloaded(flow, "synced")
        watched.save(small.but(name="copy", fields="id = id, word = again"))
        await reloaded(flow, "synced", first)
        await flow.until("copy", lambda job: job.generation == 2 and job.execution.state is FINISHED)
        assert small.figures() == (40, 20, 19)
        assert len(await flow.service.executions("copy")) == 2
    async with opened(watched.directory, observing=0.2) as flow:
        watched.save(watched.copy, note="touched")
        await flow.until("copy", lambda job: job.generation == 2)
        assert len(await flow.service.executions("copy")) == 2


async def test_stopped_job_is_not_started_by_its_file(opened, watched):
    """What a person stopped stays stopped; the changed file is what a restart runs."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        await flow.service.stop("copy", StopRequest())
        await flow.reach("copy", STOPPED)
        watched.save(watched.copy.but(fields="id = id, word = changed", rows_per_second=None))
        await flow.until("copy", lambda job: job.generation == 2)
        assert (await flow.service.job("copy")).execution.state is STOPPED
        await restarted(flow)
        await flow.progressed("copy", watched.copy.rows)
        assert watched.copy.figures() == (watched.copy.rows, watched.copy.rows, watched.copy.rows - 1)


async def test_job_submitted_by_hand_is_watched_too(opened, watched):
    """A job whose file lies in a watched directory follows it, under the name and with the variables it was submitted with."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        request = watched.copy.but(name="mine").request(name="mine", file=str(watched.path))
        await flow.service.submit(request)
        await flow.until("mine", lambda job: job.execution.state is RUNNING)
        watched.save(watched.copy.but(fields="id = id, word = changed"))
        for name in ("copy", "mine"):
            await flow.until(name, lambda job: job.generation == 2 and job.reload.outcome == "synced")


async def test_crash_looping_job_is_mended_by_its_file(opened, watched, directory):
    """A job that waits for its next attempt takes the corrected file at once, from its last checkpoint."""
    watched.save(watched.copy.but(settings="restart.attempts = 5, restart.delay = 600"))
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        (worker,) = await flow.running_workers("copy")
        os.kill(worker, signal.SIGKILL)
        await flow.reach("copy", ExecutionState.RESTARTING)
        watched.save(watched.copy.but(fields="id = id, word = changed", rows_per_second=None))
        await flow.until("copy", lambda job: job.generation == 2)
        await flow.progressed("copy", watched.copy.rows)
        assert watched.copy.figures() == (watched.copy.rows, watched.copy.rows, watched.copy.rows - 1)


async def test_included_file_counts_as_the_job_file(opened, watched):
    """A change in a file that the job includes is a change of the job."""
    fields = watched.directory / "fields.inc"
    fields.write_text("rename { id = id, word = label }\n")
    included = watched.copy.text().replace("{ id = id, word = label }", "= ${rename}")
    watched.save_text('include "fields.inc"\n' + included)
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        fields.write_text("rename { id = id, word = changed }\n")
        await flow.until("copy", lambda job: job.generation == 2 and job.reload.outcome == "synced")


async def test_renamed_job_keeps_its_identity(opened, watched):
    """The file is the job: another name in it renames the job, which goes on."""
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        before = await flow.service.job("copy")
        watched.save_text(watched.copy.text().replace('job.name = "copy"', 'job.name = "renamed"'))
        await flow.until(before.id, lambda job: job.name == "renamed" and job.reload.outcome == "synced")
        renamed = await flow.service.job("renamed")
        assert (renamed.id, renamed.generation, renamed.execution.job_name) == (before.id, 2, "renamed")
        assert renamed.execution.restored_from is not None


async def test_broken_neighbour_harms_nobody(opened, watched):
    """A file that is no job is reported as an event; the others run."""
    (watched.directory / "broken.conf").write_bytes(b"\xff\x00{")
    (watched.directory / "notes.txt").write_text("not a job file")
    async with opened(watched.directory, observing=0.2) as flow:
        await started(flow)
        async with flow.waiting():
            while not (found := await refused(flow)):
                await flow.a_moment()
        assert found[0].data["file"].endswith("broken.conf")
        assert [job.name for job in (await flow.service.jobs())[0]] == ["copy"]
