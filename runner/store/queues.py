"""Queues: the limits that people have given them."""

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
