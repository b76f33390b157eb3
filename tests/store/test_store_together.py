"""Writes that wait at the same time share a transaction, and nobody can tell but by the time that it takes."""

from __future__ import annotations

import asyncio
import collections
import importlib.util
import signal
import subprocess
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError

PROCESS = Path(__file__).with_name("store_process.py")
KILLS = 3
ACKNOWLEDGED = 150
_specification = importlib.util.spec_from_file_location("store_process", PROCESS)
store_process = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(store_process)


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """However slow the machine is, what waits together is done together."""
    monkeypatch.setattr("runner.store.together.SECONDS", 30.0)


@asynccontextmanager
async def all_waiting(store):
    """Keep the writer busy while the context is open: what is written in it waits."""
    release, begun = threading.Event(), threading.Event()

    def busy(_):
        begun.set()
        assert release.wait(60)

    slow = asyncio.create_task(store.write(busy))
    assert await asyncio.to_thread(begun.wait, 30)
    try:
        yield
        await asyncio.sleep(0)
    finally:
        release.set()
    await slow


async def written_together(store, works, **options):
    """What became of some writes that wait at the same time."""
    async with all_waiting(store):
        tasks = [asyncio.create_task(store.write(work, **options)) for work in works]
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def kinds(store):
    """The kinds of all events, in the order of their revisions."""
    return [event.kind for event in await store.read(lambda s: s.events_since(0, 10**6))]


def transaction_of(store):
    """Which transaction it is."""
    ((number,),) = store._session.rows("SELECT txid_current()")
    return number


def noting(kind):
    """A write of one event that says in which transaction it was."""

    def work(store):
        store.append_event(kind)
        return transaction_of(store)

    return work


async def test_what_waits_together_is_one_transaction_of_a_bounded_size(store, monkeypatch):
    """Not one each, and not one for all however many they are; in the order of the calls."""
    monkeypatch.setattr("runner.store.together.MOST", 4)
    found = await written_together(store, [noting(str(number)) for number in range(10)])
    sizes = collections.Counter(found)
    assert sorted(sizes.values()) == [3, 3, 4]  # three with the one that was busy
    assert found == sorted(found)
    assert await kinds(store) == [str(number) for number in range(10)]


async def test_a_transaction_that_took_long_enough_takes_no_more(store, monkeypatch):
    """Whoever came first is not held up by everybody who comes after."""
    monkeypatch.setattr("runner.store.together.SECONDS", 0.0)
    assert len(set(await written_together(store, [noting(str(number)) for number in range(4)]))) == 4


async def test_a_write_that_fails_halfway_leaves_the_others_as_they_are(store, make_job):
    """Each has its own error or its own answer; of those that fail nothing is stored, of the others everything, once."""

    def half(s):
        s.insert_job(make_job("half"))
        s.append_event("half")
        raise LookupError("mine")

    works = [lambda s: s.append_event("one").kind, half, lambda s: s.append_event("two").kind, half]
    first, second, third, fourth = await written_together(store, works)
    assert (first, third) == ("one", "two")
    assert [type(error) for error in (second, fourth)] == [LookupError, LookupError]
    assert await kinds(store) == ["one", "two"]
    assert await store.read(lambda s: s.job("half")) is None
    await store.write(lambda s: s.insert_job(make_job("half")))


async def test_a_write_that_fails_before_it_changed_anything_costs_the_others_nothing(store, make_job):
    """They stay together in their transaction."""
    await store.write(lambda s: s.insert_job(make_job("a")))

    def refused(s):
        s.insert_job(make_job("b", name="a"))

    first, error, last = await written_together(store, [noting("one"), refused, noting("two")])
    assert isinstance(error, StoreError)
    assert error.code == "name-taken"
    assert first == last
    assert await kinds(store) == ["one", "two"]


async def test_what_the_database_refuses_is_the_error_of_the_one_who_asked(store, make_job, make_execution):
    """A row that is found to be one too many only when all rows go in does not become somebody else's failure."""
    await store.write(lambda s: s.insert_job(make_job("a")))
    await store.write(lambda s: s.insert_execution(make_execution("e-1", "a")))

    def second_of_its_id(s):
        s.insert_job(make_job("b"))
        s.insert_execution(make_execution("e-1", "b"))

    first, error, last = await written_together(
        store, [lambda s: s.insert_job(make_job("c")), second_of_its_id, lambda s: s.insert_job(make_job("d"))]
    )
    assert (first, last) == (None, None)
    assert isinstance(error, StoreError)
    assert [job.id for job in (await store.read(lambda s: s.jobs()))[0]] == ["a", "c", "d"]
    assert (await store.read(lambda s: s.execution("e-1"))).job_id == "a"


