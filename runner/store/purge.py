# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
"""Removing for good what is over: deleted jobs with everything that belongs to them, and the oldest executions and generations
of the others. What an execution has left in its targets is known from its record alone: until that is settled, it stays."""

from __future__ import annotations

from runner.store import checkpoints, metrics, rejections
from runner.store.executions import TERMINAL, UNSETTLED
from runner.store.operations import OperationRecords
from runner.store.session import Session

_OF_JOB = ("generations", "executions", "reloads")
_SUPERFLUOUS_EXECUTIONS = f"""
    SELECT "id" FROM (
        SELECT "id", "state", "record",
            row_number() OVER (PARTITION BY "job_id" ORDER BY "created_at" DESC, rowid DESC) AS "age"
        FROM "executions"
    )
    WHERE "age" > greatest(?, 1) AND "state" IN ({TERMINAL}) AND NOT {UNSETTLED}
    LIMIT ?
"""
# Those that an execution runs, or that took a checkpoint that is kept, are needed for what they know of it.
_SUPERFLUOUS_GENERATIONS = """
    SELECT "job_id", "number" FROM (
        SELECT "job_id", "number", row_number() OVER (PARTITION BY "job_id" ORDER BY "number" DESC) AS "age" FROM "generations"
    )
    WHERE "age" > greatest(?, 1)
    AND ("job_id", "number") NOT IN (
        SELECT "job_id", CAST("record"->>'generation' AS INTEGER) FROM "executions"
        UNION SELECT "job_id", CAST("record"->>'generation' AS INTEGER) FROM "checkpoints"
        UNION SELECT "id", CAST("record"->>'generation' AS INTEGER) FROM "jobs"
    )
    LIMIT ?
"""


def purge_jobs(session: Session, before: float) -> list[str]:
    """Remove the jobs that were deleted before ``before``; their ids."""
    statement = f"""
        SELECT "id" FROM "jobs" WHERE "deleted_at" < ?
        AND "id" NOT IN (SELECT "job_id" FROM "executions" WHERE {UNSETTLED}) ORDER BY "id"
    """
    ids = [str(row[0]) for row in session.rows(statement, before)]
    for job_id in ids:
        _purge(session, job_id)
    return ids


def purge_job(session: Session, job_id: str) -> bool:
    """Remove a deleted job now; False when what an execution has left is not settled."""
    unsettled = session.row(f'SELECT 1 FROM "executions" WHERE "job_id" = ? AND {UNSETTLED} LIMIT 1', job_id)
    if not unsettled:
        _purge(session, job_id)
    return not unsettled


def prune_executions(session: Session, keep: int, limit: int) -> list[str]:
    """Remove at most ``limit`` executions beyond the newest ``keep`` of each job; their ids."""
    if not _has_more(session, "executions", keep):
        return []
    ids = [str(row[0]) for row in session.rows(_SUPERFLUOUS_EXECUTIONS, keep, limit)]
    _remove_executions(session, ids)
    return ids


def prune_generations(session: Session, keep: int, limit: int) -> int:
    """Remove at most ``limit`` generations beyond the newest ``keep`` of each job that nothing refers to; how many went."""
    if not _has_more(session, "generations", keep):
        return 0
    rows = session.rows(_SUPERFLUOUS_GENERATIONS, keep, limit)
    for job_id, number in rows:
        session.change('DELETE FROM "generations" WHERE "job_id" = ? AND "number" = ?', job_id, number)
    return len(rows)


def _has_more(session: Session, table: str, keep: int) -> bool:
    """Whether any job has more than are kept: mostly none has, and this is found without reading a single record."""
    statement = f'SELECT 1 FROM "{table}" GROUP BY "job_id" HAVING count(*) > greatest(?, 1) LIMIT 1'
    return session.row(statement, keep) is not None


def _purge(session: Session, job_id: str) -> None:
    checkpoints.remove_all(session, job_id)
    _remove_executions(
        session, [str(row[0]) for row in session.rows('SELECT "id" FROM "executions" WHERE "job_id" = ?', job_id)]
    )
    for table in _OF_JOB:
        session.change(f'DELETE FROM "{table}" WHERE "job_id" = ?', job_id)
    OperationRecords(session).forget_jobs([job_id])
    session.change('DELETE FROM "jobs" WHERE "id" = ?', job_id)
    session.memory.checkpoint_numbers.forget(job_id)
    session.memory.newest_checkpoints.pop(job_id, None)


def _remove_executions(session: Session, ids: list[str]) -> None:
    if ids:
        metrics.remove_series(session, ids)
        rejections.remove_executions(session, ids)
        session.change('DELETE FROM "attempts" WHERE "execution_id" = ANY(?::VARCHAR[])', ids)
        session.change('DELETE FROM "executions" WHERE "id" = ANY(?::VARCHAR[])', ids)
