"""Hot reload's records of watched files: one for each file and job, found by both."""

from __future__ import annotations

from runner.reload import WatchedFile
from runner.store.session import Session, decode_record, encode_record

_NO_JOB = ""


def put(session: Session, record: WatchedFile) -> None:
    """Keep a record, instead of the one before."""
    remove(session, record.file, record.job_id)
    session.change(
        'INSERT INTO "reloads" ("file", "job_id", "record") VALUES (?, ?, ?)',
        *(record.file, record.job_id or _NO_JOB, encode_record(record)),
    )


def add(session: Session, record: WatchedFile) -> None:
    """Keep the first record of a file and a job."""
    session.add("reloads", {"file": record.file, "job_id": record.job_id or _NO_JOB, "record": encode_record(record)})


def remove(session: Session, file: str, job_id: str | None) -> None:
    """Forget a record, if there is one."""
    session.change('DELETE FROM "reloads" WHERE "file" = ? AND "job_id" = ?', file, job_id or _NO_JOB)


def every(session: Session) -> list[WatchedFile]:
    """All records, by file."""
    rows = session.rows('SELECT "record" FROM "reloads" ORDER BY "file", "job_id"')
    return [decode_record(WatchedFile, row[0]) for row in rows]


def of_job(session: Session, job_id: str) -> list[WatchedFile]:
    """The records of a job; there is more than one while its file is moved."""
    rows = session.rows('SELECT "record" FROM "reloads" WHERE "job_id" = ? ORDER BY "file"', job_id)
    return [decode_record(WatchedFile, row[0]) for row in rows]
