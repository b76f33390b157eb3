"""A stop whose savepoint may take only so long: it comes about in time, or is given up and the job runs on."""

import asyncio
import os
import signal

import pytest

from runner.model import CheckpointStatus, DesiredState
from runner.requests import PauseRequest, SavepointRequest, StopRequest
from runner.states import ExecutionState
from runner.supervisor.actions import Asked
from runner.supervisor.commands import Command
from runner.supervisor.errors import Conflict
from spec.errors import UsageError

RUNNING, STOPPED = ExecutionState.RUNNING, ExecutionState.STOPPED
SLOW = {"interval": None, "rows": 60_000, "rows_per_second": 10_000}


async def events_of(flow, kind):
    """The messages of the events of a kind."""
    return [event.message for event in await flow.service.observation.events_since(0) if event.kind == kind]


async def test_a_savepoint_in_time_stops_the_job(flow, copy):
    """The answer comes when it has stopped, with the savepoint that it goes on from; the output is exact."""
    copy = copy.but(interval=None)
    job = await flow.service.submit(copy.request())
    await flow.running_workers(job.id)
    stopped = await flow.service.stop(job.id, StopRequest(timeout=60))
    assert (stopped.execution.state, stopped.desired_state) == (STOPPED, DesiredState.STOPPED)
    assert stopped.execution.savepoint_id == stopped.last_checkpoint.id
    assert await flow.service.stop(job.id, StopRequest(timeout=60)) == await flow.service.job(job.id)
    copy.assert_prefix()


async def test_a_savepoint_that_is_late_lets_the_job_run_on(opened, copy):
    """The worker does not get to its part: the stop is given up with the reason, again and again without an attempt that fails;
    then the job reads on with the same processes, and a stop without a time limit is as ever."""
    copy = copy.but(**SLOW, settings="checkpoint.tolerated_failures = 0, restart.attempts = 0")
    async with opened(heartbeat=60) as flow:
        job = await flow.service.submit(copy.request())
        (worker,) = await flow.running_workers(job.id)
        await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0)
        os.kill(worker, signal.SIGSTOP)
        actions = flow.service.actions
        for _ in range(2):
            request = StopRequest(timeout=0.2)
            started = await actions.begin(
                Command.STOP, job.id, lambda service, name, wanted=request: service.stop(name, wanted), Asked()
            )
            with pytest.raises(Conflict, match=r"not stopped: its savepoint failed: it was not complete within 0\.2 s"):
                await started.task
            assert "not complete within 0.2 s" in (await actions.operations.get(started.operation.id)).error.message
        seen = await flow.service.job(job.id)
        assert (seen.execution.state, seen.desired_state, seen.execution.attempt) == (RUNNING, DesiredState.RUNNING, 1)
        async with flow.waiting():
            while len(told := await events_of(flow, "stop.given-up")) < 2:
                await flow.a_moment()
        assert [message.partition(": ")[0] for message in told] == ["the stop is given up, the job runs on"] * 2
        failed = await flow.service.checkpoints(job.id)
        assert {found.status for found in failed} == {CheckpointStatus.FAILED}
        os.kill(worker, signal.SIGCONT)
        stopped = await flow.service.stop(job.id, StopRequest())
        assert stopped.execution.id == seen.execution.id
        assert (await flow.reach(job.id, STOPPED)).savepoint_id is not None
        copy.assert_prefix()


async def test_a_stop_that_waits_for_another_checkpoint_is_late_too(opened, copy):
    """Its time runs while a savepoint is under way, which goes on; a stop without a limit takes the place of one that has one;
    a paused job stays paused."""
    copy = copy.but(**SLOW)
    async with opened(heartbeat=60) as flow:
        job = await flow.service.submit(copy.request())
        (worker,) = await flow.running_workers(job.id)
        await flow.service.pause(job.id, PauseRequest())
        await flow.reach(job.id, ExecutionState.PAUSED)
        os.kill(worker, signal.SIGSTOP)
        saving = asyncio.create_task(flow.service.savepoint(job.id, SavepointRequest()))
        await flow.reach(job.id, ExecutionState.SAVEPOINTING)
        with pytest.raises(Conflict, match="not complete within"):
            await flow.service.stop(job.id, StopRequest(timeout=0.2))
        assert (await flow.service.job(job.id)).execution.state is ExecutionState.SAVEPOINTING
        limited = asyncio.create_task(flow.service.stop(job.id, StopRequest(timeout=120)))
        await asyncio.sleep(0)
        os.kill(worker, signal.SIGCONT)
        savepoint = await saving
        stopped = await limited
        assert stopped.execution.state is STOPPED
        assert stopped.execution.savepoint_id > savepoint.id
        copy.assert_prefix()


async def test_what_cannot_be_promised_is_refused_and_the_dry_run_says_so(opened, copy):
    """No time limit without a savepoint, nor once the stop is certain; and what is promised is told before."""
    copy = copy.but(**SLOW)
    async with opened(heartbeat=60) as flow:
        job = await flow.service.submit(copy.request())
        (worker,) = await flow.running_workers(job.id)
        with pytest.raises(UsageError, match="takes no timeout"):
            await flow.service.stop(job.id, StopRequest(savepoint=False, timeout=1))
        actions = flow.service.actions
        told = await actions.effects(Command.STOP, job.id, StopRequest(timeout=90))
        assert told.does == "takes a savepoint, then stops; runs on when the savepoint fails or takes longer than 90 s"
        assert "runs on" not in (await actions.effects(Command.STOP, job.id, StopRequest())).does
        os.kill(worker, signal.SIGSTOP)
        assert (await flow.service.stop(job.id, StopRequest())).execution.state is ExecutionState.STOPPING
        told = await actions.effects(Command.STOP, job.id, StopRequest(timeout=90))
        assert (told.allowed, told.hint) == (False, "`flowdeck stop copy --no-savepoint` stops it at once")
        with pytest.raises(Conflict) as refused:
            await flow.service.stop(job.id, StopRequest(timeout=90))
        assert refused.value.message == told.reason
        os.kill(worker, signal.SIGCONT)
        await flow.reach(job.id, STOPPED)


async def test_a_daemon_that_ends_gives_the_stop_up(opened, copy):
    """The next one runs the job on, and the operation is over."""
    copy = copy.but(**SLOW)
    async with opened(heartbeat=60, parking=0.1) as flow:
        job = await flow.service.submit(copy.request())
        (worker,) = await flow.running_workers(job.id)
        os.kill(worker, signal.SIGSTOP)
        call = flow.service.actions.begin(
            Command.STOP, job.id, lambda service, name: service.stop(name, StopRequest(timeout=600)), Asked()
        )
        operation = (await call).operation
        await flow.reach(job.id, ExecutionState.SAVEPOINTING)
    async with opened() as flow:
        async with flow.waiting():
            while (found := await flow.service.actions.operations.get(operation.id)).finished_at is None:
                await flow.a_moment()
        job = await flow.service.job(job.id)
        assert job.desired_state is DesiredState.RUNNING
        assert found.phase.endswith("the job runs on") or found.error is not None
        await flow.service.cancel(job.id)
        await flow.reach(job.id, ExecutionState.CANCELED)
