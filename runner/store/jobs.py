"""Jobs: durable identities, each joined with its latest execution and checkpoint when read."""

from __future__ import annotations

import time

import msgspec

from runner.model import Checkpoint, Execution, Job
from runner.states import ExecutionState
from runner.store.errors import StoreError, already_exists, not_found
from runner.store.identifiers import check_id
from runner.store.session import Row, Session, decode_record, encode_record

_PREFIX_MATCHES = 20

_LIVE = """
    FROM "jobs" AS j LEFT JOIN "executions" AS e ON e."id" = j."execution_id"
    WHERE j."deleted_at" IS NULL
"""
# The page is cut first, so that only its jobs' checkpoints are looked at.
_SELECT = """
    WITH "page" AS (
        SELECT j."id", j."created_at", j."record" AS "job", e."record" AS "execution" {live} {tail}
    ), "last" AS (
        SELECT "job_id", arg_max("record", "id") AS "checkpoint" FROM "checkpoints"
        WHERE "status" IN ('completed', 'committed') AND "job_id" IN (SELECT "id" FROM "page")
        GROUP BY "job_id"
    )
    SELECT p."job", p."execution", l."checkpoint"
    FROM "page" AS p LEFT JOIN "last" AS l ON l."job_id" = p."id"
    ORDER BY p."created_at" DESC, p."id"
"""


def _select(tail: str) -> str:
    return _SELECT.format(live=_LIVE, tail=tail)


_BY_ID = _select('AND j."id" = ?')
_BY_NAME = _select('AND j."name" = ?')
_BY_PREFIX = _select(f'AND starts_with(j."id", ?) LIMIT {_PREFIX_MATCHES}')
_FILTER = """AND ($1::VARCHAR IS NULL OR e."state" = $1) AND ($2::VARCHAR IS NULL OR contains(lower(j."name"), lower($2)))"""
_PAGE = _select(_FILTER + ' ORDER BY j."created_at" DESC, j."id" LIMIT $3 OFFSET $4')
_COUNT = f"SELECT count(*) {_LIVE} {_FILTER}"


def insert(session: Session, job: Job) -> None:
    """Add a job."""
    check_id("job", job.id)
    if session.row('SELECT 1 FROM "jobs" WHERE "id" = ?', job.id):
        raise already_exists("job", job.id)
    _check_name(session, job)
    session.change(
        'INSERT INTO "jobs" ("id", "name", "created_at", "record") VALUES (?, ?, ?, ?)',
        *(job.id, job.name, job.created_at, _encode(job)),
    )


def update(session: Session, job: Job) -> None:
    """Replace a job's record."""
    _check_name(session, job)
    changed = session.change(
        'UPDATE "jobs" SET "name" = ?, "created_at" = ?, "record" = ? WHERE "id" = ? AND "deleted_at" IS NULL',
        *(job.name, job.created_at, _encode(job), job.id),
    )
    if not changed:
        raise not_found("job", job.id)


def get(session: Session, job_id: str) -> Job | None:
    """The job of that id, None when there is none or it is deleted."""
    row = session.row(_BY_ID, job_id)
    return _decode(row) if row else None


def find(session: Session, reference: str) -> list[Job]:
    """The jobs that ``reference`` may mean."""
    if not reference:
        return []
    for statement in (_BY_ID, _BY_NAME, _BY_PREFIX):
        if rows := session.rows(statement, reference):
            return [_decode(row) for row in rows]
    return []


def page(
    session: Session, state: ExecutionState | str | None, name_contains: str | None, limit: int, offset: int
) -> tuple[list[Job], int]:
    """One page of jobs, and how many there are on all pages."""
    wanted = (str(state) if state else None, name_contains or None)
    rows = session.rows(_PAGE, *wanted, limit, offset)
    total = session.row(_COUNT, *wanted)
    return [_decode(row) for row in rows], int(total[0]) if total else 0


def delete(session: Session, job_id: str) -> None:
    """Hide a job from now on."""
    changed = session.change('UPDATE "jobs" SET "deleted_at" = ? WHERE "id" = ? AND "deleted_at" IS NULL', time.time(), job_id)
    if not changed:
        raise not_found("job", job_id)


def set_latest_execution(session: Session, job_id: str, execution_id: str) -> None:
    """Note which execution a job shows."""
    changed = session.change(
        'UPDATE "jobs" SET "execution_id" = ? WHERE "id" = ? AND "deleted_at" IS NULL', execution_id, job_id
    )
    if not changed:
        raise not_found("job", job_id)


def next_checkpoint_id(session: Session, job_id: str) -> int:
    """An id that no checkpoint of this job has had."""
    row = session.row(
        'UPDATE "jobs" SET "checkpoint_counter" = "checkpoint_counter" + 1 WHERE "id" = ? RETURNING "checkpoint_counter"',
        job_id,
    )
    if row is None:
        raise not_found("job", job_id)
    return int(row[0])


def reserve_checkpoint_id(session: Session, job_id: str, checkpoint_id: int) -> None:
    """See to it that ``checkpoint_id`` is never given out again."""
    changed = session.change(
        'UPDATE "jobs" SET "checkpoint_counter" = greatest("checkpoint_counter", ?) WHERE "id" = ?', checkpoint_id, job_id
    )
    if not changed:
        raise not_found("job", job_id)


def _check_name(session: Session, job: Job) -> None:
    row = session.row('SELECT "id" FROM "jobs" WHERE "name" = ? AND "id" <> ? AND "deleted_at" IS NULL', job.name, job.id)
    if row:
        raise StoreError(
            f"there is already a job named {job.name!r} ({row[0]})",
            code="name-taken",
            hint="choose another name, or delete that job",
        )


def _encode(job: Job) -> str:
    return encode_record(msgspec.structs.replace(job, execution=None, last_checkpoint=None))


def _decode(row: Row) -> Job:
    job, execution, checkpoint = row
    return msgspec.structs.replace(
        decode_record(Job, job),
        execution=decode_record(Execution, execution) if execution else None,
        last_checkpoint=decode_record(Checkpoint, checkpoint) if checkpoint else None,
    )
