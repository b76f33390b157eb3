"""Checkpoints and savepoints: their records, and the state that a restore starts from.

A state of at most 1 MB is in the row; a larger one is in a file that is durable before the row says so, and is removed after
the row is gone.
"""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, SavepointPlace
from runner.store import jobs
from runner.store.errors import StoreError, already_exists, not_found
from runner.store.executions import TERMINAL
from runner.store.pages import ALL, CheckpointFilter, Place
from runner.store.session import Row, Session, decode_record, encode_record

_Value = bytes | str | int | None

INLINE_LIMIT = 1024 * 1024
FAILED_RETAINED = 20
_REMEMBERED = 51
"""A page that nobody has said the length of, and one more, which tells that there is another page."""
_COMPLETE = """"status" IN ('completed', 'committed')"""
_TRIGGERED = """("record"->>'triggered_at')::DOUBLE"""
_SAVEPOINT_NAME = """("job_id" || '/' || "id")"""
_SAVEPOINTS_AFTER = f"AND ({_TRIGGERED} < $at OR ({_TRIGGERED} = $at AND {_SAVEPOINT_NAME} > $last))"

_WHERE = 'WHERE "job_id" = ? AND "id" = ?'
_RESTORABLE = frozenset({CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED})
_IN_USE = f"""
    SELECT "execution"->>'restored_from' FROM "jobs"
    WHERE "id" = $1 AND "execution_state" NOT IN ({TERMINAL})
    AND "execution_id" IS DISTINCT FROM (
        SELECT arg_max("record", "id")->>'execution_id' FROM "checkpoints"
        WHERE "job_id" = $1 AND "status" IN ('completed', 'committed')
    )
"""
_UNFINISHED = frozenset({CheckpointStatus.IN_PROGRESS, CheckpointStatus.COMPLETED})
_STATUSES_BEFORE = {
    CheckpointStatus.COMPLETED: frozenset({CheckpointStatus.IN_PROGRESS}),
    CheckpointStatus.COMMITTED: frozenset({CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}),
    CheckpointStatus.FAILED: frozenset({CheckpointStatus.IN_PROGRESS, CheckpointStatus.FAILED}),
}


def insert(session: Session, checkpoint: Checkpoint) -> None:
    """Add a checkpoint that was triggered."""
    if not _is_newest(session, checkpoint) and get(session, checkpoint.job_id, checkpoint.id):
        raise _exists(checkpoint)
    _insert(session, checkpoint)


def complete(session: Session, checkpoint: Checkpoint, state: bytes) -> None:
    """Record that a checkpoint is complete, with the state to restore from."""
    if checkpoint.status is not CheckpointStatus.COMPLETED:
        raise StoreError(f"a checkpoint that is {checkpoint.status} cannot be completed", code="conflict")
    _check_step(require(session, checkpoint.job_id, checkpoint.id), checkpoint.status)
    _update(session, checkpoint, **_kept(session, checkpoint, state))


def insert_complete(session: Session, checkpoint: Checkpoint, state: bytes) -> None:
    """Add a checkpoint that is complete already, with its state. That it was begun may have been recorded."""
    if checkpoint.status not in _RESTORABLE:
        raise StoreError(f"a checkpoint that is {checkpoint.status} has no state", code="conflict")
    found = None if _is_newest(session, checkpoint) else get(session, checkpoint.job_id, checkpoint.id)
    if found is not None and found.status is not CheckpointStatus.IN_PROGRESS:
        raise _exists(checkpoint)
    write = _insert if found is None else _update
    write(session, checkpoint, **_kept(session, checkpoint, state))


def mark_committed(
    session: Session,
    job_id: str,
    checkpoint_id: int,
    at: float,
    saved_seconds: float | None = None,
    committed_seconds: float | None = None,
) -> Checkpoint:
    """Record that every sink has committed, and how long that and the saving took when it is known; what is on record now."""
    checkpoint = require(session, job_id, checkpoint_id)
    _check_step(checkpoint, CheckpointStatus.COMMITTED)
    if checkpoint.status is CheckpointStatus.COMMITTED:
        return checkpoint
    committed = msgspec.structs.replace(
        checkpoint,
        status=CheckpointStatus.COMMITTED,
        committed_at=at,
        saved_seconds=saved_seconds,
        committed_seconds=committed_seconds,
    )
    _update(session, committed)
    return committed


