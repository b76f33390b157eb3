"""Hands events to whoever listens now. Bounded: a slow listener is told that it missed some, and holds nobody up.

Events come from the record, with revisions that grow by one; changes of jobs (:mod:`runner.supervisor.job_changes`) are not on
record, bear the revision that they came after, and go only to who asks for them. What is told at the same time goes together,
and is encoded once for all who want the same of it, however many listen.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from types import TracebackType
from typing import Self

from runner.model import Event

CAPACITY = 1000
LAGGED = "lagged"
_AT_ONCE = 20
"""So many of those who are in no hurry are woken before whoever else has something to do has their turn."""


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


class Batch:
    """What is told at the same time, one event or several; all are on record, or none is."""

    __slots__ = ("_encoded", "announcements")

    def __init__(self, events: Sequence[Event]) -> None:
        self.announcements = tuple(map(Announcement, events))
        self._encoded: dict[Hashable, bytes] = {}

    def __len__(self) -> int:
        return len(self.announcements)

    @property
    def first(self) -> Event:
        """The oldest."""
        return self.announcements[0].event

    @property
    def last(self) -> Event:
        """The newest."""
        return self.announcements[-1].event

    def encoded(self, wanted: Hashable, encode: Callable[[Batch], bytes]) -> bytes:
        """What those make of it, by ``encode``, who want the same: made by the first of them."""
        found = self._encoded.get(wanted)
        if found is None:
            found = self._encoded[wanted] = encode(self)
        return found


class Subscription:
    """The events from now on, as an asynchronous iterator that ends when it or the bus is closed. ``hurried``: it is woken at
    once, not after many others had their turn."""

    def __init__(self, bus: EventBus, *, changes: bool = False, hurried: bool = True) -> None:
        self.changes = changes
        self._bus = bus
        self._hurried = hurried
        self._waiting: deque[Batch] = deque()
        self._count = 0
        self._taken: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Nothing more will arrive."""
        return self._closed

    def deliver(self, batch: Batch) -> None:
        """Add events; when too many wait they are replaced by one of kind ``lagged`` with the last revision missed."""
        if self._count and self._count + len(batch) > CAPACITY:
            missed, event = self._count + len(batch), batch.last
            self._waiting.clear()
            message = f"{missed - 1} events were missed: ask for what came after the last one you know"
            batch = Batch([Event(revision=event.revision, at=event.at, kind=LAGGED, message=message, data={"missed": missed})])
            self._count = 0
        self._waiting.append(batch)
        self._count += len(batch)
        if self._hurried:
            self._arrived.set()
        else:
            self._bus.wake_later(self)

    async def take(self, patience: float) -> list[Batch]:
        """All that has arrived; waits for something for ``patience`` seconds, then there may be nothing."""
        if not self._waiting and not self._closed:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._arrived.wait()
        return self._take()

    def _take(self) -> list[Batch]:
        taken = list(self._waiting)
        self._waiting.clear()
        self._count = 0
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
        while not self._taken:
            if not self._waiting:
                if self._closed:
                    raise StopAsyncIteration
                self._arrived.clear()
                await self._arrived.wait()
                continue
            batch = self._waiting.popleft()
            self._count -= len(batch)
            self._taken.extend(found.event for found in batch.announcements)
        return self._taken.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class EventBus:
    """All subscriptions of one daemon."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._sleepers: dict[Subscription, None] = {}
        self._closed = False
        self.revision = 0
        """That of the newest event that was published."""
        self._observers: list[Callable[[Event], None]] = []
        self.wanted = asyncio.Event()
        """Set while somebody listens to changes of jobs."""

    def subscribe(self, *, changes: bool = False, hurried: bool = True) -> Subscription:
        """Listen from now on, to changes of jobs too if they are wanted. Use it as a context manager, or close it."""
        subscription = Subscription(self, changes=changes, hurried=hurried)
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
        batch = Batch([event])
        for subscription in self._subscriptions:
            subscription.deliver(batch)

    def publish_changes(self, events: Sequence[Event]) -> None:
        """Tell those who listen to changes of jobs what has changed meanwhile."""
        if not events:
            return
        batch = Batch(events)
        for subscription in self._subscriptions:
            if subscription.changes:
                subscription.deliver(batch)

    def wake_later(self, subscription: Subscription) -> None:
        """Wake it when it is its turn."""
        self._sleepers[subscription] = None
        if len(self._sleepers) == 1:
            asyncio.get_running_loop().call_soon(self._wake_some)

    def _wake_some(self) -> None:
        for subscription in list(itertools.islice(self._sleepers, _AT_ONCE)):
            del self._sleepers[subscription]
            subscription.wake()
        if self._sleepers:
            asyncio.get_running_loop().call_soon(self._wake_some)

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
