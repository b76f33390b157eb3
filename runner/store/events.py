"""Events: an append-only log with a revision that only grows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from runner.model import Event
from runner.store.session import Session, decode_record, encode_record


def append(
    session: Session, kind: str, job_id: str | None, execution_id: str | None, message: str, data: Mapping[str, Any] | None
) -> Event:
    """Add an event and return it with its revision."""
    event = Event(
        revision=0,
        at=time.time(),
        kind=kind,
        job_id=job_id,
        execution_id=execution_id,
        message=message,
        data=dict(data or {}),
    )
    return append_all(session, [event])[0]


def append_all(session: Session, events: Sequence[Event]) -> list[Event]:
    """Add events, and return them with their revisions."""
    first = newest(session) + 1
    numbered = [msgspec.structs.replace(event, revision=first + number) for number, event in enumerate(events)]
    for event in numbered:
        session.add("events", {"revision": event.revision, "record": encode_record(event)})
        session.memory.revision = event.revision
    return numbered


def since(session: Session, revision: int, limit: int) -> list[Event]:
    """Events after ``revision``, oldest first."""
    statement = 'SELECT "record" FROM "events" WHERE "revision" > ? ORDER BY "revision" LIMIT ?'
    return [decode_record(Event, row[0]) for row in session.rows(statement, revision, limit)]


def prune(session: Session, keep: int) -> int:
    """Drop all but the newest ``keep`` events (at least one stays); how many went."""
    return session.change('DELETE FROM "events" WHERE "revision" <= (SELECT max("revision") FROM "events") - ?', max(keep, 1))


def newest(session: Session) -> int:
    """The newest event's revision. That event is never pruned, so the table knows it even after a restart."""
    if session.memory.revision is None:
        row = session.row('SELECT max("revision") FROM "events"')
        session.memory.revision = int(row[0]) if row and row[0] is not None else 0
    return session.memory.revision
