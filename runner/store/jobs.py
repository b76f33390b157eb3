"""Jobs: durable identities. A job's row carries a copy of its latest execution: lists are read often and by everybody, and
joining them with ten thousand executions each time costs more than writing these columns along."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from runner.model import Checkpoint, Execution, Job
from runner.store.errors import NAME_TAKEN, StoreError, already_exists, not_found
from runner.store.identifiers import check_id
from runner.store.job_names import JobNames
from runner.store.known_jobs import IndexedJob
from runner.store.pages import JobFilter, Place
from runner.store.session import Row, Session, decode_record, encode_record, one_of
from runner.store.sorting import Order, SortField, SortPlace, beyond, clause, number_in

_PREFIX_MATCHES = 20
_FEW = 100
"""Of so many jobs that have changed everything is read at once, of more what lists are made by."""

_COLUMNS = 'SELECT "id", "record", "execution", "version", "deleted_at" FROM "jobs"'
_INDEX = 'SELECT "id", "name", "created_at", "queue", "labels", "execution_state", "deleted_at" IS NOT NULL FROM "jobs"'
_SELECT = f'{_COLUMNS} WHERE "deleted_at" IS NULL'
_ORDER = 'ORDER BY "created_at" DESC, "id"'
_BY_ID = f'{_SELECT} AND "id" = ?'
_BY_NAME = f'{_SELECT} AND "name" = ?'
_BY_PREFIX = f'{_SELECT} AND starts_with("id", ?) {_ORDER} LIMIT {_PREFIX_MATCHES}'
_DELETED = f'{_COLUMNS} WHERE "deleted_at" IS NOT NULL'
_DELETED_BY_ID = f'{_DELETED} AND "id" = ?'
_DELETED_BY_NAME = f'{_DELETED} AND "name" = ? ORDER BY "deleted_at" DESC'
_AFTER = '("created_at" < $at OR ("created_at" = $at AND "id" > $last))'
_RECORD, _EXECUTION = '"record"', '"execution"'
_SORTED_BY: Final[Mapping[SortField, str]] = {
    SortField.NAME: 'lower("name")',
    SortField.STATE: '"execution_state"',
    SortField.CREATED: '"created_at"',
    SortField.UPDATED: f"greatest({number_in(_RECORD, 'updated_at')}, {number_in(_EXECUTION, 'state_since')})",
    SortField.STARTED: number_in(_EXECUTION, "started_at"),
    SortField.ENDED: number_in(_EXECUTION, "finished_at"),
}
# The newest of each job is found here: few are kept, and to group them costs more than to read them all.
_CHECKPOINTS = """
    SELECT "job_id", "record" FROM "checkpoints"
    WHERE {of_jobs} AND "status" IN ('completed', 'committed') ORDER BY "id"
"""


_NAMES = 'SELECT "id", CASE WHEN "deleted_at" IS NULL THEN "name" END FROM "jobs"'


def insert(session: Session, job: Job) -> None:
    """Add a job."""
    check_id("job", job.id)
    if _names(session).has(job.id):
        raise already_exists("job", job.id)
    _check_name(session, job)
    execution = {"execution_id": None, "execution_state": None, "execution": None}
    session.add("jobs", {"id": job.id, **_columns(job), "record": _encode(job), "version": 1, **execution})
    session.unseen |= {("generations", job.id), ("executions", job.id)}
    _name(session, job.id, job.name)
    session.touch(job.id)


def update(session: Session, job: Job) -> None:
    """Replace a job's record."""
    _check_name(session, job)
    changed = session.change(
        """
        UPDATE "jobs" SET "name" = ?, "created_at" = ?, "queue" = ?, "labels" = ?, "kept_executions" = ?, "kept_days" = ?,
            "record" = ?, "version" = "version" + 1
        WHERE "id" = ? AND "deleted_at" IS NULL
        """,
        *(*_columns(job).values(), _encode(job), job.id),
    )
    if not changed:
        raise not_found("job", job.id)
    _name(session, job.id, job.name)
    session.touch(job.id)


def get(session: Session, job_id: str) -> Job | None:
    """The job of that id, None when there is none or it is deleted."""
    if session.writable and session.memory.names is not None and not session.memory.names.has(job_id):
        return None
    if is_known(session):
        found = _remembered(session, [job_id]) if session.jobs.has(job_id) else []
    else:
        found = _read(session, _BY_ID, job_id)
    return found[0] if found else None


