"""Idempotency keys on record: one request begins, its answer is kept, bounded in number, size and age."""

import pytest

from runner.store import idempotency
from runner.store.idempotency import RecordedAnswer

ANSWER = RecordedAnswer(status=201, headers=(("content-type", "application/json"),), body=b'{"id": 1}')


async def begin(store, key, at=0.0, principal="unix:1", fingerprint="f"):
    """Begin a request in a transaction of its own."""
    return await store.write(lambda found: found.begin_request(principal, key, fingerprint, at))


async def finish(store, key, answer=ANSWER):
    """Keep an answer in a transaction of its own."""
    await store.write(lambda found: found.finish_request("unix:1", key, answer))


async def test_a_request_begins_once_and_its_answer_is_kept(store):
    """The first begin finds nothing, later ones what is known: first no answer, then the answer."""
    assert await begin(store, "a") is None
    assert (await begin(store, "a")).answer is None
    await finish(store, "a")
    known = await begin(store, "a", fingerprint="other")
    assert (known.fingerprint, known.answer) == ("f", ANSWER)
    assert await begin(store, "a", principal="key:other") is None


async def test_a_forgotten_request_begins_anew(store):
    """What did nothing may be tried again."""
    await begin(store, "a")
    await store.write(lambda found: found.forget_request("unix:1", "a"))
    assert await begin(store, "a", fingerprint="other") is None


async def test_answers_do_not_outlive_a_day(store):
    """After 24 hours the key is free; so it is when the clock was turned back by more than that."""
    await begin(store, "a", at=1_000_000.0)
    assert await begin(store, "a", at=1_000_000.0 + 86_000) is not None
    assert await begin(store, "a", at=1_000_000.0 + 86_401) is None
    assert await begin(store, "a", at=1_000.0) is None


async def test_the_oldest_go_when_there_are_too_many(store, monkeypatch):
    """The number of answers has a bound."""
    monkeypatch.setattr(idempotency, "MAXIMUM_ANSWERS", 3)
    for number in range(4):
        assert await begin(store, f"k{number}", at=float(number)) is None
    assert await begin(store, "k3", at=4.0) is not None
    assert await begin(store, "k0", at=5.0) is None


@pytest.mark.parametrize(("size", "kept"), [(100, True), (2_000, False)])
async def test_the_oldest_go_when_they_are_too_large(store, monkeypatch, size, kept):
    """The size of all answers has a bound."""
    monkeypatch.setattr(idempotency, "MAXIMUM_BYTES", 3_000)
    large = RecordedAnswer(status=200, headers=(), body=b"x" * size)
    for number in range(2):
        await begin(store, f"k{number}", at=float(number))
        await finish(store, f"k{number}", large)
    await begin(store, "k2", at=2.0)
    assert (await begin(store, "k0", at=3.0) is not None) is kept
