"""A request that may be repeated goes on record with its key in the first transaction that is made for it, not before: either
it was done and its key is known, or neither. A transaction that makes what the request is answered with keeps the answer, too.

The request goes through all tasks that are begun for it. What clients send, and what is answered, is not in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from runner.store.idempotency import RecordedAnswer
from runner.store.store import Store
from spec.errors import FlowdeckError

_CURRENT: Final[ContextVar[KeyedRequest | None]] = ContextVar("keyed_request", default=None)


class KeyInUse(FlowdeckError):
    """The first request with that key has not been answered yet."""

    code = "idempotency-key-in-use"

    def __init__(self) -> None:
        super().__init__("the first request with this Idempotency-Key is still under way", hint="try again later")


@dataclass(slots=True, eq=False)
class KeyedRequest:
    """A request of a principal under a key, told from others by its ``fingerprint``. ``encode`` makes the answer of what it is
    answered with. ``is_recorded``: the key is on record, or is not to be any more; ``answer``: so is this answer."""

    principal: str
    key: str
    fingerprint: str
    encode: Callable[[Any], RecordedAnswer] | None = None
    is_recorded: bool = False
    answer: RecordedAnswer | None = None

    def record(self, store: Store, made: object) -> None:
        """In a transaction that was made for the request, at its end; ``made`` is what it is answered with, None when that is
        not known yet. Raises :class:`KeyInUse` when another request has used the key meanwhile."""
        if self.is_recorded:
            return
        if store.begin_request(self.principal, self.key, self.fingerprint, time.time()) is not None:
            raise KeyInUse
        self.is_recorded = True
        store.when_rolled_back(self._unrecord)
        if made is not None and self.encode is not None:
            self.answer = self.encode(made)
            store.finish_request(self.principal, self.key, self.answer)

    def finish(self, store: Store, answer: RecordedAnswer) -> None:
        """Keep the answer, of a request for which no transaction was made, too."""
        if not self.is_recorded:
            if store.begin_request(self.principal, self.key, self.fingerprint, time.time()) is not None:
                return  # another one's
            self.is_recorded = True
            store.when_rolled_back(self._unrecord)
        store.finish_request(self.principal, self.key, answer)

    def _unrecord(self) -> None:
        """For as long as the transaction is not undone: it may be done once more then."""
        self.is_recorded, self.answer = False, None


def current_request() -> KeyedRequest | None:
    """That for which this task works."""
    return _CURRENT.get()


def work_for(request: KeyedRequest | None) -> None:
    """From now on this task, and those that it begins, work for that request."""
    _CURRENT.set(request)
