"""Pause and resume with real workers: nothing is read while paused, everything else goes on, and nothing is lost."""

import asyncio
import os
import signal

import pytest

from runner.model import CheckpointKind
from runner.requests import PauseRequest, QueueRequest, RestartRequest, SavepointRequest, StopRequest, WorkersRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict

RUNNING, PAUSED, FINISHED = ExecutionState.RUNNING, ExecutionState.PAUSED, ExecutionState.FINISHED
WHY = PauseRequest(reason="the target is full")


async def quiet(flow, reference: str) -> int:
    """The rows read once a paused job has stopped to count: no more come over two committed checkpoints."""
    async with flow.waiting():
        while True:
            before = await flow.service.job(reference)
            last = before.last_checkpoint.id if before.last_checkpoint else 0
            after = await flow.until(
                reference,
                lambda job, last=last: job.last_checkpoint is not None and job.last_checkpoint.id >= last + 2,
            )
            if after.execution.totals.rows_in == before.execution.totals.rows_in:
                return after.execution.totals.rows_in


async def test_a_pause_reads_nothing_and_a_resume_goes_on(flow, copy):
    """PAUSED with reason and time, rates of zero, checkpoints and savepoints as ever; then RUNNING in the same attempt."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    paused = (await flow.service.pause(job.id, WHY)).execution
    assert (paused.state, paused.phase, paused.pause.reason) == (PAUSED, WHY.reason, WHY.reason)
    assert (await flow.service.pause(job.id, PauseRequest(reason="another"))).execution.pause == paused.pause
    rows = await quiet(flow, job.id)
    totals = (await flow.service.job(job.id)).execution.totals
    assert (totals.rows_in_per_second, totals.rows_out_per_second) == (0.0, 0.0)
    savepoint = await flow.service.savepoint(job.id, SavepointRequest())
    assert (savepoint.kind, savepoint.rows_in) == (CheckpointKind.SAVEPOINT, rows)
    assert (await flow.reach(job.id, PAUSED)).totals.rows_in == rows < copy.rows
    assert copy.figures() == (rows, rows, rows - 1)
    resumed = (await flow.service.resume(job.id)).execution
    assert (resumed.state, resumed.pause, resumed.worker_pids) == (RUNNING, None, paused.worker_pids)
    assert (await flow.service.resume(job.id)).execution.state is RUNNING
    assert (await flow.reach(job.id, FINISHED)).attempt == 1
    copy.assert_exact()


async def test_a_pause_survives_a_failed_attempt_and_the_daemon(opened, copy):
    """A killed worker is replaced by one that reads nothing; the next daemon's does not either, until somebody resumes."""
    async with opened() as flow:
        job = await flow.service.submit(copy.request())
        await flow.progressed(job.id)
        await flow.service.pause(job.id, WHY)
        rows = await quiet(flow, job.id)
        os.kill((await flow.service.job(job.id)).execution.worker_pids[0], signal.SIGKILL)
        again = await flow.until(job.id, lambda seen: seen.execution.attempt == 2 and seen.execution.state is PAUSED)
        assert again.execution.totals.rows_in == rows
    async with opened() as flow:
        back = await flow.until(job.id, lambda seen: seen.execution.attempt == 3 and seen.execution.state is PAUSED)
        assert (back.execution.pause.reason, back.execution.restarts) == (WHY.reason, again.execution.restarts)
        assert await quiet(flow, job.id) == rows
        await flow.service.resume(job.id)
        await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_what_comes_before_the_work_is_paused_when_it_would_read(flow, copy):
    """A job that waits in a queue takes the pause along; it starts PAUSED, and no row is read before the resume."""
    await flow.service.limit_queue("default", QueueRequest(limit=0))
    job = await flow.service.submit(copy.request())
    await flow.reach(job.id, ExecutionState.QUEUED)
    assert (await flow.service.pause(job.id, WHY)).execution.state is ExecutionState.QUEUED
    with pytest.raises(Conflict, match="QUEUED: it has no workers yet"):
        await flow.service.scale(job.id, WorkersRequest(total=2))
    await flow.service.limit_queue("default", QueueRequest(limit=1))
    await flow.reach(job.id, PAUSED)
    assert await quiet(flow, job.id) == 0
    await flow.service.resume(job.id)
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_a_pause_during_a_savepoint_holds_after_it(flow, copy):
    """While a savepoint waits for a worker the state stays SAVEPOINTING; when it is there the job is PAUSED."""
    copy = copy.but(interval=None)
    job = await flow.service.submit(copy.request())
    (worker,) = await flow.running_workers(job.id)
    os.kill(worker, signal.SIGSTOP)
    savepoint = asyncio.create_task(flow.service.savepoint(job.id, SavepointRequest()))
    await flow.reach(job.id, ExecutionState.SAVEPOINTING)
    assert (await flow.service.pause(job.id, WHY)).execution.state is ExecutionState.SAVEPOINTING
    os.kill(worker, signal.SIGCONT)
    await savepoint
    paused = await flow.reach(job.id, PAUSED)
    assert paused.pause.reason == WHY.reason
    await flow.service.cancel(job.id)
    await flow.reach(job.id, ExecutionState.CANCELED)