def commit_all(session: Session, job_id: str, committed: Sequence[Checkpoint]) -> list[int]:
    """Replace the records of complete checkpoints by these committed ones, by one statement: the ids of those that were
    complete and not committed yet. The others stay as they are."""
    statement = """
        UPDATE "checkpoints" SET "status" = 'committed', "record" = "committed"."record"
        FROM (SELECT unnest($2::BIGINT[]) AS "id", unnest($3::VARCHAR[]) AS "record") AS "committed"
        WHERE "job_id" = $1 AND "status" = 'completed' AND "checkpoints"."id" = "committed"."id"
        RETURNING "checkpoints"."id"
    """
    ids, records = [each.id for each in committed], [encode_record(each) for each in committed]
    _forget(session, job_id, ids)
    done = {int(row[0]) for row in session.rows(statement, job_id, ids, records)}
    for each in committed:
        if each.id in done:
            _changed(session, each)
    return sorted(done)


def fail(
    session: Session, job_id: str, checkpoint_id: int, failure: str, at: float, late_workers: tuple[int, ...] = ()
) -> None:
    """Record that a checkpoint will not happen."""
    checkpoint = require(session, job_id, checkpoint_id)
    _check_step(checkpoint, CheckpointStatus.FAILED)
    duration = max(0.0, at - checkpoint.triggered_at)
    failed = msgspec.structs.replace(
        checkpoint,
        status=CheckpointStatus.FAILED,
        failure=failure,
        duration=duration,
        late_workers=late_workers or checkpoint.late_workers,
    )
    _update(session, failed)


def condemn(session: Session, job_id: str, checkpoint_id: int, failure: str) -> None:
    """Record that a complete checkpoint is lost: its state cannot be read."""
    checkpoint = require(session, job_id, checkpoint_id)
    if checkpoint.status in _RESTORABLE:
        _update(session, msgspec.structs.replace(checkpoint, status=CheckpointStatus.FAILED, failure=failure))


def set_place(session: Session, job_id: str, checkpoint_id: int, place: SavepointPlace) -> None:
    """Record where the directory of a savepoint is; nothing when the savepoint is gone."""
    checkpoint = get(session, job_id, checkpoint_id)
    if checkpoint is not None:
        _update(session, msgspec.structs.replace(checkpoint, place=place))


def get(session: Session, job_id: str, checkpoint_id: int) -> Checkpoint | None:
    """One checkpoint, None when there is none."""
    row = session.row(f'SELECT "record" FROM "checkpoints" {_WHERE}', job_id, checkpoint_id)
    return _decode(row) if row else None


def require(session: Session, job_id: str, checkpoint_id: int) -> Checkpoint:
    """One checkpoint; StoreError ``not-found`` when there is none. The writer knows those that it has not seen the end of."""
    found = session.memory.unfinished_checkpoints.get((job_id, checkpoint_id)) or get(session, job_id, checkpoint_id)
    if found is None:
        raise not_found("checkpoint", f"{checkpoint_id} of job {job_id}")
    return found


def of_job(session: Session, job_id: str, wanted: CheckpointFilter, limit: int) -> list[Checkpoint]:
    """Checkpoints of a job, newest first. The first few are remembered."""
    if wanted == CheckpointFilter() and limit <= _REMEMBERED:
        return list(_newest(session, job_id)[:limit])
    asked: list[tuple[str, str | float | None]] = [
        ('"kind" = ?', str(wanted.kind) if wanted.kind else None),
        ("""("record"->>'execution_id') = ?""", wanted.execution_id),
        ('"id" < ?', wanted.after.at if wanted.after else None),
    ]
    chosen = [(condition, value) for condition, value in asked if value is not None]
    conditions = ['"job_id" = ?', *(condition for condition, _ in chosen), *([_COMPLETE] if wanted.complete else [])]
    statement = f'SELECT "record" FROM "checkpoints" WHERE {" AND ".join(conditions)} ORDER BY "id" DESC LIMIT ? OFFSET ?'
    rows = session.rows(statement, job_id, *(value for _, value in chosen), limit, wanted.offset)
    return [_decode(row) for row in rows]


def _newest(session: Session, job_id: str) -> tuple[Checkpoint, ...]:
    """As many of a job's newest checkpoints as are remembered."""
    found: tuple[Checkpoint, ...] | None = session.known(("checkpoints", job_id))
    if found is None:
        # A job has few: to have the database choose among them costs more than to read them.
        rows = session.rows('SELECT "id", "record" FROM "checkpoints" WHERE "job_id" = ?', job_id)
        found = tuple(decode_record(Checkpoint, record) for _, record in sorted(rows, reverse=True)[:_REMEMBERED])
        session.remember(("checkpoints", job_id), found)
    return found


def _changed(session: Session, checkpoint: Checkpoint) -> None:
    """What is remembered of the job's checkpoints is no longer so; of the job itself only which the newest complete one is."""
    session.unsettle(("checkpoints", checkpoint.job_id))
    if checkpoint.status in _RESTORABLE:
        session.show_checkpoint(checkpoint)
    elif checkpoint.status is CheckpointStatus.FAILED:
        session.touch(checkpoint.job_id)


