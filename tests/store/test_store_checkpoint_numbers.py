"""Numbers of checkpoints that are reserved ahead: given out without a transaction, and never twice."""

from __future__ import annotations

import pytest

from runner.model import CheckpointStatus
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError


class Refused(Exception):
    """The transaction is not to be."""


async def test_numbers_that_were_reserved_ahead_are_given_out_once(database, make_job, make_checkpoint):
    """At once and in order, with those that a transaction asks for in between; who opens the store after a crash goes on behind
    all of them, and each job counts for itself."""
    opened = await AsyncStore.open(database)
    assert opened.take_checkpoint_id("a") is None

    def begin(s):
        s.insert_job(make_job("a"))
        s.insert_job(make_job("b"))
        number = s.next_checkpoint_id("a", ahead=5)
        s.insert_checkpoint(make_checkpoint(number, "a"))
        return number

    assert await opened.write(begin) == 1
    assert [opened.take_checkpoint_id("a"), opened.take_checkpoint_id("b")] == [2, None]
    assert await opened.write(lambda s: s.next_checkpoint_id("a")) == 3
    assert [opened.take_checkpoint_id("a") for _ in range(4)] == [4, 5, 6, None]
    assert await opened.write(lambda s: s.next_checkpoint_id("a", ahead=2)) == 7
    await opened.close()  # nothing is written then: as good as a crash
    again = await AsyncStore.open(database)
    assert again.take_checkpoint_id("a") is None
    assert await again.write(lambda s: (s.next_checkpoint_id("a"), s.next_checkpoint_id("b"))) == (10, 1)
    await again.close()


async def test_what_is_not_durable_is_not_given_out(store, make_job):
    """A transaction that fails reserves nothing; what was reserved before it stays, and what is given back is there again."""
    await store.write(lambda s: s.insert_job(make_job("a")))

    def refused(s):
        s.next_checkpoint_id("a", ahead=5)
        taken.append(store.take_checkpoint_id("a"))
        raise Refused

    taken = []
    with pytest.raises(Refused):
        await store.write(refused)
    assert taken == [None]
    assert store.take_checkpoint_id("a") is None
    first = await store.write(lambda s: s.next_checkpoint_id("a", ahead=5))
    with pytest.raises(Refused):
        await store.write(refused)
    taken.append(store.take_checkpoint_id("a"))
    # The number of the refused transaction is left out; none comes twice.
    assert first < taken[1] < taken[2]
    await store.write(lambda s: s.return_checkpoint_ids("a"))
    assert store.take_checkpoint_id("a") is None
    assert await store.write(lambda s: s.next_checkpoint_id("a")) == taken[2] + 1


async def test_a_complete_checkpoint_takes_the_place_of_what_was_begun(store, make_job, make_checkpoint):
    """Whether its beginning was recorded or not; but one that is complete is not replaced."""
    complete = {number: make_checkpoint(number, "a", status=CheckpointStatus.COMPLETED) for number in (1, 2)}

    def work(s):
        s.insert_job(make_job("a"))
        s.insert_checkpoint(make_checkpoint(1, "a"))
        for found in complete.values():
            s.insert_complete_checkpoint(found, b"state %d" % found.id)
        return s.checkpoint_state("a", 1), s.checkpoint_state("a", 2), s.commit_checkpoints("a", [*complete.values()])

    assert await store.write(work) == (b"state 1", b"state 2", [1, 2])
    for found in complete.values():
        with pytest.raises(StoreError) as caught:
            await store.write(lambda s, found=found: s.insert_complete_checkpoint(found, b"other"))
        assert caught.value.code == "already-exists"
    assert await store.write(lambda s: s.commit_checkpoints("a", [*complete.values()])) == []
