"""Hands events to whoever listens now. Bounded: a slow listener is told that it missed some, and holds nobody up.

Events come from the record, with revisions that grow by one; changes of jobs (:mod:`runner.supervisor.job_changes`) are not on
record, bear the revision that they came after, and go only to who asks for them. Each is encoded once, however many listen.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from runner.model import Event

CAPACITY = 1000
LAGGED = "lagged"


class Announcement:
    """An event on its way to all listeners."""

    __slots__ = ("_encoded", "event")

    def __init__(self, event: Event) -> None:
        self.event = event
        self._encoded: bytes | None = None

    def encoded(self, encode: Callable[[Event], bytes]) -> bytes:
        """The event as ``encode``, of which there is only one, writes it."""
        if self._encoded is None:
            self._encoded = encode(self.event)
        return self._encoded


class Subscription:
    """The events from now on, as an asynchronous iterator that ends when it or the bus is closed."""

    def __init__(self, bus: EventBus, *, changes: bool = False) -> None:
        self.changes = changes
        self._bus = bus
        self._waiting: deque[Announcement] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Nothing more will arrive."""
        return self._closed

    def deliver(self, announcement: Announcement) -> None:
        """Add an event; when too many wait they are replaced by one of kind ``lagged`` with the last revision missed."""
        if len(self._waiting) >= CAPACITY:
            missed, event = len(self._waiting), announcement.event
            self._waiting.clear()
            message = f"{missed} events were missed: ask for what came after the last one you know"
            lagged = Event(revision=event.revision, at=event.at, kind=LAGGED, message=message, data={"missed": missed + 1})
            announcement = Announcement(lagged)
        self._waiting.append(announcement)
        self._arrived.set()

    async def take(self, patience: float) -> list[Announcement]:
        """All that has arrived; waits for something for ``patience`` seconds, then there may be nothing."""
        if not self._waiting and not self._closed:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._arrived.wait()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def wake(self) -> None:
        """Have whoever waits look up, although nothing has arrived."""
        self._arrived.set()

    def close(self) -> None:
        """End the iteration."""
        self._closed = True
        self._arrived.set()
        self._bus.forget(self)

    async def aclose(self) -> None:
        """:meth:`close`, for ``contextlib.aclosing``."""
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft().event

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class EventBus:
    """All subscriptions of one daemon."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._closed = False
        self.revision = 0
        """That of the newest event that was published."""
        self._observers: list[Callable[[Event], None]] = []
        self.wanted = asyncio.Event()
        """Set while somebody listens to changes of jobs."""

    def subscribe(self, *, changes: bool = False) -> Subscription:
        """Listen from now on, to changes of jobs too if they are wanted. Use it as a context manager, or close it."""
        subscription = Subscription(self, changes=changes)
        if self._closed:
            subscription.close()
        else:
            self._subscriptions.add(subscription)
            if changes:
                self.wanted.set()
        return subscription

    def watch(self, observer: Callable[[Event], None]) -> None:
        """Have ``observer``, which takes no time, see every event from the record at once."""
        self._observers.append(observer)

    def publish(self, event: Event) -> None:
        """Tell everybody who listens."""
        for observer in self._observers:
            observer(event)
        self.revision = max(self.revision, event.revision)
        announcement = Announcement(event)
        for subscription in self._subscriptions:
            subscription.deliver(announcement)

    def publish_change(self, event: Event) -> None:
        """Tell those who listen to changes of jobs."""
        announcement = Announcement(event)
        for subscription in self._subscriptions:
            if subscription.changes:
                subscription.deliver(announcement)

    def forget(self, subscription: Subscription) -> None:
        """The subscription is closed."""
        self._subscriptions.discard(subscription)
        if not any(other.changes for other in self._subscriptions):
            self.wanted.clear()

    def close(self) -> None:
        """End every subscription, present and future."""
        self._closed = True
        for subscription in list(self._subscriptions):
            subscription.close()
