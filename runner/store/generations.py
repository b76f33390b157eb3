"""Generations: immutable snapshots of a job's spec."""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

from dataclasses import dataclass

from runner.model import Generation
from runner.store.errors import already_exists, not_found
from runner.store.pages import ALL, Place
from runner.store.session import Session, decode_record, encode_record

_WHERE = 'FROM "generations" WHERE "job_id" = ? AND "number" = ?'
_PER_ITEM = 300


@dataclass(frozen=True, slots=True)
class _Shown:
    """The generation of a job that was looked at last, as it is stored: sealed."""

    number: int
    record: str
    job: bytes

    def __len__(self) -> int:
        """How many of the things that are remembered it is worth."""
        return 1 + (len(self.record) + len(self.job)) // _PER_ITEM


def insert(session: Session, generation: Generation, job: bytes, source: bytes) -> None:
    """Add a generation with the resolved job and the request it came from."""
    job_id, number = generation.job_id, generation.number
    if ("generations", job_id) not in session.unseen and session.row(f"SELECT 1 {_WHERE}", job_id, number):
        raise already_exists("generation", f"{number} of job {job_id}")
    session.unseen.discard(("generations", job_id))
    row = {
        "job_id": job_id,
        "number": number,
        "record": encode_record(generation),
        "job": session.seal.seal(job, _place("job", job_id, number)),
        "source": session.seal.seal(source, _place("source", job_id, number)),
    }
    session.add("generations", row)
    session.unsettle(_shown_key(job_id))


def get(session: Session, job_id: str, number: int) -> Generation | None:
    """One generation, None when there is none."""
    row = session.row(f'SELECT "record" {_WHERE}', job_id, number)
    return decode_record(Generation, row[0]) if row else None


def shown(session: Session, job_id: str, number: int) -> tuple[Generation, bytes] | None:
    """One generation with its resolved job; None when there is none. The last one of each job is remembered."""
    found: _Shown | None = session.known(_shown_key(job_id))
    if found is None or found.number != number:
        row = session.row(f'SELECT "record", "job" {_WHERE}', job_id, number)
        if row is None:
            return None
        found = _Shown(number, row[0], bytes(row[1]))
        session.remember(_shown_key(job_id), found)
    return decode_record(Generation, found.record), session.seal.open(found.job, _place("job", job_id, number))


def remove(session: Session, job_id: str, number: int | None = None) -> None:
    """Forget one generation of a job, or all of them."""
    if number is None:
        session.change('DELETE FROM "generations" WHERE "job_id" = ?', job_id)
    else:
        session.change(f"DELETE {_WHERE}", job_id, number)
    session.unsettle(_shown_key(job_id))


def of_job(session: Session, job_id: str, limit: int = ALL, offset: int = 0, after: Place | None = None) -> list[Generation]:
    """Generations of a job, oldest first: those after ``after``, without the first ``offset`` of them."""
    beyond, last = ('AND "number" > ?', [after.at]) if after is not None else ("", [])
    statement = f'SELECT "record" FROM "generations" WHERE "job_id" = ? {beyond} ORDER BY "number" LIMIT ? OFFSET ?'
    return [decode_record(Generation, row[0]) for row in session.rows(statement, job_id, *last, limit, offset)]


def job(session: Session, job_id: str, number: int) -> bytes:
    """The resolved job of a generation."""
    return _content(session, "job", job_id, number)


def source(session: Session, job_id: str, number: int) -> bytes:
    """The request that a generation came from."""
    return _content(session, "source", job_id, number)


def _content(session: Session, column: str, job_id: str, number: int) -> bytes:
    row = session.row(f'SELECT "{column}" {_WHERE}', job_id, number)
    if row is None:
        raise not_found("generation", f"{number} of job {job_id}")
    return session.seal.open(bytes(row[0]), _place(column, job_id, number))


def _shown_key(job_id: str) -> tuple[str, str]:
    return "generation", job_id


def _place(column: str, job_id: str, number: int) -> str:
    return f"generations/{job_id}/{number}/{column}"
