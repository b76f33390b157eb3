"""Attempts: the starts of an execution's workers."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

from runner.model import Attempt
from runner.store.errors import already_exists, not_found
from runner.store.session import Session, decode_record, encode_record

_WHERE = 'WHERE "execution_id" = ? AND "number" = ?'


def insert(session: Session, attempt: Attempt) -> None:
    """Add an attempt."""
    if session.row(f'SELECT 1 FROM "attempts" {_WHERE}', attempt.execution_id, attempt.number):
        raise already_exists("attempt", f"{attempt.number} of execution {attempt.execution_id}")
    session.change(
        'INSERT INTO "attempts" ("execution_id", "number", "record") VALUES (?, ?, ?)',
        *(attempt.execution_id, attempt.number, encode_record(attempt)),
    )


def update(session: Session, attempt: Attempt) -> None:
    """Replace an attempt's record."""
    statement = f'UPDATE "attempts" SET "record" = ? {_WHERE}'
    if not session.change(statement, encode_record(attempt), attempt.execution_id, attempt.number):
        raise not_found("attempt", f"{attempt.number} of execution {attempt.execution_id}")


def of_execution(session: Session, execution_id: str) -> list[Attempt]:
    """All attempts of an execution, oldest first."""
    rows = session.rows('SELECT "record" FROM "attempts" WHERE "execution_id" = ? ORDER BY "number"', execution_id)
    return [decode_record(Attempt, row[0]) for row in rows]
