"""The audit trail: entries are only added, and forgotten when there are too many or they are too old."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runner.audit import AuditEntry, AuditFilter
from runner.store.session import Session, decode_record, encode_record


def append(session: Session, entries: Sequence[AuditEntry]) -> list[int]:
    """Add entries, each with the id that follows; the ids."""
    if not entries:
        return []
    newest = _newest(session)
    numbered = [msgspec.structs.replace(entry, id=newest + number) for number, entry in enumerate(entries, 1)]
    for entry in numbered:
        row = {
            "id": entry.id,
            "at": entry.at,
            "job_id": entry.job_id,
            "target": entry.target,
            "who": entry.who,
            "action": entry.action,
            "record": encode_record(entry),
        }
        session.add("audit", row)
    session.memory.audit = numbered[-1].id
    return [entry.id for entry in numbered]


def amend(session: Session, entry: AuditEntry) -> None:
    """Have the entry of this id say more; it stays where it is in the order."""
    values = {
        "job_id": entry.job_id,
        "target": entry.target,
        "who": entry.who,
        "action": entry.action,
        "record": encode_record(entry),
    }
    session.amend("audit", {"id": entry.id}, values)


def _newest(session: Session) -> int:
    """The newest entry's id. That entry is never forgotten for another one's sake."""
    if session.memory.audit is None:
        ((newest,),) = session.rows('SELECT coalesce(max("id"), 0) FROM "audit"')
        session.memory.audit = int(newest)
    return session.memory.audit


def page(session: Session, wanted: AuditFilter, limit: int) -> list[AuditEntry]:
    """The newest ``limit`` entries that are wanted, newest first."""
    conditions = (
        ('("job_id" = $job_id OR "target" = $target)', {"job_id": wanted.job_id, "target": wanted.target}),
        ('"who" = $who', {"who": wanted.who}),
        ('contains("action", $action)', {"action": wanted.action}),
        ('"at" >= $since', {"since": wanted.since}),
        ('"at" < $until', {"until": wanted.until}),
        ('"id" < $before', {"before": wanted.before}),
    )
    chosen = [(text, values) for text, values in conditions if any(value is not None for value in values.values())]
    where = " AND ".join(text for text, _ in chosen) or "true"
    parameters = {name: value for _, values in chosen for name, value in values.items()}
    rows = session.named_rows(
        f'SELECT "record" FROM "audit" WHERE {where} ORDER BY "id" DESC LIMIT $limit',  # noqa: S608 - fixed texts
        {**parameters, "limit": limit},
    )
    return [decode_record(AuditEntry, row[0]) for row in rows]


def prune(session: Session, *, keep: int, before: float) -> int:
    """Forget all but the newest ``keep``, and what is older than ``before``; how many."""
    statement = 'DELETE FROM "audit" WHERE "at" < ? OR "id" <= (SELECT max("id") FROM "audit") - ?'
    return session.change(statement, before, keep)
