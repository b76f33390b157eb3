"""Changes on condition: a request that depends on the version of a job is carried out only if the first transaction in which it
changes that job, or takes something of it away, finds the version still there. Whatever else changes the job comes before that
transaction, and the request fails, or after it.

The condition goes with the request, through all tasks that are begun for it, and with the wishes that it makes of an execution.
How clients tell a version is not in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from runner.store.store import Store
from spec.errors import FlowdeckError

_CURRENT: Final[ContextVar[Condition | None]] = ContextVar("condition", default=None)


class PreconditionFailed(FlowdeckError):
    """What the request depends on has changed."""

    code = "precondition-failed"


@dataclass(slots=True, eq=False)
class Condition:
    """The job is to be at a version that ``allows`` takes. ``is_met``: it was; what changes it now is the request itself."""

    job_id: str
    allows: Callable[[int], bool]
    is_met: bool = False

    def require(self, store: Store) -> None:
        """For what changes no version: raise :class:`PreconditionFailed` unless it holds in this transaction."""
        if not self.is_met:
            self.check(_version(store, self.job_id))
            self._meet(store)

    def check(self, version: int | None) -> None:
        """Raise :class:`PreconditionFailed` for another version, and for a job that is gone (None)."""
        if version is None or not self.allows(version):
            now = "the job is gone" if version is None else f"the job has version {version} now"
            hint = "look at it again, and decide whether the request still makes sense"
            raise PreconditionFailed(now, hint=hint)

    @contextlib.contextmanager
    def guarding(self, store: Store) -> Iterator[None]:
        """Around the work of a transaction: :meth:`check`, if the work changes the job."""
        if self.is_met:
            yield
            return
        before = _version(store, self.job_id)
        yield
        if self.is_met or _version(store, self.job_id) == before:
            return
        self.check(before)
        self._meet(store)

    def _meet(self, store: Store) -> None:
        """For as long as the transaction is not undone: it may be done once more then."""
        self.is_met = True
        store.when_rolled_back(self._unmeet)

    def _unmeet(self) -> None:
        self.is_met = False


def current_condition() -> Condition | None:
    """That of the request for which this task works."""
    return _CURRENT.get()


def depend_on(condition: Condition | None) -> None:
    """From now on this task, and those that it begins, work for a request with that condition."""
    _CURRENT.set(condition)


@contextlib.contextmanager
def depending_on(condition: Condition | None) -> Iterator[None]:
    """While the context is open this task works for a request with that condition."""
    token = _CURRENT.set(condition)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def _version(store: Store, job_id: str) -> int | None:
    job = store.job(job_id) or store.deleted_job(job_id)
    return None if job is None or job.id != job_id else job.version
