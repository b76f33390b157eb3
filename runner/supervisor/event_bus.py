"""Hands events to whoever listens now. Bounded: a slow listener is told that it missed some, and holds nobody up."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

from runner.model import Event

CAPACITY = 1000
LAGGED = "lagged"


class Subscription:
    """The events from now on, as an asynchronous iterator that ends when it or the bus is closed."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    def deliver(self, event: Event) -> None:
        """Add an event; when too many wait they are replaced by one of kind ``lagged`` with the last revision missed."""
        if len(self._events) >= CAPACITY:
            missed = len(self._events)
            self._events.clear()
            message = f"{missed} events were missed: ask for what came after the last one you know"
            event = Event(revision=event.revision, at=event.at, kind=LAGGED, message=message, data={"missed": missed + 1})
        self._events.append(event)
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
        while not self._events:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class EventBus:
    """All subscriptions of one daemon."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._closed = False

    def subscribe(self) -> Subscription:
        """Listen from now on. Use it as a context manager, or close it."""
        subscription = Subscription(self)
        if self._closed:
            subscription.close()
        else:
            self._subscriptions.add(subscription)
        return subscription

    def publish(self, event: Event) -> None:
        """Tell everybody who listens."""
        for subscription in self._subscriptions:
            subscription.deliver(event)

    def forget(self, subscription: Subscription) -> None:
        """The subscription is closed."""
        self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every subscription, present and future."""
        self._closed = True
        for subscription in list(self._subscriptions):
            subscription.close()
