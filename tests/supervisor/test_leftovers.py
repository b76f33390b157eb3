"""What an execution leaves that ended early is removed for certain: at its end, or later, and its record says which."""

from __future__ import annotations

import asyncio
import os
import signal

import msgspec

from runner.model import Execution
from runner.requests import RestartRequest
from runner.states import ExecutionState

CANCELED, FAILED, FINISHED = ExecutionState.CANCELED, ExecutionState.FAILED, ExecutionState.FINISHED


async def cancel_in_the_middle(flow, request, *copies) -> Execution:
    """Cancel a job while its worker is writing files into all these targets that no checkpoint knows of."""
    job = await flow.service.submit(request)
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0 and all(map(staged, copies)))
    await flow.service.cancel(job.id)
    return await flow.reach(job.id, CANCELED)


async def settled(flow, execution: Execution) -> None:
    """Wait until the record of the execution says that nothing is left."""
    async with flow.waiting():
        while (await flow.service.execution(execution.id)).unsettled:
            await flow.a_moment()


def staged(copy) -> bool:
    """Whether something is staged in the target."""
    return (copy.target / ".flowdeck-staging").exists()


async def test_what_cannot_be_settled_is_told_and_done_by_the_next_daemon(opened, copy):
    """The settling is out of time: the execution says so and the staged file is there; the next daemon removes it unasked."""
    async with opened(settling=0.0, settling_again=0.05) as flow:
        canceled = await cancel_in_the_middle(flow, copy.but(interval=None, rows_per_second=2000).request(), copy)
        assert "more than 0 s" in canceled.unsettled
        assert "not removed yet" in canceled.phase
        assert staged(copy)
    async with opened() as flow:
        await settled(flow, canceled)
        copy.assert_nothing_staged()
        events = [
            event.execution_id for event in await flow.service.observation.events_since(0) if event.kind == "execution.settled"
        ]
        assert events == [canceled.id]


async def test_a_deleted_job_is_settled_too(opened, copy):
    """Deleting the job does not make the daemon forget what lies in its target."""
    async with opened(settling=0.0) as flow:
        canceled = await cancel_in_the_middle(flow, copy.but(interval=None, rows_per_second=2000).request(), copy)
        await flow.service.delete(canceled.job_id)
        assert staged(copy)
    async with opened() as flow:
        await settled(flow, canceled)
        copy.assert_nothing_staged()


async def test_the_next_execution_settles_its_predecessors(opened, copy):
    """The same generation recovers the same sinks: once it has begun, nothing is left of those before it."""
    async with opened(settling=0.0) as flow:
        canceled = await cancel_in_the_middle(flow, copy.but(interval=None, rows_per_second=6000).request(), copy)
        await flow.service.restart(canceled.job_id, RestartRequest(restore="none"))
        await flow.reach(canceled.job_id, FINISHED)
        copy.assert_exact()
        assert (await flow.service.execution(canceled.id)).unsettled == ""


async def test_a_sink_that_is_gone_is_settled_before_the_next_generation_begins(opened, copy):
    """The second sink of the first generation is not in the second one: what it had staged is removed all the same, while the
    second generation runs on undisturbed."""
    copy = copy.but(interval=None, rows_per_second=6000)
    other = copy.but(name="other")
    text = copy.text().replace("sink {", f"sink {{\n{_sink(other)}\n")
    async with opened(settling=0.0) as flow:
        canceled = await cancel_in_the_middle(flow, msgspec.structs.replace(copy.request(), text=text), copy, other)
        assert staged(other)
        await flow.service.submit(copy.request())
        await flow.until(canceled.job_id, lambda seen: seen.execution.totals.rows_in > 0)
        assert (await flow.service.execution(canceled.id)).unsettled
        assert staged(other)
    async with opened() as flow:
        await flow.reach(canceled.job_id, FINISHED)
        assert (await flow.service.execution(canceled.id)).unsettled == ""
        copy.assert_exact()
        other.assert_nothing_staged()


async def test_an_input_that_is_gone_keeps_nothing_staged(flow, copy):
    """The job fails because its input was removed; what it had staged is removed, though it could not be started again."""
    copy = copy.but(interval=None, rows_per_second=2000)
    job = await flow.service.submit(copy.request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0 and staged(copy))
    copy.source.unlink()
    os.kill((await flow.running_workers(job.id))[0], signal.SIGKILL)
    failed = await flow.reach(job.id, FAILED)
    assert "numbers" in failed.error.message
    assert failed.unsettled == ""
    copy.assert_nothing_staged()


async def test_settling_and_beginning_never_meet(opened, copy):
    """A daemon that has much to settle at its start, and is asked to run the job at once, does one after the other."""
    async with opened(settling=0.0) as flow:
        canceled = await cancel_in_the_middle(flow, copy.but(interval=None, rows_per_second=6000).request(), copy)
    async with opened(settling_again=0.01) as flow:
        await asyncio.gather(flow.service.restart(canceled.job_id, RestartRequest(restore="none")), settled(flow, canceled))
        await flow.reach(canceled.job_id, FINISHED)
        copy.assert_exact()


def _sink(copy) -> str:
    return f'LocalFile {{ plugin_input = "shaped", path = "{copy.target}", file_format_type = "parquet" }}'
