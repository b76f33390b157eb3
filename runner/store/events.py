"""Events: an append-only log with a revision that only grows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from runner.model import Event
from runner.store.session import Session, decode_record, encode_record


def append(
    session: Session, kind: str, job_id: str | None, execution_id: str | None, message: str, data: Mapping[str, Any] | None
) -> Event:
    """Add an event and return it with its revision."""
    # The newest event is never pruned, so the revision follows from the table even across restarts.
    row = session.row('SELECT coalesce(max("revision"), 0) + 1 FROM "events"')
    event = Event(
        revision=int(row[0]) if row else 1,
        at=time.time(),
        kind=kind,
        job_id=job_id,
        execution_id=execution_id,
        message=message,
        data=dict(data or {}),
    )
    session.change('INSERT INTO "events" ("revision", "record") VALUES (?, ?)', event.revision, encode_record(event))
    return event


def since(session: Session, revision: int, limit: int) -> list[Event]:
    """Events after ``revision``, oldest first."""
    statement = 'SELECT "record" FROM "events" WHERE "revision" > ? ORDER BY "revision" LIMIT ?'
    return [decode_record(Event, row[0]) for row in session.rows(statement, revision, limit)]


def prune(session: Session, keep: int) -> int:
    """Drop all but the newest ``keep`` events (at least one stays); how many went."""
    return session.change('DELETE FROM "events" WHERE "revision" <= (SELECT max("revision") FROM "events") - ?', max(keep, 1))
