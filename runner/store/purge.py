# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
"""Removing for good what is over: deleted jobs with everything that belongs to them, and the oldest executions and generations
of the others. What an execution has left in its targets is known from its record alone: until that is settled, it stays."""

from __future__ import annotations

from runner.store import attempts, checkpoints, executions, generations, jobs, metrics, rejections
from runner.store.executions import TERMINAL, UNSETTLED
from runner.store.operations import OperationRecords
from runner.store.session import Session

_SUPERFLUOUS_EXECUTIONS = f"""
    SELECT "id" FROM (
        SELECT e."id", e."state", e."record", e."finished_at", j."kept_executions", j."kept_days",
            row_number() OVER (PARTITION BY e."job_id" ORDER BY e."created_at" DESC, e.rowid DESC) AS "age"
        FROM "executions" e LEFT JOIN "jobs" j ON j."id" = e."job_id"
    )
    WHERE "age" > 1 AND "state" IN ({TERMINAL}) AND NOT {UNSETTLED}
    AND ("age" > coalesce("kept_executions", $keep) OR "finished_at" < $now - coalesce("kept_days", $days) * 86400)
    LIMIT $limit
"""
_MAY_BE_SUPERFLUOUS = """
    SELECT 1 FROM "executions" e LEFT JOIN "jobs" j ON j."id" = e."job_id" GROUP BY e."job_id"
    HAVING count(*) > 1 AND (
        count(*) > coalesce(any_value(j."kept_executions"), $keep)
        OR min(e."finished_at") < $now - coalesce(any_value(j."kept_days"), $days) * 86400
    ) LIMIT 1
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


def prune_executions(session: Session, keep: int, limit: int, days: float | None, now: float) -> list[str]:
    """Remove at most ``limit`` executions beyond the newest ``keep`` of each job, or that ended more than ``days`` before
    ``now``; the job's own retention counts over both. Their ids."""
    bounds = {"keep": keep, "days": days, "now": now}
    # Mostly none has too many, and this is found without reading a single record.
    if not session.named_rows(_MAY_BE_SUPERFLUOUS, bounds):
        return []
    ids = [str(row[0]) for row in session.named_rows(_SUPERFLUOUS_EXECUTIONS, {**bounds, "limit": limit})]
    _remove_executions(session, ids)
    return ids


def prune_generations(session: Session, keep: int, limit: int) -> int:
    """Remove at most ``limit`` generations beyond the newest ``keep`` of each job that nothing refers to; how many went."""
    if not _has_more(session, "generations", keep):
        return 0
    rows = session.rows(_SUPERFLUOUS_GENERATIONS, keep, limit)
    for job_id, number in rows:
        generations.remove(session, job_id, number)
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
    generations.remove(session, job_id)
    OperationRecords(session).forget_jobs([job_id])
    session.change('DELETE FROM "jobs" WHERE "id" = ?', job_id)
    jobs.forget(session, job_id)
    session.memory.checkpoint_numbers.forget(job_id)
    session.memory.newest_checkpoints.pop(job_id, None)


def _remove_executions(session: Session, ids: list[str]) -> None:
    if ids:
        metrics.remove_series(session, ids)
        rejections.remove_executions(session, ids)
        attempts.remove(session, ids)
        executions.remove(session, ids)
