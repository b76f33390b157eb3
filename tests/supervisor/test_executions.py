"""Executions from end to end: real workers, real store, exact output whatever dies."""

from __future__ import annotations

import asyncio
import os
import signal

import psutil
import pytest

from runner.home import HomeLocked
from runner.model import CheckpointKind, CheckpointStatus, DesiredState
from runner.requests import RestartRequest, SavepointRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.supervisor import Supervisor

FINISHED, STOPPED, CANCELED, FAILED = (
    ExecutionState.FINISHED,
    ExecutionState.STOPPED,
    ExecutionState.CANCELED,
    ExecutionState.FAILED,
)
RUNNING = ExecutionState.RUNNING


async def test_batch_job_finishes_exactly(flow, copy):
    """A batch job ends FINISHED with a committed final checkpoint, one complete attempt, exact output and exact totals."""
    copy = copy.but(rows_per_second=None, workers=2)
    job = await flow.service.submit(copy.request())
    execution = await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    assert (execution.totals.rows_in, execution.totals.rows_out) == (copy.rows, copy.rows)
    assert execution.worker_pids == ()
    last = (await flow.service.job("copy")).last_checkpoint
    assert (last.kind, last.status, last.rows_in) == (CheckpointKind.FINAL, CheckpointStatus.COMMITTED, copy.rows)
    attempts = await flow.service.attempts(execution.id)
    assert [(attempt.number, attempt.outcome, attempt.error) for attempt in attempts] == [(1, "complete", None)]


async def test_killed_worker_costs_nothing(flow, copy):
    """SIGKILL of one of two workers: the attempt's record says so, the next one goes on from the last checkpoint, exactly."""
    copy = copy.but(workers=2, files=4)
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    os.kill((await flow.running_workers(job.id))[1], signal.SIGKILL)
    execution = await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    assert (execution.restarts, execution.error) == (1, None)
    assert execution.totals.rows_in == copy.rows
    first, second = await flow.service.attempts(execution.id)
    assert (first.outcome, first.error.code) == ("failed", "worker-lost")
    assert "killed by SIGKILL, perhaps by the kernel for want of memory; it last took" in first.error.message
    assert second.restored_from is not None
    assert second.restore_reason


async def test_killed_fork_server_is_replaced(flow, copy):
    """SIGKILL of the fork server takes its workers along; a new one is started and the job goes on, exactly."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    (worker,) = await flow.running_workers(job.id)
    os.kill(psutil.Process(worker).ppid(), signal.SIGKILL)
    execution = await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    assert execution.restarts == 1


async def test_stop_with_savepoint_and_restore_are_exact(flow, copy):
    """Stopped with a savepoint the output is an exact prefix; submitted again from it, the rest follows and is counted once."""
    job = await flow.service.submit(copy.request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 1000)
    stopping = await flow.service.stop("copy", StopRequest(description="for a test"))
    assert stopping.execution.state in {ExecutionState.STOPPING, STOPPED}
    assert stopping.desired_state is DesiredState.STOPPED
    execution = await flow.reach(job.id, STOPPED)
    rows = copy.assert_prefix()
    assert 0 < rows < copy.rows
    assert execution.totals.rows_in == execution.totals.rows_out == rows
    (savepoint,) = await flow.service.savepoints("copy")
    assert (savepoint.id, savepoint.description, savepoint.rows_in) == (execution.savepoint_id, "for a test", rows)
    again = await flow.service.submit(copy.request(restore="latest"))
    assert (again.id, again.generation, again.execution.restored_from) == (job.id, 1, savepoint.id)
    finished = await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    assert finished.totals.rows_in == copy.rows


async def test_stop_without_savepoint_leaves_nothing_staged(flow, copy):
    """Stopped without a savepoint: what was committed stays, nothing else; ``latest`` goes on from the last checkpoint."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await flow.service.stop(job.id, StopRequest(savepoint=False))
    execution = await flow.reach(job.id, STOPPED)
    assert execution.savepoint_id is None
    copy.assert_prefix()
    await flow.service.restart(job.id, RestartRequest())
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_cancel_ends_at_once_and_for_good(flow, copy):
    """Canceled: nothing staged, no worker; stop and cancel afterwards change nothing."""
    job = await flow.service.submit(copy.request())
    workers = await flow.running_workers(job.id)
    await flow.service.cancel(job.id)
    execution = await flow.reach(job.id, CANCELED)
    copy.assert_prefix()
    assert not any(map(psutil.pid_exists, workers))
    for again in (await flow.service.stop(job.id, StopRequest()), await flow.service.cancel(job.id)):
        assert again.execution == execution


