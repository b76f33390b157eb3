"""Events as server-sent events: first what is on record, then what happens, without a gap or a repetition between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from runner.model import Event
from runner.supervisor.event_bus import LAGGED, Subscription
from runner.supervisor.observation import Observation

KEEP_ALIVE_SECONDS = 10.0
_OPEN = b": open\n\n"
_KEEP_ALIVE = b": keep-alive\n\n"


def encode_event(event: Event) -> bytes:
    """One server-sent block. JSON has no raw line breaks, so no text can end a field early."""
    kind = " ".join(event.kind.split()).encode()
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event.revision, kind, msgspec.json.encode(event))


async def event_stream(
    observation: Observation, since: int | None, closing: asyncio.Event, *, keep_alive: float = KEEP_ALIVE_SECONDS
) -> AsyncIterator[bytes]:
    """The blocks of one stream: a comment once it is subscribed, the events after ``since`` (None: from now on), and a comment
    whenever nothing happened for ``keep_alive`` seconds. Ends when ``closing`` is set or the daemon ends."""
    with observation.subscribe() as subscription:
        yield _OPEN
        position, sent = since, 0
        if position is not None:
            async for event in _recorded(observation, position):
                position = sent = event.revision
                yield encode_event(event)
        async for live in _live(subscription, closing, keep_alive):
            if live is None:
                yield _KEEP_ALIVE
            elif live.kind == LAGGED and position is not None:
                # This reader was too slow for the live events; the record has them.
                async for event in _recorded(observation, position):
                    position = sent = event.revision
                    yield encode_event(event)
            elif live.revision > sent:
                position = sent = live.revision
                yield encode_event(live)


async def _recorded(observation: Observation, revision: int) -> AsyncIterator[Event]:
    while events := await observation.events_since(revision):
        for event in events:
            yield event
        revision = events[-1].revision


async def _live(subscription: Subscription, closing: asyncio.Event, keep_alive: float) -> AsyncIterator[Event | None]:
    """What the subscription delivers; None each time nothing came for a while."""
    told = asyncio.ensure_future(closing.wait())
    upcoming = asyncio.ensure_future(anext(subscription, None))
    try:
        while not told.done():
            await asyncio.wait({told, upcoming}, timeout=keep_alive, return_when=asyncio.FIRST_COMPLETED)
            if not upcoming.done():
                if not told.done():
                    yield None
                continue
            if (event := upcoming.result()) is None:
                return
            yield event
            upcoming = asyncio.ensure_future(anext(subscription, None))
    finally:
        told.cancel()
        upcoming.cancel()
