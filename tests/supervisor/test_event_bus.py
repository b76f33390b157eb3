"""Events to listeners: in order, bounded, and honest about what was missed."""

from __future__ import annotations

import asyncio

from runner.model import Event
from runner.supervisor.event_bus import CAPACITY, LAGGED, EventBus


def event(revision: int) -> Event:
    """An event of this revision."""
    return Event(revision=revision, at=float(revision), kind="test")


async def test_a_slow_listener_is_told_what_it_missed():
    """When too many wait they are replaced by one that says so and bears the last revision; others miss nothing."""
    bus = EventBus()
    with bus.subscribe() as slow, bus.subscribe() as quick:
        seen = []
        for revision in range(1, CAPACITY + 3):
            bus.publish(event(revision))
            seen.append((await anext(quick)).revision)
        assert seen == list(range(1, CAPACITY + 3))
        lagged, following = await anext(slow), await anext(slow)
    assert (lagged.kind, lagged.revision, lagged.data) == (LAGGED, CAPACITY + 1, {"missed": CAPACITY + 1})
    assert following.revision == CAPACITY + 2


async def test_closing_ends_the_iteration():
    """A listener that waits is woken by the end of its subscription and by that of the bus; what had arrived comes first."""
    bus = EventBus()
    subscription = bus.subscribe()
    bus.publish(event(1))

    async def listen():
        return [found.revision async for found in subscription]

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    bus.close()
    async with asyncio.timeout(60):
        assert await listening == [1]
    assert [found async for found in bus.subscribe()] == []
