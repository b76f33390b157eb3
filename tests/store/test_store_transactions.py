"""What AsyncStore promises about transactions: all or nothing, in order, on a snapshot, bounded, durable."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.store.metrics import MetricSample


async def kinds(store):
    """The kinds of all events, in the order of their revisions."""
    return [event.kind for event in await store.read(lambda s: s.events_since(0, 10**6))]


async def test_an_exception_undoes_the_whole_transaction(store, make_job):
    """Nothing of a failed piece of work is stored, and its own exception arrives unchanged."""
    error = LookupError("mine")

    def work(s):
        s.insert_job(make_job())
        s.append_event("half")
        raise error

    with pytest.raises(LookupError) as caught:
        await store.write(work)
    assert caught.value is error
    assert await store.read(lambda s: (s.job("job-1"), s.events_since(0))) == (None, [])


async def test_a_refused_statement_undoes_the_whole_transaction(store, make_job, make_execution):
    """An error of the store itself rolls back too, and the next write works."""

    def work(s):
        s.insert_job(make_job())
        s.insert_execution(make_execution())
        s.insert_execution(make_execution())

    with pytest.raises(StoreError):
        await store.write(work)
    assert await store.read(lambda s: (s.job("job-1"), s.execution("e-1"))) == (None, None)
    await store.write(lambda s: s.insert_job(make_job()))


async def test_a_swallowed_refusal_does_not_half_commit(store, make_job):
    """Work that catches the store's refusal goes on and commits what it did besides."""

    def work(s):
        s.insert_job(make_job("a", name="same"))
        with pytest.raises(StoreError):
            s.insert_job(make_job("b", name="same"))
        s.append_event("after")

    await store.write(work)
    assert await kinds(store) == ["after"]
    assert [job.id for job in (await store.read(lambda s: s.jobs()))[0]] == ["a"]


async def test_writes_happen_in_the_order_of_their_calls(store):
    """However many are called at once, they are carried out one after the other in call order."""
    names = [str(number) for number in range(300)]
    await asyncio.gather(*(store.write(lambda s, name=name: s.append_event(name)) for name in names))
    assert await kinds(store) == names


async def test_more_writes_than_places_keep_their_order(store, monkeypatch):
    """A caller beyond the bound waits for its turn."""
    store._write_places = asyncio.Semaphore(3)
    names = [str(number) for number in range(50)]
    await asyncio.gather(*(store.write(lambda s, name=name: s.append_event(name)) for name in names))
    assert await kinds(store) == names


async def test_a_transaction_sees_its_own_writes(store, make_job):
    """Reading inside a write gives what was just written."""

    def work(s):
        s.insert_job(make_job())
        return s.job("job-1"), s.append_event("a").revision, s.append_event("b").revision

    assert await store.write(work) == (make_job(), 1, 2)


async def test_a_read_cannot_write(store, make_job):
    """Reader threads hold read-only transactions."""
    with pytest.raises(StoreError):
        await store.read(lambda s: s.insert_job(make_job()))
    assert await store.read(lambda s: s.job("job-1")) is None


async def test_readers_never_see_half_a_transaction(store, make_job, make_execution):
    """While a writer moves two records together, no reader ever sees one moved and the other not."""

    def prepare(s):
        s.insert_job(make_job())
        s.insert_execution(make_execution("left", attempt=0))
        s.insert_execution(make_execution("right", attempt=0))

    await store.write(prepare)
    finished = asyncio.Event()
    seen = set()

    async def read_on():
        while not finished.is_set():
            left, right = await store.read(lambda s: (s.execution("left").attempt, s.execution("right").attempt))
            assert left == right
            seen.add(left)

    readers = [asyncio.create_task(read_on()) for _ in range(4)]
    for number in range(1, 101):

        def move(s, number=number):
            s.update_execution(make_execution("left", attempt=number))
            s.update_execution(make_execution("right", attempt=number))

        await store.write(move)
    finished.set()
    await asyncio.gather(*readers)
    assert len(seen) > 1


async def test_a_failing_read_does_not_disturb_the_writer(store):
    """Readers and the writer share nothing that a failure could spoil: samples find their series all along."""

    async def fail_often():
        for _ in range(200):
            with pytest.raises(LookupError):
                await store.read(lambda s: {}["nothing"])

    async def append():
        for number in range(200):
            await store.write(
                lambda s, n=number: s.append_metrics([MetricSample(1000.0 + n, "e", f"p{n % 5}", "lag_rows", 1.0)])
            )

    await asyncio.gather(fail_often(), append())
    assert len(await store.read(lambda s: s.metric_series(["e"], None, 999, 2000, 1))) == 5


async def test_the_event_loop_goes_on_while_the_store_works(store):
    """A piece of work that takes its time in the writer thread does not hold up the loop."""
    release = threading.Event()
    slow = asyncio.create_task(store.write(lambda s: release.wait(60)))
    ticks = 0
    while ticks < 20:
        await asyncio.sleep(0.001)
        ticks += 1
    assert not slow.done()
    release.set()
    assert await slow is True


