"""What happened, as far as it can be read: the newest events of all jobs, a bounded number of them.

Filled in the thread that listens and by the lane that asks for older ones, read by the screens.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from runner.client import Client
from runner.model import Event
from tui.data.clean import clean_record

CAPACITY: Final = 2000
_UNREADABLE: Final = frozenset({"snapshot", "job.changed", "lagged"})
_REPLAYED: Final = 1000
_RECORDED: Final = 500
_QUIET: Final = 0.5
_LONGEST: Final = 4.0


class Gap(msgspec.Struct, frozen=True):
    """Events after the revision ``since`` up to ``until`` that nobody has told yet."""

    since: int
    until: int


class EventRing:
    """Events by revision. ``changes`` grows with each that is new."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._events: dict[int, Event] = {}
        self._gap: Gap | None = None
        self.changes = 0

    def begin(self, revision: int) -> None:
        """A stream begins after this revision: what is older may be missing."""
        with self._lock:
            last = max(self._events, default=None)
            since = max(revision - _REPLAYED, 0) if last is None or last > revision else max(last, revision - _REPLAYED)
            if last is not None and last > revision:
                self._events.clear()  # the daemon of another home, or of an older record
            self._gap = Gap(since, revision) if since < revision else None

    def hear(self, event: Event) -> None:
        """Take in an event of the stream."""
        if event.kind == "snapshot":
            self.begin(event.revision)
        elif event.kind not in _UNREADABLE:
            self._take([_readable(event)])

    @property
    def gap(self) -> Gap | None:
        """What to ask for with :func:`replay`."""
        with self._lock:
            return self._gap

    def fill(self, gap: Gap, events: Iterable[Event]) -> None:
        """The missing events have come."""
        self._take([_readable(event) for event in events if event.kind not in _UNREADABLE])
        with self._lock:
            if self._gap == gap:
                self._gap = None

    def newest(self) -> list[Event]:
        """All, the newest first."""
        with self._lock:
            return [self._events[revision] for revision in sorted(self._events, reverse=True)]

    def _take(self, events: Iterable[Event]) -> None:
        with self._lock:
            for event in events:
                self._events[event.revision] = event
                self.changes += 1
            excess = len(self._events) - self._capacity
            if excess > 0:
                for revision in sorted(self._events)[:excess]:
                    del self._events[revision]


def replay(client: Client, gap: Gap) -> tuple[Event, ...]:
    """The recorded events of the gap; those that take too long to come are left out. Raises what the client raises."""
    found: list[Event] = []
    deadline = time.monotonic() + _LONGEST
    with client.events(gap.since) as feed:
        while time.monotonic() < deadline:
            event = feed.next_within(_QUIET)
            if event is None or event.revision > gap.until:
                break
            found.append(event)
            if event.revision == gap.until:
                break
    return tuple(found)


def record_of(client: Client, job_id: str) -> tuple[Event, ...]:
    """The recorded events of a job, its newest ones. Raises what the client raises."""
    found: deque[Event] = deque(maxlen=_RECORDED)
    deadline = time.monotonic() + _LONGEST
    with client.events(0, job=job_id) as feed:
        while time.monotonic() < deadline and (event := feed.next_within(_QUIET)) is not None:
            if event.job_id == job_id and event.kind not in _UNREADABLE:
                found.append(_readable(event))
    return tuple(found)


def _readable(event: Event) -> Event:
    """The event without its data, which no screen shows, and cleaned."""
    bare = Event(
        revision=event.revision,
        at=event.at,
        kind=event.kind,
        job_id=event.job_id,
        execution_id=event.execution_id,
        message=event.message,
    )
    return clean_record(bare)
