"""Writes that wait at the same time become one transaction: what a commit costs, they share. What a write is, and what a
transaction does, is not in it.

Nobody sees a difference but the time: each write is answered once it is durable, in the order of the calls, and has its own
error. A write that fails and has changed nothing is answered with that. If it has changed something, or the transaction fails,
nothing of it is stored, and each of its writes is done once more, in a transaction of its own.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import duckdb

from runner.store.call import Call
from runner.store.database import Database
from runner.store.errors import OutcomeUncertain
from runner.store.session import Session
from runner.store.store import Store

T = TypeVar("T")

MOST = 64
SECONDS = 0.02
"""No more writes join a transaction that has so many, or that has taken so long."""


class Write(Call[T]):
    """A call for the writer's thread."""

    def __init__(self, work: Callable[[Store], T]) -> None:
        super().__init__(work)
        self.outcome: Future[T] = Future()

    def answer(self, value: T, failure: BaseException | None) -> None:
        """It is over, and this came of it."""
        self.leave()
        if failure is None:
            self.outcome.set_result(value)
        else:
            self.outcome.set_exception(failure)


class Writer:
    """The one thread that writes, and what waits for it."""

    def __init__(self, database: Database, thread: ThreadPoolExecutor) -> None:
        self._database = database
        self._thread = thread
        self._waiting: deque[Write[Any]] = deque()

    def add(self, write: Write[T]) -> Future[T]:
        """Have it done after everything that was added before. Until it begins, its outcome can be cancelled."""
        self._waiting.append(write)
        self._thread.submit(self._run)
        return write.outcome

    def _run(self) -> None:
        """Called once for each write, which may have been done with another one meanwhile."""
        while self._waiting:
            first = self._waiting.popleft()
            if first.outcome.set_running_or_notify_cancel():
                _Transaction(first, self._waiting).run(self._database)
                return


class _Transaction:
    """The first of those that wait, and as many more as may join it."""

    def __init__(self, first: Write[Any], waiting: deque[Write[Any]]) -> None:
        self._writes = [first]
        self._waiting = waiting
        self._outcomes: list[tuple[Any, BaseException | None]] = []
        self._sessions: list[Session] = []

    def run(self, database: Database) -> None:
        """Do them, and answer them."""
        try:
            database.run(self._work, writable=True, on_start=self._sessions.append)
        except OutcomeUncertain as error:  # perhaps it is stored: to do it again could do it twice
            self._answer([(None, error)] * len(self._writes))
        except BaseException as error:  # noqa: BLE001 - whatever a write raises is its caller's
            if len(self._writes) == 1:
                self._answer([(None, error)])
            else:
                self._do_alone(database)
        else:
            self._answer(self._outcomes)

    def _work(self, store: Store) -> None:
        began = time.monotonic()
        self._outcomes.append(self._do(self._writes[0], store))
        while self._waiting and len(self._writes) < MOST and time.monotonic() - began < SECONDS:
            write = self._waiting.popleft()
            if write.outcome.set_running_or_notify_cancel():
                self._writes.append(write)
                self._outcomes.append(self._do(write, store))

    def _do(self, write: Write[Any], store: Store) -> tuple[Any, BaseException | None]:
        (session,) = self._sessions
        before = session.effects
        try:
            write.start(session)
            return write.work(store), None
        except Exception as error:
            # An error of the database may have ended the transaction; an interruption may be meant for another write.
            if len(self._writes) == 1 or isinstance(error, duckdb.Error) or session.is_interrupted or session.effects != before:
                raise
            return None, error

    def _do_alone(self, database: Database) -> None:
        """Each in a transaction of its own, and answered after it."""
        for write in self._writes:
            write.leave()
        for write in self._writes:
            try:
                value = database.run(write.work, writable=True, on_start=write.start)
            except BaseException as error:  # noqa: BLE001 - its caller's
                write.answer(None, error)
            else:
                write.answer(value, None)

    def _answer(self, outcomes: list[tuple[Any, BaseException | None]]) -> None:
        for write, (value, failure) in zip(self._writes, outcomes, strict=True):
            write.answer(value, failure)
