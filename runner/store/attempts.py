"""Attempts: the starts of an execution's workers."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

import msgspec

from runner.model import Attempt
from runner.store.errors import already_exists, not_found
from runner.store.session import Session, decode_record, encode_record

# In the JSON text of a record a quote inside a value has a backslash before it, so this is the field and nothing else.
_FAILED = """contains("a"."record", '"error":{')"""
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


class FailedAttempt(msgspec.Struct, frozen=True):
    """An attempt that failed, and whose execution it was."""

    job_id: str
    job_name: str
    attempt: Attempt


def failed(session: Session, job_id: str | None, execution_id: str | None, limit: int) -> list[FailedAttempt]:
    """The newest attempts that failed, newest first: of one job, one execution, or all."""
    statement = f"""
        SELECT "e"."job_id", "e"."record"->>'job_name', "a"."record"
        FROM "attempts" AS "a" JOIN "executions" AS "e" ON "e"."id" = "a"."execution_id"
        WHERE {_FAILED} AND ($1::VARCHAR IS NULL OR "e"."job_id" = $1) AND ($2::VARCHAR IS NULL OR "a"."execution_id" = $2)
        ORDER BY CAST("a"."record"->>'started_at' AS DOUBLE) DESC LIMIT $3
    """
    rows = session.rows(statement, job_id, execution_id, limit)
    return [FailedAttempt(job, name, decode_record(Attempt, record)) for job, name, record in rows]


class AttemptTally(msgspec.Struct, frozen=True):
    """How many attempts were made that were not the first of their execution, and how many failed."""

    restarts: int = 0
    failures: int = 0


def tally(session: Session, execution_ids: list[str], since: float) -> AttemptTally:
    """Of some executions from ``since`` (epoch seconds) on."""
    row = session.row(
        f"""
        SELECT count(*) FILTER ("number" > 1 AND CAST("a"."record"->>'started_at' AS DOUBLE) >= $2),
               count(*) FILTER ({_FAILED} AND CAST("a"."record"->>'ended_at' AS DOUBLE) >= $2)
        FROM "attempts" AS "a" WHERE "execution_id" = ANY($1::VARCHAR[])
        """,
        execution_ids,
        since,
    )
    return AttemptTally(*row) if row is not None else AttemptTally()
