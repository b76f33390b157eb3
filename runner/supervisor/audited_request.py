"""A request that changes something is in the audit trail from the first transaction on that is made for it: both, or neither.
How it ended is added when it is answered.

The request goes through all tasks that are begun for it, and with the wishes that it makes of an execution. What is said of a
request is not in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import msgspec

from runner.audit import AuditEntry
from runner.store.store import Store

_CURRENT: Final[ContextVar[AuditedRequest | None]] = ContextVar("audited_request", default=None)


@dataclass(slots=True, eq=False)
class AuditedRequest:
    """``describe`` tells what is known of it by now, in any thread. ``number``: that of its entry, once there is one;
    ``is_answered``: the entry says how it ended. Both change in the store's writer thread only."""

    describe: Callable[[], AuditEntry]
    number: int | None = None
    is_answered: bool = False

    def record(self, store: Store) -> None:
        """In a transaction that was made for the request, at its end."""
        if self.number is None and not self.is_answered:
            store.when_rolled_back(self._forget)
            (self.number,) = store.append_audit([self.describe()])

    def answer(self, store: Store, entry: AuditEntry) -> None:
        """The request has ended as ``entry`` tells."""
        if self.number is None:
            store.append_audit([entry])
        else:
            store.amend_audit(msgspec.structs.replace(entry, id=self.number))
        store.when_rolled_back(self._reopen)
        self.is_answered = True

    def _forget(self) -> None:
        """The transaction is undone; it may be done once more."""
        self.number = None

    def _reopen(self) -> None:
        self.is_answered = False


def current_audited() -> AuditedRequest | None:
    """That for which this task works."""
    return _CURRENT.get()


@contextlib.contextmanager
def audited_as(request: AuditedRequest | None) -> Iterator[None]:
    """While the context is open this task, and those that it begins, work for that request; None: for none that is to be in
    the audit trail."""
    token = _CURRENT.set(request)
    try:
        yield
    finally:
        _CURRENT.reset(token)
