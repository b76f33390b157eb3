"""Whether an execution works: it starts, and then it runs for a while without a failure."""

from __future__ import annotations

import asyncio

from runner.states import ExecutionState
from runner.supervisor.control import ExecutionControl
from runner.supervisor.executions import Executions
from runner.supervisor.limits import Limits

_START_SLACK = 60.0


async def has_started(control: ExecutionControl, limits: Limits) -> bool:
    """Wait until its work has begun, or it has ended, or neither within the time that a start may take."""
    await _either(control.running, control.ended, limits.starting + _START_SLACK)
    return control.running.is_set()


async def observe(
    control: ExecutionControl,
    executions: Executions,
    limits: Limits,
    stable_after: float | None,
    *,
    until_proven: bool = False,
) -> bool:
    """Whether it is stable: it has run for ``stable_after`` seconds (None: as the limits say) and has read something, or there
    was nothing to read for twice as long; or it has finished. With ``until_proven`` durable rows are enough. Afterwards it may
    fail as any other.

    One that waits for its turn in its queue is not waited for.
    """
    patience = limits.observing if stable_after is None else stable_after
    try:
        if executions.queues.is_waiting(control.work.job_id):
            return False
        started = await has_started(control, limits)
        if started and until_proven:
            await _either(control.proven, control.ended, patience)
            return control.view().state is not ExecutionState.FAILED
        if not started or await _ends_within(control, patience):
            return control.view().state is ExecutionState.FINISHED
        if not _has_read(control) and await _ends_within(control, patience):
            return control.view().state is ExecutionState.FINISHED
        return True
    finally:
        control.harden()


def _has_read(control: ExecutionControl) -> bool:
    view = control.view()
    return control.proven.is_set() or (view.totals.rows_in_per_second or 0.0) > 0.0 or view.pause is not None


async def _ends_within(control: ExecutionControl, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await control.ended.wait()
    except TimeoutError:
        return control.ended.is_set()
    return True


async def _either(first: asyncio.Event, second: asyncio.Event, patience: float) -> None:
    """Wait until one of the two is set, at most so many seconds."""
    waits = {asyncio.ensure_future(first.wait()), asyncio.ensure_future(second.wait())}
    try:
        await asyncio.wait(waits, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
