"""Checkpoints that do not come in time: recorded with the reason, tolerated as often as the job says, and nothing is lost."""

from __future__ import annotations

import os
import signal

from runner.model import CheckpointStatus
from runner.states import ExecutionState

FINISHED = ExecutionState.FINISHED
# After a commit there is time to freeze the worker: before the next checkpoint, and before the job has ended.
UNHURRIED = {"interval": 800, "rows_per_second": 4000}


async def test_a_late_checkpoint_fails_and_the_job_goes_on(flow, copy):
    """A worker is held up for longer than a checkpoint may take: the record names it and why, the attempt goes on, and the
    records of those that succeed tell times, sizes and who asked."""
    copy = copy.but(settings="checkpoint.timeout = 1000, checkpoint.tolerated_failures = 50", **UNHURRIED)
    job = await flow.service.submit(copy.request())
    (worker,) = await flow.running_workers(job.id)
    await flow.progressed(job.id)  # right after a commit: a worker frozen in the middle of one is another failure
    os.kill(worker, signal.SIGSTOP)

    async def failed():
        found = await flow.service.checkpoints(job.id, limit=1000)
        return [each for each in found if each.status is CheckpointStatus.FAILED]

    async with flow.waiting():
        while not await failed():
            await flow.a_moment()
    os.kill(worker, signal.SIGCONT)
    execution = await flow.reach(job.id, FINISHED)
    assert (execution.attempt, execution.restarts) == (1, 0)
    late = (await failed())[-1]
    assert late.late_workers == (0,)
    assert late.failure == "worker 0 did not prepare it within 1 s"
    assert late.duration >= 1
    done = [each for each in await flow.service.checkpoints(job.id) if each.status is CheckpointStatus.COMMITTED]
    assert done[0].requested_by == "the end of the input"
    for each in done:
        parts = (each.prepared_seconds, each.saved_seconds, each.committed_seconds)
        assert all(part > 0 for part in parts)
        assert 0 <= each.aligned_seconds + each.synced_seconds <= each.prepared_seconds
        assert each.prepared_seconds <= each.duration + 0.001  # two clocks
        assert (each.splits, each.bytes_in > 0, each.size > 0) == (1, True, True)
    copy.assert_exact()


async def test_one_failure_more_than_is_tolerated_ends_the_attempt(flow, copy):
    """With none tolerated the attempt ends at the first, says why, and the next one goes on from the last complete one."""
    copy = copy.but(settings=f"checkpoint.timeout = 1000, checkpoint.tolerated_failures = 0, {copy.settings}", **UNHURRIED)
    job = await flow.service.submit(copy.request())
    (worker,) = await flow.running_workers(job.id)
    await flow.progressed(job.id)  # right after a commit: a worker frozen in the middle of one is another failure
    os.kill(worker, signal.SIGSTOP)
    execution = await flow.reach(job.id, FINISHED)
    first, second = await flow.service.attempts(execution.id)
    assert first.error.code == "checkpoints-failing"
    assert "worker 0 did not prepare it" in first.error.message
    assert second.restored_from is not None
    copy.assert_exact()
