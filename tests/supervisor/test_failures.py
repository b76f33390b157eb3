"""What happens when workers fail, freeze or cannot start: restart strategies, deadlines, records."""

from __future__ import annotations

import asyncio
import os
import signal

import psutil
import pytest

from runner.model import CheckpointStatus
from runner.requests import RestartRequest, SavepointRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict

FINISHED, STOPPED, FAILED = ExecutionState.FINISHED, ExecutionState.STOPPED, ExecutionState.FAILED
RUNNING, RESTARTING = ExecutionState.RUNNING, ExecutionState.RESTARTING


async def kill_worker(flow, job_id: str, number: int = signal.SIGKILL) -> int:
    """Signal the first worker of the running job; its process id."""
    worker = (await flow.running_workers(job_id))[0]
    os.kill(worker, number)
    return worker


async def test_strategy_none_fails_at_the_first_loss(flow, copy):
    """No restart: FAILED with the cause, nothing staged; started again by hand it goes on from the last checkpoint."""
    copy = copy.but(settings='restart.strategy = "none"')
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await kill_worker(flow, job.id)
    execution = await flow.reach(job.id, FAILED)
    assert (execution.error.code, execution.attempt, execution.restarts) == ("worker-lost", 1, 0)
    assert "none" in execution.phase
    copy.assert_prefix()
    await flow.service.restart(job.id, RestartRequest())
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_fixed_delay_gives_up_after_its_attempts(flow, copy):
    """An execution that gets no further in any attempt has as many restarts as its strategy allows, then it is FAILED."""
    copy = copy.but(interval=None, settings="restart.attempts = 2, restart.delay = 0")
    job = await flow.service.submit(copy.request())
    for attempt in (1, 2, 3):
        await flow.until(job.id, lambda seen, attempt=attempt: seen.execution.attempt == attempt)
        await kill_worker(flow, job.id)
    execution = await flow.reach(job.id, FAILED)
    attempts = await flow.service.attempts(execution.id)
    assert [attempt.error.code for attempt in attempts] == ["worker-lost"] * 3
    assert execution.restarts == 2


async def test_delay_is_kept_and_can_be_cut_short(flow, copy):
    """Between two attempts the execution is RESTARTING with its error shown; a stop then does not wait for the delay."""
    copy = copy.but(settings="restart.attempts = 5, restart.delay = 600")
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await kill_worker(flow, job.id)
    resting = await flow.reach(job.id, RESTARTING)
    assert resting.error.code == "worker-lost"
    assert "600 s" in resting.phase
    await flow.service.stop(job.id, StopRequest())
    stopped = await flow.reach(job.id, STOPPED)
    assert stopped.savepoint_id is not None
    copy.assert_prefix()


async def test_cancel_while_resting(flow, copy):
    """An execution that waits for its next attempt can be canceled."""
    copy = copy.but(settings="restart.attempts = 5, restart.delay = 600")
    job = await flow.service.submit(copy.request())
    await kill_worker(flow, job.id)
    await flow.reach(job.id, RESTARTING)
    await flow.service.cancel(job.id)
    await flow.reach(job.id, ExecutionState.CANCELED)
    copy.assert_nothing_staged()


async def test_hopeless_failure_is_not_tried_again(flow, copy):
    """A row that does not fit the schema would fail the same way again: FAILED at once, with the place named."""
    copy.source.write_text("id,word\n1,a\nnot-a-number,b\n")
    job = await flow.service.submit(copy.request())
    execution = await flow.reach(job.id, FAILED)
    assert (execution.attempt, execution.restarts) == (1, 0)
    assert execution.phase == "not tried again: it would fail the same way"
    assert execution.error.code == "data"
    assert "line 3" in execution.error.position
    assert copy.figures() == (0, 0, -1)
    copy.assert_nothing_staged()
    lines = await flow.service.observation.log_lines(job.id, level="error")
    assert any(execution.error.message in line.message for line in lines)


async def test_start_failure_has_an_execution_and_an_attempt(flow, copy):
    """A job whose input is not there when it starts is recorded, execution, attempt and reason, and fails at once."""
    job = await flow.service.submit(copy.but(rows=1).request())
    await flow.reach(job.id, FINISHED)
    copy.but(rows=1).source.unlink()
    again = await flow.service.restart(job.id, RestartRequest(restore="none"))
    execution = await flow.reach(job.id, FAILED)
    assert execution.id == again.execution.id
    (only,) = await flow.service.attempts(execution.id)
    assert (only.error.code, only.error) == ("file-missing", execution.error)
    assert (only.cause, only.workers, only.rows_in) == ("the execution was started", 1, 0)
    assert "numbers-1.csv" in execution.error.message


