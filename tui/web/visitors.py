"""How many may look at the same time: each is a process. Who has long not used a page gives way when somebody waits."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from spec.errors import FlowdeckError

_PATIENCE = 5.0
"""Seconds that a newcomer waits: a page that is loaded again comes before its former process has gone."""
_AWAY = 900.0
"""Seconds without a key or a movement of the mouse after which a page is thought to be forgotten."""
GAVE_WAY = "Somebody else took this place: nobody had used this page for a quarter of an hour."


class NoPlace(FlowdeckError):
    """All places are taken."""

    code = "web-full"


@dataclass(eq=False, slots=True)
class Place:
    """Of one visitor. ``leave`` ends the visit with a reason in words."""

    leave: Callable[[str], object]
    used: float = field(default_factory=time.monotonic)

    def use(self) -> None:
        """A key was pressed, or the mouse moved."""
        self.used = time.monotonic()


class Visitors:
    """Those who are here; at most ``most``."""

    def __init__(self, most: int, *, patience: float = _PATIENCE, away: float = _AWAY) -> None:
        self.most = most
        self._patience = patience
        self._away = away
        self._here: list[Place] = []
        self._free = asyncio.Semaphore(most)

    @contextlib.asynccontextmanager
    async def visit(self, leave: Callable[[str], object]) -> AsyncIterator[Place]:
        """A place while the context is open. Raises :class:`NoPlace` when none becomes free in a moment."""
        if self._free.locked():
            self._make_room()
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            here = "1 page is" if self.most == 1 else f"{self.most} pages are"
            raise NoPlace(
                f"{here} open already, and no more may be.", hint="Close one, or start flowdeck web with --visitors N."
            ) from None
        place = Place(leave)
        self._here.append(place)
        try:
            yield place
        finally:
            self._here.remove(place)
            self._free.release()

    def _make_room(self) -> None:
        longest = min(self._here, key=lambda place: place.used, default=None)
        if longest is not None and time.monotonic() - longest.used >= self._away:
            longest.leave(GAVE_WAY)

    def send_home(self, reason: str) -> None:
        """Everybody."""
        for place in self._here:
            place.leave(reason)
