"""Attempts: the starts of an execution's workers."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

import msgspec

from runner.model import Attempt
from runner.store.errors import already_exists, not_found
from runner.store.session import Session, decode_record, encode_record, one_of

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
    if execution_id is not None:
        of_executions, parameters = '"execution_id" = ?', [execution_id]
    elif job_id is not None:
        of_executions, parameters = '"execution_id" IN (SELECT "id" FROM "executions" WHERE "job_id" = ?)', [job_id]
    else:
        of_executions, parameters = "true", []
    rows = session.rows(f'SELECT "record" FROM "attempts" AS "a" WHERE {_FAILED} AND {of_executions}', *parameters)
    newest = sorted((decode_record(Attempt, row[0]) for row in rows), key=lambda each: each.started_at, reverse=True)[:limit]
    if not newest:
        return []
    of_found, ids = one_of("id", list({attempt.execution_id for attempt in newest}))
    named = f'SELECT "id", "job_id", "record" FROM "executions" WHERE {of_found}'
    jobs = {row[0]: (row[1], decode_record(_Named, row[2]).job_name) for row in session.rows(named, *ids)}
    return [
        FailedAttempt(*jobs[attempt.execution_id], attempt)
        for attempt in newest
        if attempt.execution_id in jobs and job_id in {None, jobs[attempt.execution_id][0]}
    ]


class _Named(msgspec.Struct):
    """What is wanted of an execution's record."""

    job_name: str = ""


class AttemptTally(msgspec.Struct, frozen=True):
    """How many attempts were made that were not the first of their execution, and how many failed."""

    restarts: int = 0
    failures: int = 0


def tally(session: Session, execution_ids: list[str], since: float) -> AttemptTally:
    """Of some executions from ``since`` (epoch seconds) on."""
    if not execution_ids:
        return AttemptTally()
    of_executions, parameters = one_of("execution_id", execution_ids)
    statement = f'SELECT "record" FROM "attempts" AS "a" WHERE {of_executions} AND ("number" > 1 OR {_FAILED})'
    found = [decode_record(Attempt, row[0]) for row in session.rows(statement, *parameters)]
    return AttemptTally(
        restarts=sum(attempt.number > 1 and attempt.started_at >= since for attempt in found),
        failures=sum(attempt.error is not None and (attempt.ended_at or 0) >= since for attempt in found),
    )