async def test_input_that_goes_while_a_job_runs_is_missed_twice(flow, copy):
    """An input that is gone when the job goes on may come back, so that is tried once more; then the job fails and says so."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    copy.source.unlink()
    await kill_worker(flow, job.id)
    execution = await flow.reach(job.id, FAILED)
    *_, before, last = await flow.service.attempts(execution.id)
    assert (before.error.code, before.error) == ("file-missing", last.error)
    assert last.cause == f"attempt {before.number} failed: {before.error.message}"
    assert execution.error.message == f"failed twice at the same place: {last.error.message}"
    assert "flowdeck restart" in execution.error.hint


async def test_frozen_worker_is_killed(opened, copy):
    """A worker that says nothing for the heartbeat's limit is killed, and the job goes on without loss."""
    async with opened(heartbeat=1.5) as flow:
        job = await flow.service.submit(copy.request())
        await flow.progressed(job.id)
        worker = await kill_worker(flow, job.id, signal.SIGSTOP)
        execution = await flow.reach(job.id, FINISHED)
        assert not psutil.pid_exists(worker)
        first, _ = await flow.service.attempts(execution.id)
        assert first.error.code == "worker-silent"
        copy.assert_exact()


async def test_checkpoint_timeout_is_tolerated(flow, copy):
    """A checkpoint that takes too long is aborted and recorded with the reason; the job goes on and later ones succeed."""
    copy = copy.but(workers=2, files=2, rows_per_second=4_000, settings="checkpoint.timeout = 400")
    job = await flow.service.submit(copy.request())
    worker = (await flow.running_workers(job.id))[0]
    await flow.progressed(job.id)  # right after a commit: a worker frozen in the middle of one is another failure
    os.kill(worker, signal.SIGSTOP)

    def failed(found):
        return [checkpoint for checkpoint in found if checkpoint.status is CheckpointStatus.FAILED]

    await flow.until(job.id, lambda seen: seen.last_checkpoint is not None)
    async with flow.waiting():
        while not (lost := failed(await flow.service.checkpoints(job.id))):
            await flow.a_moment()
    os.kill(worker, signal.SIGCONT)
    (late,) = lost[0].late_workers
    assert f"worker {late} did not prepare it within 0.4 s" in lost[0].failure
    execution = await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    assert execution.restarts == 0
    assert execution.totals.rows_in == copy.rows


async def test_checkpoints_that_keep_failing_fail_the_attempt(opened, copy):
    """Three failed checkpoints in a row are too many: the attempt fails and the next one goes on, exactly."""
    # No clock: the worker is stopped while no checkpoint is in flight, not in the middle of a commit, which is another failure.
    copy = copy.but(interval=None, settings="checkpoint.timeout = 200, restart.attempts = 5, restart.delay = 0")
    async with opened(heartbeat=60) as flow:
        job = await flow.service.submit(copy.request())
        await kill_worker(flow, job.id, signal.SIGSTOP)
        wishes = [flow.service.savepoint(job.id, SavepointRequest()) for _ in range(3)]
        refusals = await asyncio.gather(*wishes, return_exceptions=True)
        assert all(isinstance(refusal, Conflict) for refusal in refusals)
        execution = await flow.reach(job.id, FINISHED)
        first, _ = await flow.service.attempts(execution.id)
        assert first.error.code == "checkpoints-failing"
        failures = [
            found.failure for found in await flow.service.checkpoints(job.id) if found.status is CheckpointStatus.FAILED
        ]
        assert failures == ["worker 0 did not prepare it within 0.2 s"] * 3
        copy.assert_exact()


async def test_failed_savepoint_leaves_the_job_running(flow, copy):
    """A savepoint that cannot be taken in time is refused with the reason; the job runs on and is exact."""
    copy = copy.but(interval=None, settings="checkpoint.timeout = 300")
    job = await flow.service.submit(copy.request())
    worker = await kill_worker(flow, job.id, signal.SIGSTOP)
    with pytest.raises(Conflict, match=r"did not prepare it within 0\.3 s"):
        await flow.service.savepoint(job.id, SavepointRequest())
    os.kill(worker, signal.SIGCONT)
    await flow.reach(job.id, RUNNING)
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_stop_escalates_when_no_savepoint_can_be_taken(opened, copy):
    """A stop whose savepoint times out is tried in one more attempt, which takes it where the last checkpoint left off."""
    copy = copy.but(settings="checkpoint.timeout = 300, restart.attempts = 5, restart.delay = 0")
    async with opened(heartbeat=60) as flow:
        job = await flow.service.submit(copy.request())
        await flow.progressed(job.id)
        await kill_worker(flow, job.id, signal.SIGSTOP)
        await flow.service.stop(job.id, StopRequest())
        execution = await flow.reach(job.id, STOPPED)
        assert execution.savepoint_id is not None
        first, second = await flow.service.attempts(execution.id)
        # Frozen while it committed the checkpoint before, it is that one that the stop waited for in vain.
        assert first.error.code in {"savepoint-failed", "commit-timeout"}
        assert second.outcome == "complete"
        copy.assert_prefix()


async def test_workers_that_never_get_ready_fail_the_attempt(opened, copy):
    """STARTING has a limit: an attempt whose workers do not get ready in time fails, and the execution with it in the end."""
    copy = copy.but(settings='restart.strategy = "none"')
    async with opened(starting=0.0) as flow:
        job = await flow.service.submit(copy.request())
        execution = await flow.reach(job.id, FAILED)
        assert execution.error.code == "start-timeout"
