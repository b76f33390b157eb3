# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
"""Removing deleted jobs for good, with everything that belongs to them. Deleting hides a job, purging forgets it."""

from __future__ import annotations

from runner.store import checkpoints, metrics
from runner.store.session import Session

_OF_JOB = ("generations", "executions")


def purge_jobs(session: Session, before: float) -> list[str]:
    """Remove the jobs that were deleted before ``before``; their ids."""
    rows = session.rows('SELECT "id" FROM "jobs" WHERE "deleted_at" < ? ORDER BY "id"', before)
    ids = [str(row[0]) for row in rows]
    for job_id in ids:
        _purge(session, job_id)
    return ids


def _purge(session: Session, job_id: str) -> None:
    checkpoints.remove_all(session, job_id)
    executions = [str(row[0]) for row in session.rows('SELECT "id" FROM "executions" WHERE "job_id" = ?', job_id)]
    metrics.remove_series(session, executions)
    session.change('DELETE FROM "attempts" WHERE "execution_id" = ANY(?::VARCHAR[])', executions)
    for table in _OF_JOB:
        session.change(f'DELETE FROM "{table}" WHERE "job_id" = ?', job_id)
    session.change('DELETE FROM "jobs" WHERE "id" = ?', job_id)
    session.memory.checkpoint_ids.pop(job_id, None)
