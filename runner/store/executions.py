"""Executions: one row each, updated in place. The state machine is enforced here too, whatever the caller believes."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from runner.model import Execution
from runner.states import ExecutionState, check_transition
from runner.store import jobs
from runner.store.errors import already_exists, not_found
from runner.store.identifiers import check_id
from runner.store.measured import Lifetime
from runner.store.pages import ExecutionFilter, Place
from runner.store.session import Row, Session, decode_record, encode_record
from runner.store.sorting import Order, SortField, SortPlace, beyond, clause, number_in, text_in

# In the JSON text of a record a quote inside a value has a backslash before it, so this is the field and nothing else.
UNSETTLED = """(contains("record", '"unsettled":"') AND NOT contains("record", '"unsettled":""'))"""
_LATER = 1e-6
TERMINAL = ", ".join(f"'{state}'" for state in ExecutionState if state.is_terminal)


def insert(session: Session, execution: Execution) -> None:
    """Add an execution; it becomes the one that its job shows."""
    check_id("execution", execution.id)
    is_first = ("executions", execution.job_id) in session.unseen
    # An id that another job's execution has too would be refused by the table itself.
    if not is_first and session.row('SELECT 1 FROM "executions" WHERE "id" = ?', execution.id):
        raise already_exists("execution", execution.id)
    record = encode_record(execution)
    row = {
        "id": execution.id,
        "job_id": execution.job_id,
        "state": str(execution.state),
        "created_at": execution.created_at if is_first else _order(session, execution),
        "finished_at": execution.finished_at,
        "record": record,
    }
    session.add("executions", row)
    session.unsettle(_lifetimes_key(execution.job_id))
    session.unseen.discard(("executions", execution.job_id))
    session.memory.epochs.setdefault(execution.id, 0)
    _remember_state(session, execution)
    jobs.show_execution(session, execution, record, new=True)


def _order(session: Session, execution: Execution) -> float:
    """What says how new it is: when it was created, but after the others of its job, even if the clock was set back."""
    row = session.row('SELECT max("created_at") FROM "executions" WHERE "job_id" = ?', execution.job_id)
    newest = row[0] if row else None
    return execution.created_at if newest is None else max(execution.created_at, float(newest) + _LATER)


def update(session: Session, execution: Execution) -> None:
    """Replace an execution's record; IllegalTransition when its state may not follow the stored one."""
    current = _state(session, execution.id)
    if execution.state is not current:
        check_transition(current, execution.state)
    record = encode_record(execution)
    session.change(
        'UPDATE "executions" SET "state" = ?, "finished_at" = ?, "record" = ? WHERE "id" = ?',
        *(str(execution.state), execution.finished_at, record, execution.id),
    )
    if execution.finished_at is not None:
        session.unsettle(_lifetimes_key(execution.job_id))
    _remember_state(session, execution)
    jobs.show_execution(session, execution, record, new=False)


def remove(session: Session, execution_ids: list[str]) -> None:
    """Forget executions, without what belongs to them."""
    gone = session.rows('DELETE FROM "executions" WHERE "id" = ANY(?::VARCHAR[]) RETURNING "job_id"', execution_ids)
    session.unsettle(*{_lifetimes_key(job_id) for (job_id,) in gone})


def _state(session: Session, execution_id: str) -> ExecutionState:
    """The stored one, which the writer knows of what it has written."""
    if execution_id not in session.memory.states:
        row = session.row('SELECT "state" FROM "executions" WHERE "id" = ?', execution_id)
        if row is None:
            raise not_found("execution", execution_id)
        return ExecutionState(row[0])
    return session.memory.states[execution_id]


def _remember_state(session: Session, execution: Execution) -> None:
    if execution.state.is_terminal:
        session.memory.states.pop(execution.id, None)
    else:
        session.memory.states[execution.id] = execution.state


def get(session: Session, execution_id: str) -> Execution | None:
    """One execution, None when there is none."""
    row = session.row('SELECT "record" FROM "executions" WHERE "id" = ?', execution_id)
    return _decode(row) if row else None


def of_job(session: Session, job_id: str, limit: int, offset: int) -> list[Execution]:
    """Executions of a job, newest first."""
    statement = 'SELECT "record" FROM "executions" WHERE "job_id" = ? ORDER BY "created_at" DESC, rowid DESC LIMIT ? OFFSET ?'
    return [_decode(row) for row in session.rows(statement, job_id, limit, offset)]


_JOBS_DELETED = 'SELECT 1 FROM "jobs" WHERE "deleted_at" IS NOT NULL LIMIT 1'
_NOT_DELETED = '"job_id" NOT IN (SELECT "id" FROM "jobs" WHERE "deleted_at" IS NOT NULL)'
_DELETED = '"job_id" IN (SELECT "id" FROM "jobs" WHERE "deleted_at" IS NOT NULL)'
_OF_QUEUE = '"job_id" IN (SELECT "id" FROM "jobs" WHERE "queue" = $queue)'
_AFTER = '("created_at" < $at OR ("created_at" = $at AND "id" > $last))'
_ORDER = 'ORDER BY "created_at" DESC, "id"'
_RECORD = '"record"'
_SORTED_BY: Final[Mapping[SortField, str]] = {
    SortField.NAME: f"lower({text_in(_RECORD, 'job_name')})",
    SortField.STATE: '"state"',
    SortField.CREATED: '"created_at"',
    SortField.UPDATED: number_in(_RECORD, "state_since"),
    SortField.STARTED: number_in(_RECORD, "started_at"),
    SortField.ENDED: '"finished_at"',
}


