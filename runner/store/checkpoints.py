"""Checkpoints and savepoints: their records, and the state that a restore starts from.

A state of at most 1 MB is in the row; a larger one is in a file that is durable before the row says so, and is removed after
the row is gone.
"""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

import functools
import hashlib

import msgspec

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from runner.store import jobs
from runner.store.errors import StoreError, already_exists, not_found
from runner.store.session import Row, Session, decode_record, encode_record

INLINE_LIMIT = 1024 * 1024
FAILED_RETAINED = 20

_WHERE = 'WHERE "job_id" = ? AND "id" = ?'
_STATUSES_BEFORE = {
    CheckpointStatus.COMPLETED: frozenset({CheckpointStatus.IN_PROGRESS}),
    CheckpointStatus.COMMITTED: frozenset({CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}),
    CheckpointStatus.FAILED: frozenset({CheckpointStatus.IN_PROGRESS, CheckpointStatus.FAILED}),
}
# Periodic and final checkpoints go once enough newer ones are committed; the newest restorable one of a job always stays.
_PRUNABLE = """
    SELECT "id" FROM (
        SELECT "id", row_number() OVER (ORDER BY "id" DESC) AS "age" FROM "checkpoints"
        WHERE "job_id" = $1 AND "kind" <> 'savepoint' AND "status" = 'committed'
    ) WHERE "age" > $2 AND "id" < (
        SELECT max("id") FROM "checkpoints" WHERE "job_id" = $1 AND "status" IN ('completed', 'committed')
    )
    UNION ALL
    SELECT "id" FROM (
        SELECT "id", row_number() OVER (ORDER BY "id" DESC) AS "age" FROM "checkpoints"
        WHERE "job_id" = $1 AND "status" = 'failed'
    ) WHERE "age" > $3
    ORDER BY "id"
"""


def insert(session: Session, checkpoint: Checkpoint) -> None:
    """Add a checkpoint that was triggered."""
    if get(session, checkpoint.job_id, checkpoint.id):
        raise already_exists("checkpoint", f"{checkpoint.id} of job {checkpoint.job_id}")
    jobs.reserve_checkpoint_id(session, checkpoint.job_id, checkpoint.id)
    session.change(
        'INSERT INTO "checkpoints" ("job_id", "id", "kind", "status", "record") VALUES (?, ?, ?, ?, ?)',
        *(checkpoint.job_id, checkpoint.id, str(checkpoint.kind), str(checkpoint.status), encode_record(checkpoint)),
    )


def complete(session: Session, checkpoint: Checkpoint, state: bytes) -> None:
    """Record that a checkpoint is complete, with the state to restore from."""
    if checkpoint.status is not CheckpointStatus.COMPLETED:
        raise StoreError(f"a checkpoint that is {checkpoint.status} cannot be completed", code="conflict")
    _update(session, checkpoint)
    digest = hashlib.sha256(state).hexdigest()
    inline, name = (state, None) if len(state) <= INLINE_LIMIT else (None, _write_file(session, checkpoint, state, digest))
    session.change(
        f'UPDATE "checkpoints" SET "state" = ?, "state_file" = ?, "state_size" = ?, "state_sha256" = ? {_WHERE}',
        *(inline, name, len(state), digest, checkpoint.job_id, checkpoint.id),
    )


def mark_committed(session: Session, job_id: str, checkpoint_id: int, at: float) -> None:
    """Record that every sink has committed."""
    checkpoint = require(session, job_id, checkpoint_id)
    if checkpoint.status is not CheckpointStatus.COMMITTED:
        _update(session, msgspec.structs.replace(checkpoint, status=CheckpointStatus.COMMITTED, committed_at=at))


def fail(session: Session, job_id: str, checkpoint_id: int, failure: str, at: float) -> None:
    """Record that a checkpoint will not happen."""
    checkpoint = require(session, job_id, checkpoint_id)
    duration = max(0.0, at - checkpoint.triggered_at)
    _update(session, msgspec.structs.replace(checkpoint, status=CheckpointStatus.FAILED, failure=failure, duration=duration))


def get(session: Session, job_id: str, checkpoint_id: int) -> Checkpoint | None:
    """One checkpoint, None when there is none."""
    row = session.row(f'SELECT "record" FROM "checkpoints" {_WHERE}', job_id, checkpoint_id)
    return _decode(row) if row else None


