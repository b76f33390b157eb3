"""Who may look for a job and make it when there is none: one at a time for a name, and for a file that jobs come from. Others
go on beside them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Door:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    visitors: int = 0


class Admission:
    """Of one daemon. Nothing is kept of names and files that nobody is admitted to or waits for."""

    def __init__(self) -> None:
        self._doors: dict[tuple[str, str], _Door] = {}

    @contextlib.asynccontextmanager
    async def to(self, name: str, file: str | None = None) -> AsyncIterator[None]:
        """While the context is open nobody else is admitted to the job of that name, or to those of the file of that key."""
        async with contextlib.AsyncExitStack() as stack:
            for key in _keys(name, file):  # always in this order: nobody who has one door waits for another one's
                await stack.enter_async_context(self._through(key))
            yield

    def visitors(self, name: str, file: str | None = None) -> int:
        """How many are admitted so, or wait for that."""
        door = self._doors.get(_keys(name, file)[0])
        return door.visitors if door is not None else 0

    @contextlib.asynccontextmanager
    async def _through(self, key: tuple[str, str]) -> AsyncIterator[None]:
        door = self._doors.setdefault(key, _Door())
        door.visitors += 1
        try:
            async with door.lock:
                yield
        finally:
            door.visitors -= 1
            if not door.visitors:
                del self._doors[key]


def _keys(name: str, file: str | None) -> list[tuple[str, str]]:
    return [("name", name)] if file is None else [("file", file), ("name", name)]