def page(
    session: Session, wanted: ExecutionFilter, limit: int, offset: int, after: Place | None
) -> list[tuple[float, Execution]]:
    """One page of executions, each with what it is ordered by: those after ``after``, without the first ``offset`` of them."""
    conditions, parameters = _filter(session, wanted)
    if after is not None:
        conditions.append(_AFTER)
        parameters |= {"at": after.at, "last": after.id}
    statement = f"""
        SELECT "created_at", "record" FROM "executions" WHERE rowid IN (
            SELECT rowid FROM "executions" WHERE {" AND ".join(conditions)} {_ORDER} LIMIT $limit OFFSET $offset
        ) {_ORDER}
    """
    rows = session.named_rows(statement, {**parameters, "limit": limit, "offset": offset})
    return [(float(at), decode_record(Execution, record)) for at, record in rows]


def sorted_page(
    session: Session, wanted: ExecutionFilter, order: Order, limit: int, offset: int, after: SortPlace | None
) -> list[tuple[SortPlace, Execution]]:
    """One page of executions in some order, each with its place in it."""
    conditions, parameters = _filter(session, wanted)
    value = _SORTED_BY[order.field]
    if after is not None:
        condition, place = beyond(value, order, after)
        conditions.append(condition)
        parameters |= place
    statement = f"""
        SELECT "id", {value}, "record" FROM "executions" WHERE rowid IN (
            SELECT rowid FROM "executions" WHERE {" AND ".join(conditions)} {clause(value, order)} LIMIT $limit OFFSET $offset
        ) {clause(value, order)}
    """
    rows = session.named_rows(statement, {**parameters, "limit": limit, "offset": offset})
    return [(SortPlace(at, execution_id), decode_record(Execution, record)) for execution_id, at, record in rows]


def count(session: Session, wanted: ExecutionFilter) -> int:
    """How many executions there are on all pages."""
    conditions, parameters = _filter(session, wanted)
    statement = f'SELECT count(*) FROM "executions" WHERE {" AND ".join(conditions)}'
    return int(session.named_rows(statement, parameters)[0][0])


def _filter(session: Session, wanted: ExecutionFilter) -> tuple[list[str], dict[str, object]]:
    """What has to hold, and its parameters: only what is asked for, as every condition costs, whatever it says."""
    states = [str(state) for state in wanted.states]
    asked: list[tuple[str, str, object]] = [
        ('"job_id" = $job', "job", wanted.job_id),
        ('list_contains($states::VARCHAR[], "state")', "states", states or None),
        (_OF_QUEUE, "queue", wanted.queue),
    ]
    conditions = ["true", *(condition for condition, _, value in asked if value is not None)]
    if wanted.job_id is None and wanted.deleted:
        conditions.append(_DELETED)
    elif wanted.job_id is None and _any_deleted(session):
        conditions.append(_NOT_DELETED)
    return conditions, {name: value for _, name, value in asked if value is not None}


def _any_deleted(session: Session) -> bool:
    return session.jobs.any_deleted() if jobs.is_known(session) else session.row(_JOBS_DELETED) is not None


def since(session: Session, job_id: str, at: float) -> dict[str, Lifetime]:
    """The ids of a job's executions that were not over at ``at`` (epoch seconds), with when they were made and when they ended.
    They are remembered."""
    known: dict[str, Lifetime] | None = session.known(_lifetimes_key(job_id))
    if known is None:
        rows = session.rows('SELECT "id", "created_at", "finished_at" FROM "executions" WHERE "job_id" = ?', job_id)
        known = {execution_id: Lifetime(begun, over) for execution_id, begun, over in rows}
        session.remember(_lifetimes_key(job_id), known)
    return {execution_id: lived for execution_id, lived in known.items() if lived.over is None or lived.over > at}


def _lifetimes_key(job_id: str) -> tuple[str, str]:
    return "lifetimes", job_id


def unfinished(session: Session) -> list[Execution]:
    """Every execution that is not in a terminal state, oldest first."""
    statement = f'SELECT "record" FROM "executions" WHERE "state" NOT IN ({TERMINAL}) ORDER BY "created_at", rowid'
    return [_decode(row) for row in session.rows(statement)]


def unsettled(session: Session, job_id: str | None) -> list[Execution]:
    """Executions whose ``unsettled`` says something, of one job or of all, deleted ones included; oldest first."""
    statement = f"""
        SELECT "record" FROM "executions"
        WHERE ($1::VARCHAR IS NULL OR "job_id" = $1) AND "state" IN ({TERMINAL}) AND {UNSETTLED}
        ORDER BY "created_at", rowid
    """
    return [_decode(row) for row in session.rows(statement, job_id)]


def ids(session: Session) -> set[str]:
    """The ids of all executions."""
    return {str(row[0]) for row in session.rows('SELECT "id" FROM "executions"')}


def _decode(row: Row) -> Execution:
    return decode_record(Execution, row[0])
