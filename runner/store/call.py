"""One piece of work for the store, on its way through a thread: it can be given up from another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from runner.store.errors import timed_out
from runner.store.session import Session
from runner.store.store import Store

T = TypeVar("T")


class Call(Generic[T]):
    """``work`` is what is to be done within a transaction."""

    def __init__(self, work: Callable[[Store], T]) -> None:
        self.work = work
        self._lock = threading.Lock()
        self._given_up = False
        self._session: Session | None = None

    def start(self, session: Session) -> None:
        """From now on :meth:`give_up` ends the session. Raises StoreError ``store-timeout`` when it was called before."""
        with self._lock:
            if self._given_up:
                raise timed_out()
            self._session = session

    def leave(self) -> None:
        """The transaction is over."""
        with self._lock:
            self._session = None

    def give_up(self) -> None:
        """Do not start; or end the statement that runs and begin no other."""
        with self._lock:
            self._given_up = True
            if self._session is not None:
                self._session.interrupt()
