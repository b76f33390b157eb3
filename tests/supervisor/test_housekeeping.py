"""The daemon forgets by itself what is old: executions with their logs, generations, deleted jobs."""

from __future__ import annotations

import os

from runner.requests import RestartRequest
from runner.states import ExecutionState

FINISHED = ExecutionState.FINISHED


async def test_old_executions_go_with_their_logs(opened, copy):
    """So many executions and generations of a job are kept as the limits say; the logs of the others go once they are old."""
    copy = copy.but(rows=10, interval=None)
    async with opened() as flow:
        job = await flow.service.submit(copy.request())
        await flow.reach(job.id, FINISHED)
        for fields in ("id = id, word = other", "id = id, word = third"):
            await flow.service.submit(copy.but(fields=fields).request())
            await flow.reach(job.id, FINISHED)
        newest, *older = await flow.service.executions(job.id)
        for execution in older:
            os.utime(flow.home.log_file(execution.id), (0, 0))
    limits = {"housekeeping": 0.05, "executions_retained": 1, "generations_retained": 1}
    async with opened(**limits) as flow:
        async with flow.waiting():
            while any(flow.home.log_file(execution.id).exists() for execution in older):
                await flow.a_moment()
        assert [found.id for found in await flow.service.executions(job.id)] == [newest.id]
        assert flow.home.log_file(newest.id).exists()
        assert {found.number for found in await flow.service.generations(job.id)} >= {3}
        assert (await flow.service.job(job.id)).execution.id == newest.id
        await flow.service.restart(job.id, RestartRequest())
        await flow.reach(job.id, FINISHED)


async def test_deleted_jobs_are_forgotten_after_a_while(opened, copy):
    """What a deleted job had is dropped, its log too, once it is old enough."""
    copy = copy.but(rows=10, interval=None)
    async with opened(housekeeping=0.05, deleted_retention=-60.0) as flow:
        job = await flow.service.submit(copy.request())
        execution = await flow.reach(job.id, FINISHED)
        os.utime(flow.home.log_file(execution.id), (0, 0))
        await flow.service.delete(job.id)
        async with flow.waiting():
            while flow.home.log_file(execution.id).exists():
                await flow.a_moment()