def savepoint_ids(session: Session) -> set[tuple[str, int]]:
    """The job and the number of every savepoint that there is a record of, deleted jobs' too."""
    rows = session.rows("""SELECT "job_id", "id" FROM "checkpoints" WHERE "kind" = 'savepoint'""")
    return {(str(job_id), int(number)) for job_id, number in rows}


def savepoints(
    session: Session, *, deleted: bool, limit: int = ALL, offset: int = 0, after: Place | None = None
) -> list[Checkpoint]:
    """Complete savepoints of the jobs that are not deleted, or of those that are, newest first: those after ``after``, without
    the first ``offset`` of them."""
    beyond, last = (_SAVEPOINTS_AFTER, {"at": after.at, "last": after.id}) if after is not None else ("", {})
    statement = f"""
        SELECT "record", {_TRIGGERED} AS "at", {_SAVEPOINT_NAME} AS "name" FROM "checkpoints"
        WHERE "kind" = 'savepoint' AND {_COMPLETE}
        AND "job_id" IN (SELECT "id" FROM "jobs" WHERE ("deleted_at" IS NOT NULL) = $deleted) {beyond}
        ORDER BY "at" DESC, "name" LIMIT $limit OFFSET $offset
    """
    rows = session.named_rows(statement, {"deleted": deleted, "limit": limit, "offset": offset, **last})
    return [_decode(row) for row in rows]


def savepoint_place(savepoint: Checkpoint) -> Place:
    """Where a savepoint is among those of all jobs."""
    return Place(savepoint.triggered_at, f"{savepoint.job_id}/{savepoint.id}")


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
    if inline is None and name is None:
        failure = require(session, job_id, checkpoint_id).failure or "its state was in a damaged part of the database"
        raise StoreError(failure, code="checkpoint-corrupt", hint="restore from another checkpoint or savepoint")
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
    row = session.row(f'SELECT "state_file" FROM "checkpoints" {_WHERE}', job_id, checkpoint_id)
    if row is None:
        raise not_found("checkpoint", f"{checkpoint_id} of job {job_id}")
    _remove(session, job_id, {checkpoint_id: row[0]})
    session.touch(job_id)


def release(session: Session, job_id: str, checkpoint_id: int) -> bool:
    """Forget a savepoint. False: the job can go on from nothing newer, or runs from it now, so that it stays, as an ordinary
    checkpoint."""
    checkpoint = require(session, job_id, checkpoint_id)
    statement = """SELECT max("id") FROM "checkpoints" WHERE "job_id" = ? AND "status" IN ('completed', 'committed')"""
    if session.row(statement, job_id) != (checkpoint_id,) and _in_use(session, job_id) != checkpoint_id:
        delete(session, job_id, checkpoint_id)
        return True
    _update(session, msgspec.structs.replace(checkpoint, kind=CheckpointKind.PERIODIC, place=None))
    return False


def keep(session: Session, job_id: str, checkpoint_id: int, description: str) -> None:
    """Make a checkpoint a savepoint, which stays until somebody deletes it; one that is a savepoint already stays as it is."""
    checkpoint = require(session, job_id, checkpoint_id)
    if checkpoint.kind is not CheckpointKind.SAVEPOINT:
        kept = msgspec.structs.replace(checkpoint, kind=CheckpointKind.SAVEPOINT, description=description)
        _update(session, kept)


def prune(session: Session, job_id: str, retained: int) -> list[int]:
    """Remove what nobody will restore from; the ids that went."""
    statement = 'SELECT "id", "kind", "status", "state_file" FROM "checkpoints" WHERE "job_id" = ? ORDER BY "id" DESC'
    rows = session.rows(statement, job_id)
    restorable = [row[0] for row in rows if row[2] in _RESTORABLE]
    committed = [row[0] for row in rows if row[2] == CheckpointStatus.COMMITTED and row[1] != CheckpointKind.SAVEPOINT]
    failed = [row[0] for row in rows if row[2] == CheckpointStatus.FAILED]
    gone = {*committed[max(retained, 1) :], *failed[FAILED_RETAINED:]} - {*restorable[:1]}
    if gone:
        gone.discard(_in_use(session, job_id))
        _remove(session, job_id, {row[0]: row[3] for row in rows if row[0] in gone})
    return sorted(gone)


def remove_all(session: Session, job_id: str) -> None:
    """Remove every checkpoint and savepoint of a job."""
    rows = session.rows('SELECT "id", "state_file" FROM "checkpoints" WHERE "job_id" = ?', job_id)
    _remove(session, job_id, dict(rows))
    session.touch(job_id)