def named(session: Session, name: str) -> Job | None:
    """The job of exactly that name."""
    if is_known(session):
        job_id = session.jobs.named(name)
        found = _remembered(session, [job_id]) if job_id is not None else []
    else:
        found = _read(session, _BY_NAME, name)
    return found[0] if found else None


def find(session: Session, reference: str) -> list[Job]:
    """The jobs that ``reference`` may mean."""
    if not reference:
        return []
    if is_known(session):
        return _remembered(session, session.jobs.meant_by(reference, _PREFIX_MATCHES))
    for statement in (_BY_ID, _BY_NAME, _BY_PREFIX):
        if found := _read(session, statement, reference):
            return found
    return []


def deleted(session: Session, reference: str) -> Job | None:
    """The deleted job of that id, else the one of that name that was deleted last; None when there is none."""
    for statement in (_DELETED_BY_ID, _DELETED_BY_NAME):
        if reference and (found := _read(session, statement, reference)):
            return found[0]
    return None


def page(session: Session, wanted: JobFilter, limit: int, offset: int, after: Place | None) -> list[Job]:
    """One page of jobs: those after ``after`` (None: from the first one), without the first ``offset`` of them."""
    if not wanted.deleted and is_known(session):
        return _remembered(session, session.jobs.page(wanted, limit, offset, after))
    conditions, parameters = _filter(wanted)
    if after is not None:
        conditions.append(_AFTER)
        parameters |= {"at": after.at, "last": after.id}
    # Which ones first, then their records: sorting all records for the sake of a page costs nearly twice as much.
    statement = f"""
        {_COLUMNS} WHERE rowid IN (
            SELECT rowid FROM "jobs" WHERE {" AND ".join(conditions)} {_ORDER} LIMIT $limit OFFSET $offset
        ) {_ORDER}
    """
    return _jobs(session, session.named_rows(statement, {**parameters, "limit": limit, "offset": offset}))


def sorted_page(
    session: Session, wanted: JobFilter, order: Order, limit: int, offset: int, after: SortPlace | None
) -> list[tuple[SortPlace, Job]]:
    """One page of jobs in some order, each with its place in it."""
    conditions, parameters = _filter(wanted)
    value = _SORTED_BY[order.field]
    if after is not None:
        condition, place = beyond(value, order, after)
        conditions.append(condition)
        parameters |= place
    statement = f"""
        SELECT "id", "record", "execution", "version", "deleted_at", {value} FROM "jobs"
        WHERE {" AND ".join(conditions)} {clause(value, order)} LIMIT $limit OFFSET $offset
    """
    rows = session.named_rows(statement, {**parameters, "limit": limit, "offset": offset})
    places = [SortPlace(row[5], row[0]) for row in rows]
    return list(zip(places, _jobs(session, [row[:5] for row in rows]), strict=True))


def count(session: Session, wanted: JobFilter) -> int:
    """How many jobs there are on all pages."""
    if not wanted.deleted and is_known(session):
        return session.jobs.count(wanted)
    conditions, parameters = _filter(wanted)
    return int(session.named_rows(f'SELECT count(*) FROM "jobs" WHERE {" AND ".join(conditions)}', parameters)[0][0])


def _filter(wanted: JobFilter) -> tuple[list[str], dict[str, object]]:
    """What has to hold, and its parameters: only what is asked for, as every condition costs, whatever it says."""
    asked: list[tuple[str, str, object]] = [
        (
            """list_contains($states::VARCHAR[], coalesce("execution_state", ''))""",
            "states",
            [*map(str, wanted.states)] or None,
        ),
        ('contains(lower("name"), lower($name))', "name", wanted.name or None),
        ('"queue" = $queue', "queue", wanted.queue),
        ('list_has_all("labels", $labels::VARCHAR[])', "labels", label_pairs(wanted.labels) or None),
    ]
    deleted = '"deleted_at" IS NOT NULL' if wanted.deleted else '"deleted_at" IS NULL'
    conditions = [deleted, *(condition for condition, _, value in asked if value is not None)]
    return conditions, {name: value for _, name, value in asked if value is not None}


