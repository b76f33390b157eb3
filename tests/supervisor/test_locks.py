"""Locks by key."""

from __future__ import annotations

import asyncio

from runner.supervisor.locks import Locks


async def test_one_lock_for_a_key_as_long_as_anybody_needs_it() -> None:
    """Whoever has it keeps others of the same key waiting, and nobody else; afterwards nothing is left of it."""
    locks: Locks[str] = Locks()
    order = []

    async def work(key: str, name: str) -> None:
        async with locks.of(key):
            order.append(f"{name} has it")
            await asyncio.sleep(0)
            order.append(f"{name} is done")

    async with locks.of("a"):
        tasks = [asyncio.create_task(work("a", name)) for name in ("first", "second")]
        await work("b", "other")
        assert locks.of("a").locked()
        assert len(locks) == 1
    await asyncio.gather(*tasks)
    assert order == ["other has it", "other is done", "first has it", "first is done", "second has it", "second is done"]
    del tasks
    assert not locks.of("a").locked()
    assert len(locks) == 0
