"""Events as server-sent events: first what is on record, then what happens, without a gap or a repetition between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from runner.model import Event
from runner.supervisor.event_bus import LAGGED, Batch, Subscription
from runner.supervisor.job_changes import CHANGED
from runner.supervisor.observation import Observation

KEEP_ALIVE_SECONDS = 10.0
_OPEN = b": open\n\n"
_KEEP_ALIVE = b": keep-alive\n\n"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted: of one job (by its id), of some kinds (a kind stands for itself and for all that begin with it
    and a dot); with ``changes`` also what changes of jobs, with ``snapshot`` the present state first."""

    job_id: str | None = None
    kinds: tuple[str, ...] = ()
    changes: bool = False
    snapshot: bool = False

    def takes(self, event: Event) -> bool:
        """Whether the event is wanted."""
        if self.job_id not in {None, event.job_id}:
            return False
        if event.kind == CHANGED:
            return self.changes
        return not self.kinds or any(event.kind == kind or event.kind.startswith(kind + ".") for kind in self.kinds)


def encode_event(event: Event) -> bytes:
    """One server-sent block. JSON has no raw line breaks, so no text can end a field early. What is not on record has no id: a
    reader that comes back goes on after the last event that it knows."""
    kind = " ".join(event.kind.split()).encode()
    data = msgspec.json.encode(event)
    if event.kind == CHANGED:
        return b"event: %b\ndata: %b\n\n" % (kind, data)
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event.revision, kind, data)


async def event_stream(
    observation: Observation,
    since: int | None,
    closing: asyncio.Event,
    wanted: EventFilter = EventFilter(),
    *,
    keep_alive: float = KEEP_ALIVE_SECONDS,
) -> AsyncIterator[bytes]:
    """The blocks of one stream, several at a time: a comment once it is subscribed, the events after ``since`` (None: from now
    on), and a comment whenever nothing happened for ``keep_alive`` seconds. Ends when ``closing`` is set or the daemon ends."""
    with observation.subscribe(changes=wanted.changes) as subscription:
        reader = _Reader(observation, wanted, since)  # at once: nothing comes between the two
        told = asyncio.ensure_future(closing.wait())
        told.add_done_callback(lambda _: subscription.wake())
        try:
            yield _OPEN
            async for blocks in reader.beginning():
                yield blocks
            async for blocks in reader.following(subscription, told, keep_alive):
                yield blocks
        finally:
            told.cancel()


class _Reader:
    """One reader of the stream. ``position``: everything up to this revision has been sent, or is not asked for."""

    def __init__(self, observation: Observation, wanted: EventFilter, since: int | None) -> None:
        self._observation = observation
        self._wanted = wanted
        # A revision that is not reached yet is of another home, or of what a crash took along: the reader would wait for it in
        # vain. From now on, then; it sees by the next revision that it has missed something.
        self._since = None if since is not None and since > observation.revision else since
        self._position = observation.revision if self._since is None else self._since

    async def beginning(self) -> AsyncIterator[bytes]:
        """What comes before the live events."""
        if self._wanted.snapshot:
            async for event in self._observation.snapshot(self._wanted.job_id):
                if self._since is None:
                    self._position = event.revision
                yield encode_event(event)
        if self._since is not None:
            async for blocks in self._missed(self._since):
                yield blocks

    async def following(
        self, subscription: Subscription, told: asyncio.Future[Literal[True]], keep_alive: float
    ) -> AsyncIterator[bytes]:
        """What the subscription delivers."""
        while not told.done():
            arrived = await subscription.take(keep_alive)
            if told.done():
                return
            if any(batch.last.kind == LAGGED for batch in arrived):
                # This reader was too slow for the live events; the record has them.
                async for blocks in self._missed(self._position):
                    yield blocks
            elif blocks := self._encoded(arrived):
                yield blocks
            if subscription.closed:
                return
            if not arrived:
                yield _KEEP_ALIVE

    def _encoded(self, arrived: list[Batch]) -> bytes:
        """What of it is wanted and new."""
        return b"".join(filter(None, map(self._encoded_batch, arrived)))

    def _encoded_batch(self, batch: Batch) -> bytes:
        if batch.first.kind == CHANGED:
            return batch.encoded(self._wanted, self._encode)
        if batch.last.revision <= self._position:
            return b""
        if batch.first.revision > self._position:
            self._position = batch.last.revision
            return batch.encoded(self._wanted, self._encode)
        new = [found for found in batch.announcements if found.event.revision > self._position]
        self._position = batch.last.revision
        return b"".join(found.encoded(encode_event) for found in new if self._wanted.takes(found.event))

    def _encode(self, batch: Batch) -> bytes:
        return b"".join(found.encoded(encode_event) for found in batch.announcements if self._wanted.takes(found.event))

    async def _missed(self, revision: int) -> AsyncIterator[bytes]:
        """What is on record after ``revision``, and where changes are wanted everything about the jobs in question."""
        position = revision
        while events := await self._observation.events_since(position):
            self._position = position = events[-1].revision
            if blocks := b"".join(encode_event(event) for event in events if self._wanted.takes(event)):
                yield blocks
        if self._wanted.changes and (present := await self._observation.present(revision, self._wanted.job_id)):
            yield b"".join(map(encode_event, present))
