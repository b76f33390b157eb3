"""The keys that open the daemon to those who come over TCP. Only digests of them are kept: here, and in the store."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from runner.model import ApiKey
from runner.replies import NewKey
from runner.requests import KeyRequest
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.submission import check_name

_PREFIX = "fdk_"
_RANDOM_BYTES = 32


class Keys:
    """All keys of one home, by digest."""

    def __init__(self, journal: Journal, known: dict[str, ApiKey]) -> None:
        self._journal = journal
        self._known = known

    def all(self) -> tuple[ApiKey, ...]:
        """By name."""
        return tuple(sorted(self._known.values(), key=lambda key: key.name))

    def verify(self, secret: str) -> ApiKey | None:
        """The key with this secret. Takes as long for one that is nearly right as for one that is wrong."""
        digest = _digest(secret)
        found = [key for known, key in self._known.items() if hmac.compare_digest(known, digest)]
        return found[0] if found else None

    async def add(self, request: KeyRequest) -> NewKey:
        """Make a key. Raises what the store raises for a name that is taken, UsageError for one that is none."""
        check_name("a key's name", request.name)
        secret = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
        key = ApiKey(name=request.name, scope=request.scope, created_at=time.time())

        def record(entry: Entry) -> None:
            entry.store.insert_key(key, _digest(secret))
            entry.note("key.added", f"the key {key.name} is new", data={"key": key.name, "scope": str(key.scope)})

        await self._journal.write(record)
        self._known[_digest(secret)] = key
        return NewKey(name=key.name, scope=key.scope, created_at=key.created_at, key=secret)

    async def remove(self, name: str) -> None:
        """From now on the key opens nothing. Raises what the store raises when there is none of this name."""

        def record(entry: Entry) -> None:
            entry.store.delete_key(name)
            entry.note("key.removed", f"the key {name} is removed", data={"key": name})

        await self._journal.write(record)
        self._known = {digest: key for digest, key in self._known.items() if key.name != name}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
