"""Requests that are repeated with their ``Idempotency-Key``: carried out once, answered as often as they come."""

from __future__ import annotations

import time

from runner.store.idempotency import RecordedAnswer, RecordedRequest
from runner.supervisor.audited_request import audited_as
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.keyed_request import KeyedRequest


class Repeats:
    """What is on record of such requests in one home. Keys are those of a principal: nobody meets another one's answers."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def may_know(self, principal: str, key: str) -> bool:
        """Whether there may be something on record of the key, at once. False is certain while nobody else uses it."""
        return self._journal.may_have_request(principal, key)

    async def begin(self, request: KeyedRequest) -> RecordedRequest | None:
        """What is known of the key. None: nothing, and once this returns it is on record that the request is under way."""
        principal, key, fingerprint = request.principal, request.key, request.fingerprint
        with audited_as(None):  # nothing is done for it yet
            known = await self._journal.write(lambda entry: entry.store.begin_request(principal, key, fingerprint, time.time()))
        request.is_recorded = True
        return known

    async def finish(self, request: KeyedRequest, answer: RecordedAnswer) -> None:
        """Keep the answer, before it is sent."""
        await self._journal.write(lambda entry: request.finish(entry.store, answer))

    async def forget(self, request: KeyedRequest) -> None:
        """The request did nothing; it may be tried again with the same key."""
        is_recorded, request.is_recorded = request.is_recorded, True

        def record(entry: Entry) -> None:
            entry.store.forget_request(request.principal, request.key)

        if is_recorded:
            await self._journal.write(record)