def require(session: Session, job_id: str, checkpoint_id: int) -> Checkpoint:
    """One checkpoint; StoreError ``not-found`` when there is none."""
    found = get(session, job_id, checkpoint_id)
    if found is None:
        raise not_found("checkpoint", f"{checkpoint_id} of job {job_id}")
    return found


def of_job(session: Session, job_id: str, kind: CheckpointKind | str | None, limit: int) -> list[Checkpoint]:
    """Checkpoints of a job, newest first."""
    statement = """
        SELECT "record" FROM "checkpoints"
        WHERE "job_id" = $1 AND ($2::VARCHAR IS NULL OR "kind" = $2) ORDER BY "id" DESC LIMIT $3
    """
    return [_decode(row) for row in session.rows(statement, job_id, str(kind) if kind else None, limit)]


def uncommitted(session: Session, job_id: str) -> list[Checkpoint]:
    """Checkpoints whose tokens a restore has to commit again, oldest first."""
    statement = """SELECT "record" FROM "checkpoints" WHERE "job_id" = ? AND "status" = 'completed' ORDER BY "id" """
    return [_decode(row) for row in session.rows(statement, job_id)]


def state(session: Session, job_id: str, checkpoint_id: int) -> bytes:
    """The state of a completed checkpoint, verified."""
    statement = f'SELECT "state", "state_file", "state_size", "state_sha256" FROM "checkpoints" {_WHERE}'
    row = session.row(statement, job_id, checkpoint_id)
    if row is None or row[3] is None:
        raise not_found("completed checkpoint", f"{checkpoint_id} of job {job_id}")
    inline, name, size, digest = row
    content = bytes(inline) if name is None else session.files.read(name)
    if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
        raise StoreError(
            f"the state of checkpoint {checkpoint_id} of job {job_id} is not the one that was saved",
            code="checkpoint-corrupt",
            hint="restore from another checkpoint or savepoint",
        )
    return content


def delete(session: Session, job_id: str, checkpoint_id: int) -> None:
    """Remove a checkpoint and its state."""
    require(session, job_id, checkpoint_id)
    _remove(session, job_id, [checkpoint_id])


def prune(session: Session, job_id: str, retained: int) -> list[int]:
    """Remove what nobody will restore from; the ids that went."""
    ids = [int(row[0]) for row in session.rows(_PRUNABLE, job_id, max(retained, 1), FAILED_RETAINED)]
    if ids:
        _remove(session, job_id, ids)
    return ids


def state_file_names(session: Session) -> set[str]:
    """Every file name that a row refers to."""
    return {row[0] for row in session.rows('SELECT "state_file" FROM "checkpoints" WHERE "state_file" IS NOT NULL')}


def _update(session: Session, checkpoint: Checkpoint) -> None:
    stored = require(session, checkpoint.job_id, checkpoint.id)
    if stored.status not in _STATUSES_BEFORE[checkpoint.status]:
        raise StoreError(
            f"checkpoint {checkpoint.id} of job {checkpoint.job_id} is {stored.status}, it cannot become {checkpoint.status}",
            code="conflict",
        )
    session.change(
        f'UPDATE "checkpoints" SET "kind" = ?, "status" = ?, "record" = ? {_WHERE}',
        *(str(checkpoint.kind), str(checkpoint.status), encode_record(checkpoint), checkpoint.job_id, checkpoint.id),
    )


def _write_file(session: Session, checkpoint: Checkpoint, content: bytes, digest: str) -> str:
    name = f"{checkpoint.job_id}-{checkpoint.id}-{digest[:16]}.bin"
    session.after_rollback.append(functools.partial(session.files.remove, name))
    session.files.write(name, content)
    return name


def _remove(session: Session, job_id: str, ids: list[int]) -> None:
    statement = """
        SELECT "state_file" FROM "checkpoints"
        WHERE "job_id" = ? AND "state_file" IS NOT NULL AND "id" IN (SELECT unnest(?::BIGINT[]))
    """
    for (name,) in session.rows(statement, job_id, ids):
        session.after_commit.append(functools.partial(session.files.remove, name))
    session.change('DELETE FROM "checkpoints" WHERE "job_id" = ? AND "id" IN (SELECT unnest(?::BIGINT[]))', job_id, ids)


def _decode(row: Row) -> Checkpoint:
    return decode_record(Checkpoint, row[0])