def label_pairs(labels: Mapping[str, str]) -> list[str]:
    """The labels as the column has them: what is filtered by must not have to be read out of the record."""
    return [f"{key}={value}" for key, value in sorted(labels.items())]


def delete(session: Session, job_id: str) -> None:
    """Hide a job from now on."""
    changed = session.change(
        'UPDATE "jobs" SET "deleted_at" = ?, "version" = "version" + 1 WHERE "id" = ? AND "deleted_at" IS NULL',
        *(time.time(), job_id),
    )
    if not changed:
        raise not_found("job", job_id)
    _name(session, job_id, None)
    session.touch(job_id)


def undelete(session: Session, job_id: str) -> None:
    """Show a deleted job again, if nobody has taken its name."""
    job = deleted(session, job_id)
    if job is None or job.id != job_id:
        raise not_found("deleted job", job_id)
    _check_name(session, job)
    session.change('UPDATE "jobs" SET "deleted_at" = NULL, "version" = "version" + 1 WHERE "id" = ?', job_id)
    _name(session, job_id, job.name)
    session.touch(job_id)


def show_execution(session: Session, execution: Execution, record: str, *, new: bool) -> None:
    """Keep a copy of an execution in its job's row, so that a list of jobs is one scan. A ``new`` execution becomes the job's
    latest; a change to an earlier one does not show."""
    session.touch(execution.job_id)
    added = session.added("jobs", "id", execution.job_id)
    if added is not None and new:
        shown = {"execution_id": execution.id, "execution_state": str(execution.state), "execution": record}
        added |= {**shown, "version": added["version"] + 1}
        return
    changed = session.change(
        """
        UPDATE "jobs" SET "execution_id" = $1, "execution_state" = $2, "execution" = $3, "version" = "version" + 1
        WHERE "id" = $4 AND "deleted_at" IS NULL AND ($5 OR "execution_id" = $1)
        """,
        *(execution.id, str(execution.state), record, execution.job_id, new),
    )
    if new and not changed:
        raise not_found("job", execution.job_id)


def added(session: Session, job_id: str) -> Job | None:
    """The job that this transaction makes, as it is now; None when that is not known without a look."""
    row = session.added("jobs", "id", job_id)
    if row is None:
        return None
    return _decode((row["id"], row["record"], row["execution"], row["version"], None), None)


def forget(session: Session, job_id: str) -> None:
    """The job's row is gone."""
    if session.memory.names is not None:
        session.memory.names.drop(job_id)
        session.after_rollback.append(session.memory.forget_names)
    session.touch(job_id)


def next_checkpoint_id(session: Session, job_id: str, ahead: int = 0) -> int:
    """An id that no checkpoint of this job has had. When that takes a statement, ``ahead`` more are reserved with it."""
    _know_checkpoint_ids(session, job_id)
    fresh = session.memory.checkpoint_numbers.next(job_id)
    _reserve(session, job_id, fresh, ahead)
    return fresh


def reserve_checkpoint_id(session: Session, job_id: str, checkpoint_id: int) -> None:
    """See to it that ``checkpoint_id`` is never given out again."""
    _know_checkpoint_ids(session, job_id)
    _reserve(session, job_id, checkpoint_id, 0)


def return_checkpoint_ids(session: Session, job_id: str) -> None:
    """What was reserved ahead and not given out is free again."""
    session.reserved.pop(job_id, None)
    highest = session.memory.checkpoint_numbers.give_back(job_id)
    if highest is not None:
        _count_checkpoints(session, job_id, highest)


def _reserve(session: Session, job_id: str, checkpoint_id: int, ahead: int) -> None:
    numbers = session.memory.checkpoint_numbers
    if not numbers.is_reserved(job_id, checkpoint_id) and checkpoint_id > session.reserved.get(job_id, 0):
        session.reserved[job_id] = checkpoint_id + ahead
        _count_checkpoints(session, job_id, checkpoint_id + ahead)
        session.after_commit.append(functools.partial(numbers.reserved, job_id, checkpoint_id + ahead))


def _count_checkpoints(session: Session, job_id: str, highest: int) -> None:
    session.change('UPDATE "jobs" SET "checkpoint_counter" = ? WHERE "id" = ?', highest, job_id)


