"""API keys: names, scopes, and digests of the secrets; the secrets themselves are nowhere."""

from __future__ import annotations

from runner.model import ApiKey
from runner.store.errors import already_exists, not_found
from runner.store.session import Session, decode_record, encode_record


def insert(session: Session, key: ApiKey, digest: str) -> None:
    """Add a key."""
    if session.row('SELECT 1 FROM "keys" WHERE "name" = ?', key.name):
        raise already_exists("key", key.name)
    session.change('INSERT INTO "keys" ("name", "digest", "record") VALUES (?, ?, ?)', key.name, digest, encode_record(key))


def delete(session: Session, name: str) -> None:
    """Forget a key."""
    if not session.change('DELETE FROM "keys" WHERE "name" = ?', name):
        raise not_found("key", name)


def replace(session: Session, key: ApiKey, digest: str) -> None:
    """Write a key's record, and the digest of its secret, anew."""
    statement = 'UPDATE "keys" SET "digest" = ?, "record" = ? WHERE "name" = ?'
    if not session.change(statement, digest, encode_record(key), key.name):
        raise not_found("key", key.name)


def by_digest(session: Session) -> dict[str, ApiKey]:
    """All keys by the digest of their secret."""
    rows = session.rows('SELECT "digest", "record" FROM "keys" ORDER BY "name"')
    return {str(digest): decode_record(ApiKey, record) for digest, record in rows}
