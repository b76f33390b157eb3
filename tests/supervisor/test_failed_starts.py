"""A start that fails before there is any process leaves an execution that says why, and where the job left off."""

from __future__ import annotations

import pytest

from runner.model import DesiredState
from runner.requests import RestartRequest, StartRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.errors import CheckpointDamaged

FAILED = ExecutionState.FAILED


async def test_a_start_that_cannot_begin_is_on_record(opened, copy):
    """By hand and by the next daemon; what was saved before is still where it was, and a start from the beginning works."""
    async with opened() as flow:
        job = await flow.service.submit(copy.request())
        await flow.progressed(job.id)
        await flow.service.stop(job.id, StopRequest())
        stopped = await flow.reach(job.id, ExecutionState.STOPPED)
        damage = 'UPDATE "checkpoints" SET "state" = ?'
        await flow.service._journal.write(lambda entry: entry.store._session.change(damage, b"other"))
        with pytest.raises(CheckpointDamaged):
            await flow.service.start(job.id, StartRequest())
        failed = (await flow.service.job(job.id)).execution
        assert (failed.state, failed.attempt, failed.restored_from) == (FAILED, 0, stopped.savepoint_id)
        assert failed.error.code == "checkpoint-corrupt"
        other = copy.but(name="other")
        again = await flow.service.submit(other.request())
        await flow.progressed(again.id)
        await flow.service.stop(again.id, StopRequest())
        await flow.reach(again.id, ExecutionState.STOPPED)
        # As after a daemon that died in the middle of a restart.
        await flow.service._lifecycle.set_desired(again.id, DesiredState.RUNNING)
        await flow.service._journal.write(lambda entry: entry.store._session.change(damage, b"other"))
    async with opened() as flow:
        newest, before = await flow.service.executions(again.id)
        assert (newest.state, newest.error.code, before.state) == (FAILED, "checkpoint-corrupt", ExecutionState.STOPPED)
        assert newest.restored_from == before.savepoint_id
        await flow.service.restart(again.id, RestartRequest(restore="none"))
        await flow.reach(again.id, ExecutionState.FINISHED)
