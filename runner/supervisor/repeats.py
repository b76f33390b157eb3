"""Requests that are repeated with their ``Idempotency-Key``: carried out once, answered as often as they come."""

from __future__ import annotations

import time

from runner.store.idempotency import RecordedAnswer, RecordedRequest
from runner.supervisor.journal import Entry, Journal


class Repeats:
    """What is on record of such requests in one home. Keys are those of a principal: nobody meets another one's answers."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def begin(self, principal: str, key: str, fingerprint: str) -> RecordedRequest | None:
        """What is known of the key. None: nothing, and once this returns it is on record that the request is under way."""
        return await self._journal.write(lambda entry: entry.store.begin_request(principal, key, fingerprint, time.time()))

    async def finish(self, principal: str, key: str, answer: RecordedAnswer) -> None:
        """Keep the answer, before it is sent."""

        def record(entry: Entry) -> None:
            entry.store.finish_request(principal, key, answer)

        await self._journal.write(record)

    async def forget(self, principal: str, key: str) -> None:
        """The request did nothing; it may be tried again with the same key."""

        def record(entry: Entry) -> None:
            entry.store.forget_request(principal, key)

        await self._journal.write(record)
