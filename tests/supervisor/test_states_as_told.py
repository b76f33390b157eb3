"""Whoever hears of a change by an event and asks at once is told the same: memory is never behind the event."""

from __future__ import annotations

from runner.requests import QueueRequest
from runner.states import ExecutionState


async def test_an_execution_is_in_the_state_that_is_told(flow, copy):
    """At every event of a state the execution's control says that state."""
    told = []

    def look(event):
        if event.kind == "execution.state" and (control := flow.service._executions.control(event.execution_id)):
            told.append((event.data["state"], str(control.view().state)))

    flow.service.observation._bus.watch(look)
    await flow.service.submit(copy.but(rows=10).request())
    await flow.reach("copy", ExecutionState.FINISHED)
    assert told
    assert [found for found in told if found[0] != found[1]] == []


async def test_a_queue_is_as_it_is_told(flow):
    """At the event of a limit, a pause, or their end the queue has them, or has them no more."""
    told = []

    def look(event):
        queue = flow.service._parts.queues.one("nightly")
        told.append((event.kind, queue.limit, queue.paused))

    flow.service.observation._bus.watch(look)
    await flow.service.limit_queue("nightly", QueueRequest(limit=2, paused=True))
    await flow.service.delete_queue("nightly")
    assert told == [("queue.limit", 2, True), ("queue.pause", 2, True), ("queue.deleted", None, False)]
