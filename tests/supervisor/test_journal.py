"""Events reach whoever listens in the order of their revisions, and all of them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from runner.home import Home
from runner.model import Event
from runner.store.asynchronous import AsyncStore
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.journal import Entry, Journal


class SlowLog(ExecutionLog):
    """On a disk that takes its time over what is said of an execution."""

    def append(self, events: Sequence[Event]) -> None:
        """Late."""
        if any(event.execution_id for event in events):
            time.sleep(0.005)
        super().append(events)


@pytest.fixture
def bus() -> EventBus:
    """Whoever listens, listens here."""
    return EventBus()


@pytest.fixture
async def journal(tmp_path: Path, bus: EventBus) -> AsyncIterator[Journal]:
    """A store of its own."""
    home = Home(tmp_path)
    home.create()
    store = await AsyncStore.open(home.store_path)
    yield Journal(store, bus, SlowLog(home))
    await store.close()


async def test_events_come_in_order(journal: Journal, bus: EventBus) -> None:
    """Though many write at once, some of them into logs too, nobody is told of a later event first."""
    written = 30
    with bus.subscribe() as listener:
        notes = [_note(f"execution{number % 3}" if number % 2 else None) for number in range(written)]
        await asyncio.gather(*(journal.write(note) for note in notes))
        assert [(await anext(listener)).revision for _ in range(written)] == list(range(1, written + 1))


async def test_nobody_needs_to_wait_for_a_write_to_be_told_of(journal: Journal, bus: EventBus) -> None:
    """Whoever caused an event may be gone before it is durable: it is published all the same."""
    begun, go_on = threading.Event(), threading.Event()

    def work(entry: Entry) -> None:
        begun.set()
        assert go_on.wait(60)
        entry.note("test", "written")

    with bus.subscribe() as listener:
        writing = asyncio.create_task(journal.write(work))
        assert await asyncio.to_thread(begun.wait, 10)
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        go_on.set()
        async with asyncio.timeout(60):
            assert (await anext(listener)).message == "written"


def _note(execution_id: str | None) -> Callable[[Entry], None]:
    return lambda entry: entry.note("test", "something", execution_id=execution_id)


async def test_what_follows_from_a_write_is_so_before_it_is_told(journal: Journal, bus: EventBus) -> None:
    """Whoever hears of it finds it, also when whoever wrote it is gone; of a write that fails nothing follows."""
    begun, go_on = threading.Event(), threading.Event()
    followed: list[str] = []
    found: list[list[str]] = []
    bus.watch(lambda _: found.append(list(followed)))

    def work(entry: Entry) -> str:
        begun.set()
        assert go_on.wait(60)
        entry.note("test", "written")
        return "written"

    def fail(entry: Entry) -> str:
        entry.note("test", "not written")
        raise LookupError

    with bus.subscribe() as listener:
        writing = asyncio.create_task(journal.write(work, followed.append))
        assert await asyncio.to_thread(begun.wait, 10)
        writing.cancel()
        go_on.set()
        with pytest.raises(LookupError):
            await journal.write(fail, followed.append)
        async with asyncio.timeout(60):
            await anext(listener)
    assert (followed, found) == (["written"], [["written"]])
