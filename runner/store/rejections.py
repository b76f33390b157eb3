"""Rejected rows: how many of each plugin and kind an execution has rejected, and the newest of them as a sample."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from runner.model import RejectedRows, Rejection
from runner.store.session import Session, decode_record, encode_record

RETAINED = 50
"""So many of the newest rejections of a job are kept for each plugin and kind."""

_REMEMBERED = 1000
_ALL = "rejected rows"
_SUPERFLUOUS = """
    DELETE FROM "rejection_samples" WHERE rowid IN (
        SELECT "row" FROM (
            SELECT rowid AS "row", row_number() OVER (PARTITION BY "plugin", "kind" ORDER BY rowid DESC) AS "age"
            FROM "rejection_samples" WHERE "job_id" = ?
        ) WHERE "age" > ?
    )
"""


_NEWEST = """
    SELECT "execution_id", "plugin", "kind", "record" FROM "rejection_samples" WHERE rowid IN (
        SELECT max(rowid) FROM "rejection_samples" WHERE {where} GROUP BY "execution_id", "plugin", "kind"
    )
"""


def record(
    session: Session, job_id: str, execution_id: str, counts: Iterable[RejectedRows], samples: Sequence[Rejection]
) -> None:
    """``counts`` are all that the execution has rejected so far, and take the place of what was known; ``samples`` are new."""
    session.unsettle(_ALL)
    for found in counts:
        where = 'WHERE "execution_id" = ? AND "plugin" = ? AND "kind" = ?'
        key = (execution_id, found.plugin, found.kind)
        if not session.change(f'UPDATE "rejections" SET "record" = ? {where}', encode_record(found), *key):
            session.change(
                'INSERT INTO "rejections" ("job_id", "execution_id", "plugin", "kind", "record") VALUES (?, ?, ?, ?, ?)',
                *(job_id, *key, encode_record(found)),
            )
    for sample in samples:
        known = msgspec.structs.replace(sample, execution_id=execution_id)
        session.change(
            'INSERT INTO "rejection_samples" ("job_id", "execution_id", "plugin", "kind", "record") VALUES (?, ?, ?, ?, ?)',
            *(job_id, execution_id, known.plugin, known.kind, encode_record(known)),
        )
    if samples:
        session.change(_SUPERFLUOUS, job_id, RETAINED)


def counts(session: Session, execution_id: str) -> list[RejectedRows]:
    """What an execution has rejected, the most first."""
    rows = session.rows('SELECT "record" FROM "rejections" WHERE "execution_id" = ?', execution_id)
    found = [decode_record(RejectedRows, row[0]) for row in rows]
    return sorted(found, key=lambda each: (-each.rows, each.plugin, each.kind))


class Rejected(msgspec.Struct, frozen=True):
    """What one execution has rejected of one plugin and kind, and the newest of these rows."""

    job_id: str
    execution_id: str
    counted: RejectedRows
    newest: Rejection | None


def every(session: Session, job_id: str | None, execution_id: str | None, limit: int) -> list[Rejected]:
    """What was rejected, the newest first: of one job, one execution, or all."""
    if job_id is None and execution_id is None:
        known: list[Rejected] | None = session.known(_ALL)
        if known is None:
            known = _every(session, {}, _REMEMBERED)
            session.remember(_ALL, known)
        return known[:limit]
    return _every(session, {"job_id": job_id, "execution_id": execution_id}, limit)


def _every(session: Session, named: Mapping[str, str | None], limit: int) -> list[Rejected]:
    where = " AND ".join(["true", *(f'"{column}" = ?' for column, value in named.items() if value is not None)])
    wanted = [value for value in named.values() if value is not None]
    rows = session.rows(f'SELECT "job_id", "execution_id", "record" FROM "rejections" WHERE {where}', *wanted)
    found = [(job, execution, decode_record(RejectedRows, record)) for job, execution, record in rows]
    if not found:
        return []
    newest = {
        (execution, plugin, kind): decode_record(Rejection, record)
        for execution, plugin, kind, record in session.rows(_NEWEST.format(where=where), *wanted)
    }
    found = sorted(found, key=lambda each: each[2].last_at, reverse=True)[:limit]
    return [
        Rejected(job, execution, counted, newest.get((execution, counted.plugin, counted.kind)))
        for job, execution, counted in found
    ]


def samples(session: Session, job_id: str, plugin: str | None, kind: str | None, limit: int) -> list[Rejection]:
    """The newest rejected rows of a job, newest first; of one plugin or of one kind, if it is named."""
    statement = """
        SELECT "record" FROM "rejection_samples"
        WHERE "job_id" = $1 AND ($2::VARCHAR IS NULL OR "plugin" = $2) AND ($3::VARCHAR IS NULL OR "kind" = $3)
        ORDER BY rowid DESC LIMIT $4
    """
    return [decode_record(Rejection, row[0]) for row in session.rows(statement, job_id, plugin, kind, limit)]


def remove_executions(session: Session, execution_ids: list[str]) -> None:
    """Forget what executions have rejected."""
    session.unsettle(_ALL)
    for table in ("rejections", "rejection_samples"):
        session.change(f'DELETE FROM "{table}" WHERE "execution_id" = ANY(?::VARCHAR[])', execution_ids)
