"""Locks by key: by job, say. Nothing is kept of a key whose lock nobody has or waits for: jobs come and go, a daemon stays."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

K = TypeVar("K", bound=Hashable)


class Locks(Generic[K]):
    """Of one event loop."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[K, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """How many are in somebody's hands."""
        return len(self._locks)

    def of(self, key: K) -> asyncio.Lock:
        """The lock of the key: the same for all who have it or wait for it at the same time."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
