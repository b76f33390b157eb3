"""Attempts: the starts of an execution's workers."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

import msgspec

from runner.model import Attempt
from runner.store.errors import already_exists, not_found
from runner.store.pages import ALL, Place
from runner.store.session import Session, decode_record, encode_record, one_of

# In the JSON text of a record a quote inside a value has a backslash before it, so this is the field and nothing else.
_FAILED = """contains("a"."record", '"error":{')"""
_ALL_FAILED = f"""
    SELECT "e"."job_id", "e"."record"->>'job_name', "a"."record" FROM "attempts" AS "a", "executions" AS "e"
    WHERE "a"."execution_id" = "e"."id" AND {_FAILED}
"""
_REMEMBERED = 2000
FAILED = "failed attempts"
_WHERE = 'WHERE "execution_id" = ? AND "number" = ?'


def insert(session: Session, attempt: Attempt) -> None:
    """Add an attempt."""
    if session.row(f'SELECT 1 FROM "attempts" {_WHERE}', attempt.execution_id, attempt.number):
        raise already_exists("attempt", f"{attempt.number} of execution {attempt.execution_id}")
    session.change(
        'INSERT INTO "attempts" ("execution_id", "number", "record") VALUES (?, ?, ?)',
        *(attempt.execution_id, attempt.number, encode_record(attempt)),
    )
    _unsettle(session, attempt)


def update(session: Session, attempt: Attempt) -> None:
    """Replace an attempt's record."""
    statement = f'UPDATE "attempts" SET "record" = ? {_WHERE}'
    if not session.change(statement, encode_record(attempt), attempt.execution_id, attempt.number):
        raise not_found("attempt", f"{attempt.number} of execution {attempt.execution_id}")
    _unsettle(session, attempt)


def _unsettle(session: Session, attempt: Attempt) -> None:
    session.unsettle(("attempts", attempt.execution_id))
    if attempt.error is not None:
        session.unsettle(FAILED)


def remove(session: Session, execution_ids: list[str]) -> None:
    """Forget the attempts of executions."""
    session.change('DELETE FROM "attempts" WHERE "execution_id" = ANY(?::VARCHAR[])', execution_ids)
    session.unsettle(FAILED, *(("attempts", execution_id) for execution_id in execution_ids))


def of_execution(
    session: Session, execution_id: str, limit: int = ALL, offset: int = 0, after: Place | None = None
) -> list[Attempt]:
    """Attempts of an execution, oldest first: those after ``after``, without the first ``offset`` of them."""
    beyond, last = ('AND "number" > ?', [after.at]) if after is not None else ("", [])
    statement = f'SELECT "record" FROM "attempts" WHERE "execution_id" = ? {beyond} ORDER BY "number" LIMIT ? OFFSET ?'
    return [decode_record(Attempt, row[0]) for row in session.rows(statement, execution_id, *last, limit, offset)]


class FailedAttempt(msgspec.Struct, frozen=True):
    """An attempt that failed, and whose execution it was."""

    job_id: str
    job_name: str
    attempt: Attempt


def failed(session: Session, job_id: str | None, execution_id: str | None, limit: int) -> list[FailedAttempt]:
    """The newest attempts that failed, newest first: of one job, one execution, or all."""
    if execution_id is None and job_id is None:
        return _all_failed(session, limit)
    known: list[FailedAttempt] | None = session.known(FAILED)
    if known is not None and len(known) < _REMEMBERED:
        own = (each for each in known if job_id in {None, each.job_id})
        return [each for each in own if execution_id in {None, each.attempt.execution_id}][:limit]
    if execution_id is not None:
        of_executions, parameters = '"execution_id" = ?', [execution_id]
    else:
        of_executions, parameters = '"execution_id" IN (SELECT "id" FROM "executions" WHERE "job_id" = ?)', [job_id or ""]
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


def _all_failed(session: Session, limit: int) -> list[FailedAttempt]:
    """Of all jobs. They are remembered: it takes a look at every attempt."""
    known: list[FailedAttempt] | None = session.known(FAILED)
    if known is None:
        rows = session.rows(_ALL_FAILED)
        found = [FailedAttempt(job_id, name, decode_record(Attempt, record)) for job_id, name, record in rows]
        known = sorted(found, key=lambda each: each.attempt.started_at, reverse=True)[:_REMEMBERED]
        session.remember(FAILED, known)
    return known[:limit]


class _Named(msgspec.Struct):
    """What is wanted of an execution's record."""

    job_name: str = ""


class _Counted(msgspec.Struct, frozen=True, gc=False):
    """What is to be known of an attempt to count it."""

    is_restart: bool
    started_at: float
    failed_at: float | None


class AttemptTally(msgspec.Struct, frozen=True):
    """How many attempts were made that were not the first of their execution, and how many failed."""

    restarts: int = 0
    failures: int = 0


def tally(session: Session, execution_ids: list[str], since: float) -> AttemptTally:
    """Of some executions from ``since`` (epoch seconds) on."""
    if not execution_ids:
        return AttemptTally()
    remembered = {execution_id: session.known(("attempts", execution_id)) for execution_id in execution_ids}
    known: dict[str, list[_Counted]] = {key: found for key, found in remembered.items() if found is not None}
    if missing := [execution_id for execution_id in remembered if execution_id not in known]:
        known |= _counted(session, missing)
    found = [attempt for attempts in known.values() for attempt in attempts]
    return AttemptTally(
        restarts=sum(attempt.is_restart and attempt.started_at >= since for attempt in found),
        failures=sum(attempt.failed_at is not None and attempt.failed_at >= since for attempt in found),
    )


def _counted(session: Session, execution_ids: list[str]) -> dict[str, list[_Counted]]:
    of_executions, parameters = one_of("execution_id", execution_ids)
    rows = session.rows(f'SELECT "record" FROM "attempts" WHERE {of_executions}', *parameters)
    found: dict[str, list[_Counted]] = {execution_id: [] for execution_id in execution_ids}
    for (record,) in rows:
        attempt = decode_record(Attempt, record)
        failed_at = None if attempt.error is None else attempt.ended_at or 0
        found[attempt.execution_id].append(_Counted(attempt.number > 1, attempt.started_at, failed_at))
    for execution_id, counted in found.items():
        session.remember(("attempts", execution_id), counted)
    return found