async def test_later_writes_of_a_transaction_see_what_the_earlier_ones_did(store, make_job):
    """As they would if each had been committed before the next began: a name that is taken is taken."""
    works = [lambda s: s.insert_job(make_job("a", name="same")), lambda s: s.insert_job(make_job("b", name="same"))]
    first, second = await written_together(store, works)
    assert first is None
    assert second.code == "name-taken"
    found = await written_together(store, [lambda s: s.named_job("same").id, lambda s: s.delete_job("a"), lambda s: s.job("a")])
    assert found == ["a", None, None]


async def test_a_write_that_is_given_up_does_not_take_the_others_with_it(store):
    """Its statement ends and it is undone; the others are done all the same, in their order."""

    def endless(s):
        while True:
            s.append_event("again")

    async with all_waiting(store):
        before = asyncio.create_task(store.write(lambda s: s.append_event("before")))
        await asyncio.sleep(0)
        stuck = asyncio.create_task(store.write(endless, timeout=0.3))
        await asyncio.sleep(0)
        after = asyncio.create_task(store.write(lambda s: s.append_event("after")))
        await asyncio.sleep(0)
    found = await asyncio.gather(before, stuck, after, return_exceptions=True)
    assert found[1].code == "store-timeout"
    assert [event.kind for event in (found[0], found[2])] == ["before", "after"]
    assert await kinds(store) == ["before", "after"]


async def test_a_cancelled_caller_gives_up_the_answer_and_not_the_write(store):
    """Waiting or not, what was asked for is done as a whole, and whoever waits beside it has his answer."""
    async with all_waiting(store):
        gone = asyncio.create_task(store.write(lambda s: s.append_event("gone")))
        await asyncio.sleep(0)
        there = asyncio.create_task(store.write(lambda s: s.append_event("there")))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
    assert (await there).kind == "there"
    assert await kinds(store) == ["gone", "there"]


async def test_what_fails_after_a_commit_costs_the_others_nothing(store, caplog):
    """The writes are durable: none is done again, and what else is to follow does."""
    followed = []

    def work(name):
        def write(opened):
            opened.append_event(name)
            opened.when_committed(lambda: followed.append(1 // (name != "b") and name))

        return write

    assert await written_together(store, [work(name) for name in "abc"]) == [None] * 3
    assert [event.kind for event in await store.read(lambda s: s.events_since(0, 10))] == ["a", "b", "c"]
    assert followed == ["a", "c"]
    assert "ZeroDivisionError" in caplog.text


async def test_what_follows_a_commit_follows_in_the_order_of_the_writes(store):
    """And not at all for a write that failed."""
    told = []

    def telling(kind):
        def work(s):
            s.append_event(kind)
            s.when_committed(lambda: told.append(kind))
            if kind == "fails":
                raise LookupError(kind)

        return work

    await written_together(store, [telling(kind) for kind in ("one", "fails", "two", "three")])
    assert told == ["one", "two", "three"]


def crowd_and_kill(database):
    """Let many write at the same time and kill the process in the midst of it; the last that each has acknowledged."""
    process = subprocess.Popen([sys.executable, PROCESS, "crowd", database], stdout=subprocess.PIPE)
    lines = [process.stdout.readline() for _ in range(ACKNOWLEDGED)]
    process.send_signal(signal.SIGKILL)
    lines += process.stdout.read().splitlines(keepends=True)
    assert process.wait(60) == -signal.SIGKILL
    process.stdout.close()
    last = collections.Counter()
    for line in lines:
        if line.endswith(b"\n"):
            writer, number = map(int, line.split())
            last[writer] = number
    return last


@pytest.mark.parametrize("kill", range(KILLS))
async def test_a_kill_leaves_every_write_whole_or_not_at_all(database, kill):
    """Whatever was acknowledged is there; of each writer at most the one write that it waited for may be there besides."""
    acknowledged = crowd_and_kill(database)
    store = await AsyncStore.open(database)
    jobs, _ = await store.read(lambda s: s.jobs(limit=100_000))
    written = {event.job_id for event in await store.read(lambda s: s.events_since(0, 10**6))}
    begun = {key for (key,) in await store.read(lambda s: s._session.rows('SELECT "key" FROM "idempotency"'))}
    await store.close()
    assert {job.id for job in jobs} == written == begun
    for writer in range(store_process.CROWD):
        found = sorted(int(job.id.split("-")[1]) for job in jobs if job.id.startswith(f"{writer}-"))
        last = acknowledged[writer]
        expected = [number for number in range(1, last + 1) if number % store_process.FAILS_EVERY]
        assert found[: len(expected)] == expected
        assert found[len(expected) :] in ([], [last + 1], [last + 2])
