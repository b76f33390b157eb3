"""Answers that are given again when a request is repeated with its ``Idempotency-Key``: bounded in number, size and age.

A row without an answer is a request under way, or one whose daemon died before the answer was known.
"""

from __future__ import annotations

import msgspec

from runner.store.session import AnswersKept, Row, Session

KEPT_SECONDS = 86_400.0
MAXIMUM_ANSWERS = 10_000
MAXIMUM_BYTES = 64 * 1024 * 1024
_PRUNE_EVERY = 60.0
_KNOWN = 'SELECT "fingerprint", "answer", "begun_at" FROM "idempotency" WHERE "principal" = ? AND "key" = ?'


class RecordedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it was sent: its status, what of its headers matters, its body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was begun: ``fingerprint`` tells it from others; ``answer`` is None until that is known."""

    fingerprint: str
    answer: RecordedAnswer | None


def begin(session: Session, principal: str, key: str, fingerprint: str, now: float) -> RecordedRequest | None:
    """What is on record of the principal's key; None: nothing, and from now on there is that the request is under way."""
    known = session.memory.answers
    row = None if known is not None and (principal, key) not in known.keys else session.row(_KNOWN, principal, key)
    kept = _make_room(session, now, at_once=row is not None and abs(now - row[2]) > KEPT_SECONDS)
    if row is not None and abs(now - row[2]) <= KEPT_SECONDS:
        answer = None if row[1] is None else msgspec.msgpack.decode(row[1], type=RecordedAnswer)
        return RecordedRequest(fingerprint=str(row[0]), answer=answer)
    added = {"principal": principal, "key": key, "fingerprint": fingerprint, "begun_at": now, "answer": None, "size": 0}
    session.add("idempotency", added)
    kept.keys.add((principal, key))
    return None


def finish(session: Session, principal: str, key: str, answer: RecordedAnswer) -> None:
    """Record the answer of a request that was begun."""
    encoded = msgspec.msgpack.encode(answer)
    kept = {"answer": encoded, "size": len(encoded)}
    row = session.added("idempotency", "key", key)
    if row is not None and row["principal"] == principal:
        row |= kept
    else:
        session.amend("idempotency", {"principal": principal, "key": key}, kept)
    if session.memory.answers is not None:
        session.memory.answers.size += len(encoded)


def forget(session: Session, principal: str, key: str) -> None:
    """The request did nothing: it may be tried again."""
    session.change('DELETE FROM "idempotency" WHERE "principal" = ? AND "key" = ?', principal, key)
    if session.memory.answers is not None:
        session.memory.answers.keys.discard((principal, key))


def _make_room(session: Session, now: float, *, at_once: bool) -> AnswersKept:
    """What is kept, of which enough goes when there may be too much; what is too old goes ``at_once``, or soon."""
    kept = session.memory.answers
    if kept is not None and not at_once and abs(now - kept.pruned_at) < _PRUNE_EVERY and not _is_full(kept):
        return kept
    gone = _prune(session, now)
    if kept is None:
        found = session.rows('SELECT "principal", "key", "size" FROM "idempotency"')
        kept = AnswersKept(_keys(found), _size(found), now)
        session.memory.answers = kept
    else:
        kept.keys -= _keys(gone)
        kept.size -= _size(gone)
        kept.pruned_at = now
    return kept


def _keys(rows: list[Row]) -> set[tuple[str, str]]:
    return {(str(principal), str(key)) for principal, key, _ in rows}


def _size(rows: list[Row]) -> int:
    return sum(int(size) for _, _, size in rows)


def _is_full(kept: AnswersKept) -> bool:
    return len(kept.keys) >= MAXIMUM_ANSWERS or kept.size > MAXIMUM_BYTES


def _prune(session: Session, now: float) -> list[Row]:
    """What is too old goes, and of the others the oldest while they are too many or too large; principal, key and size of what
    went."""
    old = session.rows(
        'DELETE FROM "idempotency" WHERE "begun_at" < ? OR "begun_at" > ? RETURNING "principal", "key", "size"',
        now - KEPT_SECONDS,
        now + KEPT_SECONDS,
    )
    return old + session.rows(
        """
        DELETE FROM "idempotency" WHERE rowid IN (
            SELECT rowid FROM (
                SELECT rowid, row_number() OVER newest AS "place", sum("size") OVER newest AS "bytes" FROM "idempotency"
                WINDOW newest AS (ORDER BY "begun_at" DESC, rowid DESC)
            ) WHERE "place" >= ? OR "bytes" > ?
        ) RETURNING "principal", "key", "size"
        """,
        MAXIMUM_ANSWERS - MAXIMUM_ANSWERS // 100,
        MAXIMUM_BYTES,
    )