@pytest.mark.parametrize("how", ["savepoint", "cancel", "restart"])
async def test_a_paused_job_ends_and_starts_as_any_other(flow, copy, how):
    """Stop with a savepoint, cancel and restart need no resume; what a restart starts reads."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await flow.service.pause(job.id, PauseRequest())
    if how == "restart":
        await flow.service.restart(job.id, RestartRequest())
        assert (await flow.reach(job.id, FINISHED)).pause is None
        copy.assert_exact()
        with pytest.raises(Conflict, match="FINISHED"):
            await flow.service.pause(job.id, PauseRequest())
        return
    if how == "cancel":
        await flow.service.cancel(job.id)
        await flow.reach(job.id, ExecutionState.CANCELED)
    else:
        await flow.service.stop(job.id, StopRequest())
        stopped = await flow.reach(job.id, ExecutionState.STOPPED)
        assert stopped.savepoint_id is not None
        assert stopped.totals.rows_in == copy.assert_prefix()
    copy.assert_prefix()


async def test_a_reload_of_a_paused_job_does_not_resume_it(opened, copy):
    """Another generation goes on from the savepoint of the paused one, PAUSED too, with the workers that were asked for; one
    that differs in settings of the supervisor is taken in place."""
    path = copy.directory / "copy.conf"
    path.write_text(copy.text())
    async with opened(path.parent) as flow:
        async with flow.waiting():
            while not (await flow.service.jobs())[0]:
                await flow.a_moment()
        await flow.progressed("copy")
        await flow.service.pause("copy", WHY)
        await flow.service.scale("copy", WorkersRequest(total=2))
        path.write_text(copy.but(interval=110).text())
        adopted = await flow.until("copy", lambda job: job.generation == 2)
        assert (adopted.execution.state, adopted.execution.generation, adopted.execution.attempt) == (PAUSED, 2, 1)
        path.write_text(copy.but(interval=110, rows_per_second=13_000).text())
        again = await flow.until("copy", lambda job: job.execution.generation == 3 and job.execution.state is PAUSED)
        assert (again.execution.pause.reason, again.execution.workers_asked) == (WHY.reason, 2)
        await flow.until("copy", lambda job: job.reload.outcome == "synced")
        await flow.service.resume("copy")
        await flow.reach("copy", FINISHED)
    copy.assert_exact()


async def test_workers_come_and_go_while_paused(flow, copy):
    """One that joins a paused job reads nothing either; one that leaves gives its splits back; after the resume all is read."""
    copy = copy.but(files=6, workers=2)
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await flow.service.pause(job.id, PauseRequest())
    await quiet(flow, job.id)
    await flow.service.scale(job.id, WorkersRequest(total=3))
    await flow.until(job.id, lambda seen: len(seen.execution.worker_pids) == 3)
    await flow.service.scale(job.id, WorkersRequest(total=1))
    await flow.until(job.id, lambda seen: len(seen.execution.worker_pids) == 1)
    assert [str(worker.state) for worker in (await flow.service.observation.workers(job.id)).workers] == ["PAUSED"]
    await flow.service.resume(job.id)
    assert (await flow.reach(job.id, FINISHED)).attempt == 1
    copy.assert_exact()
