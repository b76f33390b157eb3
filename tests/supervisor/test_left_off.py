"""Where a job goes on: never from a checkpoint whose output was replaced, or behind one whose output is there."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from runner.model import CheckpointKind, DesiredState
from runner.requests import RestartRequest, SavepointRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict

FINISHED, STOPPED, RUNNING = ExecutionState.FINISHED, ExecutionState.STOPPED, ExecutionState.RUNNING


async def test_restart_from_the_beginning_shows_nothing_more_first(flow, copy):
    """What the running execution has not made visible yet is dropped: rows that are read again are there once."""
    copy = copy.but(interval=None)
    job = await flow.service.submit(copy.request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 2000)
    await flow.service.restart(job.id, RestartRequest(restore="none"))
    former = await flow.service.execution(job.execution.id)
    assert (former.state, former.savepoint_id) == (STOPPED, None)
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_latest_does_not_reach_behind_a_fresh_start(flow, copy):
    """A fresh execution has emptied the target and ended without a checkpoint: to go on from an older one would lose what that
    one had written, so ``latest`` is refused; from the beginning it is exact."""
    copy = copy.but(settings='restart.strategy = "none"', save_mode="DROP_DATA")
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await flow.service.stop(job.id, StopRequest())
    await flow.reach(job.id, STOPPED)
    await flow.service.submit(copy.but(interval=None).request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0)
    await flow.service.stop(job.id, StopRequest(savepoint=False))
    await flow.reach(job.id, STOPPED)
    with pytest.raises(Conflict, match="began from the beginning"):
        await flow.service.restart(job.id, RestartRequest())
    assert copy.figures() == (0, 0, -1)
    await flow.service.restart(job.id, RestartRequest(restore="none"))
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_a_deleted_savepoint_is_still_where_the_job_goes_on(flow, copy):
    """The newest savepoint is no savepoint any more when it is deleted; the job goes on from it all the same, exactly."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await flow.service.stop(job.id, StopRequest())
    savepoint = (await flow.reach(job.id, STOPPED)).savepoint_id
    await flow.service.delete_savepoint(job.id, savepoint)
    assert await flow.service.savepoints() == []
    kept = (await flow.service.checkpoints(job.id))[0]
    assert (kept.id, kept.kind) == (savepoint, CheckpointKind.PERIODIC)
    again = await flow.service.restart(job.id, RestartRequest())
    assert again.execution.restored_from == savepoint
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_a_savepoint_deleted_while_the_job_runs_costs_nothing(flow, copy):
    """The newest savepoint of a running job is deleted, then its worker dies: what it made visible is not repeated."""
    copy = copy.but(interval=None)
    job = await flow.service.submit(copy.request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0)
    savepoint = await flow.service.savepoint(job.id, SavepointRequest())
    await flow.service.delete_savepoint(job.id, savepoint.id, force=True)
    (worker,) = await flow.running_workers(job.id)
    os.kill(worker, signal.SIGKILL)
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_a_stop_during_a_restart_is_for_good(flow, copy):
    """While a restart waits for the running execution to stop, a person stops the job: it is not started again."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    (worker,) = await flow.running_workers(job.id)
    os.kill(worker, signal.SIGSTOP)
    restart = asyncio.create_task(flow.service.restart(job.id, RestartRequest()))
    await flow.reach(job.id, ExecutionState.STOPPING)
    stopping = await flow.service.stop(job.id, StopRequest())
    assert stopping.desired_state is DesiredState.STOPPED
    os.kill(worker, signal.SIGCONT)
    with pytest.raises(Conflict, match="STOPPED"):
        await restart
    stopped = await flow.service.job(job.id)
    assert (stopped.execution.id, stopped.execution.state) == (job.execution.id, STOPPED)
    copy.assert_prefix()


async def test_restarts_that_the_shutdown_overtakes_say_so(opened, copy):
    """A restart that still waits when the daemon ends is refused, and the job goes on under the next one."""
    async with opened(grace=0.3, parking=0.3) as flow:
        job = await flow.service.submit(copy.request())
        await flow.progressed(job.id)
        (worker,) = await flow.running_workers(job.id)
        os.kill(worker, signal.SIGSTOP)
        restart = asyncio.create_task(flow.service.restart(job.id, RestartRequest()))
        await flow.reach(job.id, ExecutionState.STOPPING)
    with pytest.raises(Conflict, match="shutting down"):
        await restart
    async with opened() as flow:
        await flow.reach("copy", FINISHED, RUNNING, STOPPED)
        await flow.until("copy", lambda seen: seen.execution.state is FINISHED)
        copy.assert_exact()