def state_file_names(session: Session) -> set[str]:
    """Every file name that a row refers to."""
    return {row[0] for row in session.rows('SELECT "state_file" FROM "checkpoints" WHERE "state_file" IS NOT NULL')}


def _in_use(session: Session, job_id: str) -> int | None:
    """The checkpoint that the job's execution started from, while that has none of its own: its next attempt needs it."""
    row = session.row(_IN_USE, job_id)
    return None if row is None or row[0] is None else int(row[0])


def _check_step(stored: Checkpoint, status: CheckpointStatus) -> None:
    if stored.status not in _STATUSES_BEFORE[status]:
        raise StoreError(
            f"checkpoint {stored.id} of job {stored.job_id} is {stored.status}, it cannot become {status}", code="conflict"
        )


def _insert(session: Session, checkpoint: Checkpoint, **state: _Value) -> None:
    job_id, number = checkpoint.job_id, checkpoint.id
    jobs.reserve_checkpoint_id(session, job_id, number)
    columns = {"job_id": job_id, "id": number, **_columns(checkpoint), **state}
    names, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
    session.change(f'INSERT INTO "checkpoints" ({names}) VALUES ({places})', *columns.values())
    newest = session.memory.newest_checkpoints
    newest[job_id] = max(newest[job_id], number)
    _know(session, checkpoint)
    _changed(session, checkpoint)


def _exists(checkpoint: Checkpoint) -> StoreError:
    return already_exists("checkpoint", f"{checkpoint.id} of job {checkpoint.job_id}")


def _is_newest(session: Session, checkpoint: Checkpoint) -> bool:
    """Whether it is newer than all that are there, so that it need not be looked for among them."""
    newest, job_id = session.memory.newest_checkpoints, checkpoint.job_id
    if job_id not in newest:
        row = session.row('SELECT max("id") FROM "checkpoints" WHERE "job_id" = ?', job_id)
        newest[job_id] = int(row[0]) if row is not None and row[0] is not None else 0
    return checkpoint.id > newest[job_id]


def _columns(checkpoint: Checkpoint) -> dict[str, _Value]:
    return {"kind": str(checkpoint.kind), "status": str(checkpoint.status), "record": encode_record(checkpoint)}


def _kept(session: Session, checkpoint: Checkpoint, state: bytes) -> dict[str, _Value]:
    """The columns of a state."""
    digest = hashlib.sha256(state).hexdigest()
    inline, name = (state, None) if len(state) <= INLINE_LIMIT else (None, _write_file(session, checkpoint, state, digest))
    return {"state": inline, "state_file": name, "state_size": len(state), "state_sha256": digest}


def _update(session: Session, checkpoint: Checkpoint, **state: _Value) -> None:
    """Replace the record; ``state`` are columns that change with it."""
    columns = {**_columns(checkpoint), **state}
    assignments = ", ".join(f'"{column}" = ?' for column in columns)
    session.change(f'UPDATE "checkpoints" SET {assignments} {_WHERE}', *columns.values(), checkpoint.job_id, checkpoint.id)
    _know(session, checkpoint)
    _changed(session, checkpoint)


def _know(session: Session, checkpoint: Checkpoint) -> None:
    """What is on record of it, until it comes to its end."""
    known, key = session.memory.unfinished_checkpoints, (checkpoint.job_id, checkpoint.id)
    if checkpoint.status in _UNFINISHED:
        known[key] = checkpoint
    else:
        known.pop(key, None)


def _forget(session: Session, job_id: str, numbers: Iterable[int]) -> None:
    for number in numbers:
        session.memory.unfinished_checkpoints.pop((job_id, number), None)


def _write_file(session: Session, checkpoint: Checkpoint, content: bytes, digest: str) -> str:
    name = f"{checkpoint.job_id}-{checkpoint.id}-{digest[:16]}.bin"
    session.after_rollback.append(functools.partial(session.files.remove, name))
    session.files.write(name, content)
    return name


def _remove(session: Session, job_id: str, files: dict[int, str | None]) -> None:
    """Remove checkpoints, given with the names of their state files. Is the newest complete one among them, the job changes."""
    session.change('DELETE FROM "checkpoints" WHERE "job_id" = ? AND "id" = ANY(?::BIGINT[])', job_id, list(files))
    _forget(session, job_id, files)
    session.unsettle(("checkpoints", job_id))
    for name in files.values():
        if name is not None:
            session.after_commit.append(functools.partial(session.files.remove, name))


def _decode(row: Row) -> Checkpoint:
    return decode_record(Checkpoint, row[0])