def _know_checkpoint_ids(session: Session, job_id: str) -> None:
    numbers = session.memory.checkpoint_numbers
    if not numbers.knows(job_id):
        row = session.row('SELECT "checkpoint_counter" FROM "jobs" WHERE "id" = ?', job_id)
        if row is None:
            raise not_found("job", job_id)
        numbers.learn(job_id, int(row[0]))


def _check_name(session: Session, job: Job) -> None:
    owner = _names(session).owner(job.name)
    if owner is not None and owner != job.id:
        raise _taken(job.name, owner)


def _names(session: Session) -> JobNames:
    """Those of all jobs; for the writer."""
    if session.memory.names is None:
        session.memory.names = JobNames((str(job_id), name) for job_id, name in session.rows(_NAMES))
    return session.memory.names


def _name(session: Session, job_id: str, name: str | None) -> None:
    """The job has this name from now on, None: it is deleted."""
    _names(session).put(job_id, name)
    session.after_rollback.append(session.memory.forget_names)


def _taken(name: str, job_id: str) -> StoreError:
    return StoreError(
        f"there is already a job named {name!r} ({job_id})",
        code=NAME_TAKEN,
        hint="choose another name, or delete that job",
    )


def _columns(job: Job) -> dict[str, object]:
    """What stands beside the record, from the name on."""
    kept = job.retention
    return {
        "name": job.name,
        "created_at": job.created_at,
        "queue": job.queue,
        "labels": label_pairs(job.labels),
        "kept_executions": kept.executions,
        "kept_days": kept.days,
    }


def _encode(job: Job) -> str:
    return encode_record(msgspec.structs.replace(job, execution=None, last_checkpoint=None))


def is_known(session: Session) -> bool:
    """Whether what is remembered of all jobs says what this snapshot does, or something newer: what has changed is looked at
    again, once in a transaction. Never to a writer, who may have changed them itself."""
    if session.writable or session.is_current:
        return session.is_current
    due = session.jobs.due()
    if not due:
        session.is_current = True
    elif due.everything or len(due.ids) > _FEW:
        session.is_current = _learn_index(session, None if due.everything else due.ids)
    else:
        session.is_current = _learn(session, due.ids)[1]
    return session.is_current


def _learn_index(session: Session, asked: Sequence[str] | None) -> bool:
    where, parameters = ("true", []) if asked is None else one_of("id", asked)
    rows = session.rows(f"{_INDEX} WHERE {where}", *parameters)
    found = [
        IndexedJob(job_id, name, created_at, queue, frozenset(labels or ()), state or "", deleted)
        for job_id, name, created_at, queue, labels, state, deleted in rows
    ]
    return session.jobs.learn_index(session.mark, found, asked)


def _learn(session: Session, asked: Sequence[str]) -> tuple[list[Job], bool]:
    """The records of some jobs, deleted ones too, and whether they can be remembered."""
    where, parameters = one_of("id", asked)
    found = _read(session, f"{_COLUMNS} WHERE {where}", *parameters)
    return found, session.jobs.learn(session.mark, found, asked)


def _remembered(session: Session, ids: Sequence[str]) -> list[Job]:
    """The jobs of these ids, in their order: as they are remembered, else as the store has them."""
    found = session.jobs.records(ids)
    if missing := [job_id for job_id in ids if job_id not in found]:
        found |= {job.id: job for job in _learn(session, missing)[0]}
    return [found[job_id] for job_id in ids if job_id in found]


def _read(session: Session, statement: str, *parameters: str | int | list[str] | None) -> list[Job]:
    return _jobs(session, session.rows(statement, *parameters))


def _jobs(session: Session, rows: list[Row]) -> list[Job]:
    """The jobs of the rows; their checkpoints come with one more query for all."""
    if not rows:
        return []
    of_jobs, parameters = one_of("job_id", [row[0] for row in rows])
    last: dict[str, str] = dict(session.rows(_CHECKPOINTS.format(of_jobs=of_jobs), *parameters))
    return [_decode(row, last.get(row[0])) for row in rows]


def _decode(row: Row, checkpoint: str | None) -> Job:
    _, record, execution, version, deleted_at = row
    return msgspec.structs.replace(
        decode_record(Job, record),
        execution=decode_record(Execution, execution) if execution else None,
        last_checkpoint=decode_record(Checkpoint, checkpoint) if checkpoint else None,
        version=version,
        deleted_at=deleted_at,
    )