async def test_stop_straight_after_submit_still_has_a_savepoint(flow, copy):
    """A stop that comes while the workers are starting waits for them, so that the job can always go on from it."""
    job = await flow.service.submit(copy.request())
    await flow.service.stop(job.id, StopRequest())
    execution = await flow.reach(job.id, STOPPED)
    assert execution.savepoint_id is not None
    await flow.service.restart(job.id, RestartRequest())
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_cancel_straight_after_submit(flow, copy):
    """A job that is only starting can be canceled."""
    job = await flow.service.submit(copy.request())
    await flow.service.cancel(job.id)
    await flow.reach(job.id, CANCELED)
    assert copy.figures() == (0, 0, -1)


async def test_worker_killed_while_stopping_still_gives_a_savepoint(flow, copy):
    """A stop whose worker dies is tried once more from the last checkpoint: STOPPED with a savepoint, exactly."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    (worker,) = await flow.running_workers(job.id)
    os.kill(worker, signal.SIGSTOP)
    await flow.service.stop(job.id, StopRequest())
    os.kill(worker, signal.SIGKILL)
    execution = await flow.reach(job.id, STOPPED)
    assert execution.savepoint_id is not None
    rows = copy.assert_prefix()
    assert execution.totals.rows_in == rows
    await flow.service.restart(job.id, RestartRequest())
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_cancel_overtakes_a_stop_that_hangs(opened, copy):
    """A stop that waits for a frozen worker can be turned into a cancel, which kills what does not obey."""
    async with opened(grace=0.3) as flow:
        job = await flow.service.submit(copy.request())
        (worker,) = await flow.running_workers(job.id)
        os.kill(worker, signal.SIGSTOP)
        await flow.service.stop(job.id, StopRequest())
        canceled = await flow.service.cancel(job.id)
        assert canceled.execution.state in {ExecutionState.CANCELING, CANCELED}
        await flow.reach(job.id, CANCELED)
        assert not psutil.pid_exists(worker)


@pytest.mark.parametrize("delay", [0.0, 0.2, 0.4])
async def test_stop_near_the_end_never_hangs(flow, copy, delay):
    """A stop that meets the end of the input ends STOPPED or FINISHED, and together with a restart the output is exact."""
    copy = copy.but(rows=5000, rows_per_second=10_000)
    job = await flow.service.submit(copy.request())
    await flow.until(job.id, lambda seen: seen.execution.state.is_terminal or seen.execution.totals.rows_in > 0)
    await asyncio.sleep(delay)  # the moment is what varies here; nothing is waited for
    await flow.service.stop(job.id, StopRequest())
    execution = await flow.reach(job.id, STOPPED, FINISHED)
    copy.assert_prefix()
    if execution.state is STOPPED:
        await flow.service.restart(job.id, RestartRequest())
        await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_savepoint_of_a_running_job(flow, copy):
    """A savepoint is taken while the job runs on; it can be restored later and deleted, but not while the job runs from it."""
    copy = copy.but(interval=None)
    job = await flow.service.submit(copy.request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0)
    first, second = await asyncio.gather(
        flow.service.savepoint(job.id, SavepointRequest(description="one")),
        flow.service.savepoint(job.id, SavepointRequest(description="two")),
    )
    assert first.id != second.id
    assert first.status is second.status is CheckpointStatus.COMMITTED
    await flow.reach(job.id, RUNNING, FINISHED)
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    assert [found.id for found in await flow.service.savepoints()] == sorted([first.id, second.id], reverse=True)
    await flow.service.delete_savepoint(job.id, first.id)
    assert [found.id for found in await flow.service.savepoints(job.id)] == [second.id]


async def test_streaming_job_keeps_running_when_its_input_is_read(flow, copy):
    """A stream whose input is drained runs on, takes checkpoints, and is stopped by hand."""
    copy = copy.but(mode="STREAMING", rows_per_second=None)
    job = await flow.service.submit(copy.request())
    seen = await flow.progressed(job.id, copy.rows)
    assert seen.execution.state is RUNNING
    assert copy.figures() == (copy.rows, copy.rows, copy.rows - 1)
    await flow.service.stop(job.id, StopRequest())
    await flow.reach(job.id, STOPPED)
    copy.assert_exact()


async def test_ids_grow_and_periodic_checkpoints_go_on_after_a_restore(flow, copy):
    """After a restore from a savepoint the next periodic checkpoint succeeds, and no number is used twice."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await flow.service.stop(job.id, StopRequest())
    savepoint = (await flow.reach(job.id, STOPPED)).savepoint_id
    await flow.service.restart(job.id, RestartRequest(restore=str(savepoint)))
    later = await flow.progressed(job.id)
    assert later.last_checkpoint.id > savepoint
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    numbers = [found.id for found in await flow.service.checkpoints(job.id)]
    assert numbers == sorted(set(numbers), reverse=True)


async def test_second_supervisor_is_refused(flow):
    """One home, one supervisor."""
    with pytest.raises(HomeLocked):
        async with Supervisor.open(flow.home):
            pytest.fail("two supervisors share a home")
