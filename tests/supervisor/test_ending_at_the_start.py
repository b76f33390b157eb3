"""Who stops a job at the moment in which an execution of it begins, or ends, stops the job: not only what is said of it."""

from __future__ import annotations

import pytest

from runner.model import DesiredState
from runner.requests import QueueRequest
from runner.states import ExecutionState
from runner.supervisor.wishes import CancelWish, StopWish

FINISHED = ExecutionState.FINISHED


@pytest.mark.parametrize(
    ("desired", "wish"), [(DesiredState.STOPPED, StopWish), (DesiredState.CANCELED, CancelWish)], ids=["stop", "cancel"]
)
async def test_what_begins_meanwhile_is_asked(flow, copy, desired, wish):
    """The job had run to its end when it was looked at, and runs again when the answer is recorded: that execution ends."""
    small = copy.but(rows=10)
    await flow.service.submit(small.request())
    await flow.reach("copy", FINISHED)
    seen = await flow.service.job("copy")
    await flow.service.limit_queue("default", QueueRequest(limit=0))
    running = (await flow.service.submit(small.request())).execution
    await flow.service._asking.end_any(seen, desired, wish)
    job = await flow.until("copy", lambda job: job.execution.state.is_terminal)
    assert (job.execution.id, str(job.execution.state), job.desired_state) == (running.id, desired, desired)


async def test_the_record_alone_is_refused_while_something_runs(flow, copy):
    """What a person wants of a job that has an execution is recorded by that one."""
    await flow.service.limit_queue("default", QueueRequest(limit=0))
    job = await flow.service.submit(copy.request())
    assert not await flow.service._lifecycle.set_desired(job.id, DesiredState.STOPPED)
    assert (await flow.service.job("copy")).desired_state is DesiredState.RUNNING
    await flow.service.cancel("copy")
    assert await flow.service._lifecycle.set_desired(job.id, DesiredState.STOPPED)
    assert (await flow.service.job("copy")).desired_state is DesiredState.STOPPED
