"""A request with a key goes on record with what is done for it: both, or neither."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from runner.home import Home
from runner.store.asynchronous import AsyncStore
from runner.store.idempotency import RecordedAnswer
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.journal import Journal
from runner.supervisor.keyed_request import KeyedRequest, KeyInUse, work_for
from runner.supervisor.repeats import Repeats

ANSWER = RecordedAnswer(status=201, headers=(), body=b"made")


@asynccontextmanager
async def opened(path):
    """A journal and its store."""
    home = Home(path / "home")
    home.create()
    store = await AsyncStore.open(home.store_path)
    try:
        yield Journal(store, EventBus(), ExecutionLog(home)), store
    finally:
        await store.close()


async def write_for(journal, request, work):
    """Write in a task of its own, which works for the request."""

    async def task():
        work_for(request)
        return await journal.write(work)

    return await asyncio.create_task(task())


def make(entry):
    """Change something that is seen, and make what is answered."""
    entry.note("made", "made")
    entry.made = "made"


async def known(journal, key="key"):
    """What is on record of the key, and which events."""
    repeated = await Repeats(journal).begin(KeyedRequest("me", key, "print"))
    return repeated, [event.kind for event in await journal.read(lambda store: store.events_since(0, 100))]


def keyed(key="key"):
    """A request whose answer can be made of what it makes."""
    return KeyedRequest("me", key, "print", encode=lambda made: RecordedAnswer(status=201, headers=(), body=made.encode()))


async def test_the_first_write_puts_the_key_on_record_with_its_answer(tmp_path):
    """Nothing more is to be written for the answer, and later writes for the request leave it as it is."""
    async with opened(tmp_path) as (journal, _):
        request = keyed()
        await write_for(journal, request, make)
        await write_for(journal, request, make)
        assert request.answer == ANSWER
        repeated, events = await known(journal)
        assert (repeated.fingerprint, repeated.answer, events) == ("print", ANSWER, ["made", "made"])


async def test_what_fails_leaves_no_key(tmp_path):
    """A write that is not stored is forgotten with its key, and done again it has both."""
    async with opened(tmp_path) as (journal, _):
        request = keyed()

        def fail(entry):
            make(entry)
            entry.store.append_event("half")
            raise LookupError

        with pytest.raises(LookupError):
            await write_for(journal, request, fail)
        assert (request.is_recorded, request.answer) == (False, None)
        await write_for(journal, request, make)
        assert (await known(journal))[0].answer == ANSWER


async def test_a_write_that_is_done_again_alone_has_its_key_once(tmp_path):
    """When another write spoils the transaction that they share, the key comes with the second try."""
    async with opened(tmp_path) as (journal, store):

        def spoil(opened):
            opened.append_event("spoilt")
            raise LookupError

        request = keyed()
        found = await asyncio.gather(
            store.write(lambda opened: opened.append_event("first")),
            write_for(journal, request, make),
            store.write(spoil),
            write_for(journal, keyed("other"), make),
            return_exceptions=True,
        )
        assert sum(isinstance(each, LookupError) for each in found) == 1
        assert request.answer == ANSWER
        for key in ("key", "other"):
            repeated, events = await known(journal, key)
            assert (repeated.answer, sorted(events)) == (ANSWER, ["first", "made", "made"])


async def test_of_two_requests_with_one_key_one_is_done(tmp_path):
    """Whoever comes second, without having been seen, is refused, and nothing of it is stored; nor is its answer."""
    async with opened(tmp_path) as (journal, _):
        first, second = keyed(), keyed()
        await write_for(journal, first, make)
        with pytest.raises(KeyInUse):
            await write_for(journal, second, make)
        await Repeats(journal).finish(second, RecordedAnswer(status=409, headers=(), body=b"refused"))
        repeated, events = await known(journal)
        assert (repeated.answer, events) == (ANSWER, ["made"])


async def test_what_was_not_begun_is_forgotten_without_a_trace(tmp_path):
    """A request that did nothing leaves its key free; one that did loses it."""
    async with opened(tmp_path) as (journal, _):
        repeats, begun = Repeats(journal), keyed()
        await repeats.forget(keyed())
        await write_for(journal, begun, make)
        assert repeats.may_know("me", "key")
        await repeats.forget(begun)
        assert not repeats.may_know("me", "key")
        assert (await known(journal))[0] is None
