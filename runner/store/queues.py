"""Queues: the limits that people have given them, and which ones are paused."""

from __future__ import annotations

from runner.store.session import Session


def limits(session: Session) -> dict[str, int]:
    """The limit of each queue that has one."""
    return {str(name): int(limit) for name, limit in session.rows('SELECT "name", "limit" FROM "queues"')}


def limit(session: Session, name: str, value: int | None) -> None:
    """Set a queue's limit; None takes it away."""
    session.change('DELETE FROM "queues" WHERE "name" = ?', name)
    if value is not None:
        session.change('INSERT INTO "queues" ("name", "limit") VALUES (?, ?)', name, value)


def paused(session: Session) -> set[str]:
    """The names of the queues that are paused."""
    return {str(row[0]) for row in session.rows('SELECT "name" FROM "paused_queues"')}


def pause(session: Session, name: str, *, rests: bool) -> None:
    """Pause a queue, or let it go on."""
    session.change('DELETE FROM "paused_queues" WHERE "name" = ?', name)
    if rests:
        session.change('INSERT INTO "paused_queues" ("name") VALUES (?)', name)