async def test_a_write_that_waits_too_long_is_given_up_and_not_stored(store):
    """A call that timed out before its turn is never carried out."""
    release = threading.Event()
    slow = asyncio.create_task(store.write(lambda s: release.wait(60)))
    await asyncio.sleep(0)
    with pytest.raises(StoreError) as caught:
        await store.write(lambda s: s.append_event("late"), timeout=0.05)
    assert caught.value.code == "store-timeout"
    release.set()
    await slow
    await store.write(lambda s: s.append_event("next"))
    assert await kinds(store) == ["next"]


async def test_work_that_takes_too_long_is_ended(store):
    """A timeout ends work between its statements, undoes it, and leaves the store usable."""

    def endless(s):
        while True:
            s.append_event("again")

    with pytest.raises(StoreError) as caught:
        await store.write(endless, timeout=0.1)
    assert caught.value.code == "store-timeout"
    assert await kinds(store) == []


async def test_a_cancelled_caller_does_not_leave_half_a_write(store):
    """The write of a cancelled task is done as a whole."""
    release = threading.Event()

    def work(s):
        s.append_event("one")
        release.wait(60)
        s.append_event("two")

    task = asyncio.create_task(store.write(work))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    await store.write(lambda s: s.append_event("three"))
    assert await kinds(store) == ["one", "two", "three"]


async def test_closing_lets_running_work_end_and_refuses_later_calls(database):
    """Close loses nothing that was called before it; afterwards a clear error says so. Closing twice is harmless."""
    opened = await AsyncStore.open(database)
    tasks = [asyncio.create_task(opened.write(lambda s, n=n: s.append_event(str(n)))) for n in range(50)]
    await asyncio.sleep(0)
    await opened.close()
    await asyncio.gather(*tasks)
    with pytest.raises(StoreError) as caught:
        await opened.read(lambda s: s.jobs())
    assert caught.value.code == "store-closed"
    await opened.close()
    again = await AsyncStore.open(database)
    assert len(await kinds(again)) == 50
    await again.close()


async def test_closing_gives_up_what_does_not_end(database, monkeypatch):
    """A stuck call does not keep the daemon from ending: it is interrupted and undone."""
    monkeypatch.setattr("runner.store.asynchronous.CALL_TIMEOUT", 0.1)
    opened = await AsyncStore.open(database)

    def endless(s):
        while True:
            s.append_event("again")

    task = asyncio.create_task(opened.write(endless, timeout=60))
    await asyncio.sleep(0)
    await opened.close()
    with pytest.raises(StoreError) as caught:
        await task
    assert caught.value.code == "store-timeout"
    again = await AsyncStore.open(database)
    assert await kinds(again) == []
    await again.close()


async def test_a_caller_beyond_the_bound_does_not_wait_for_ever(store):
    """When all places are taken, a call ends with a timeout too."""
    store._write_places = asyncio.Semaphore(1)
    release = threading.Event()
    slow = asyncio.create_task(store.write(lambda s: release.wait(60)))
    await asyncio.sleep(0)
    with pytest.raises(StoreError) as caught:
        await store.write(lambda s: s.append_event("late"), timeout=0.05)
    assert caught.value.code == "store-timeout"
    release.set()
    await slow
    assert await kinds(store) == []


async def test_no_thread_is_left_after_closing(database):
    """An embedded runner may open and close many stores."""
    before = {thread.name for thread in threading.enumerate()}
    opened = await AsyncStore.open(database)
    await opened.read(lambda s: s.jobs())
    await opened.close()
    await asyncio.get_running_loop().shutdown_default_executor()
    left = {thread.name for thread in threading.enumerate()} - before
    assert not {name for name in left if name.startswith("store-")}


async def test_the_home_and_the_database_are_private(database):
    """Job files may hold credentials: nobody else may read what the store keeps."""
    opened = await AsyncStore.open(database)
    await opened.write(lambda s: s.append_event("x"))
    files = [database, database.with_name(database.name + ".wal")]
    assert [path.stat().st_mode & 0o077 for path in (database.parent, *files)] == [0, 0, 0]
    await opened.close()


def test_the_records_come_without_duckdb():
    """Who only handles records or errors does not pay for the database engine."""
    code = (
        "import runner.model, runner.states, runner.store.errors, sys; print('duckdb' in sys.modules, 'pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "False"]


async def test_a_write_is_durable_when_it_returns(store, database):
    """The log on the disk has grown when the answer comes."""
    log = database.with_name(database.name + ".wal")
    before = log.stat().st_size if log.exists() else 0
    await store.write(lambda s: s.append_event("x", message="y" * 1000))
    assert log.stat().st_size > before + 1000
