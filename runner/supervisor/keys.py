"""The keys that open the daemon to those who come over TCP. Only digests of them are kept: here, and in the store."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
import time

import msgspec

from runner.model import ApiKey
from runner.replies import NewKey
from runner.requests import KeyRequest, RotateRequest
from runner.store.errors import StoreError, not_found
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.submission import check_name

_log = logging.getLogger(__name__)
_PREFIX = "fdk_"
_RANDOM_BYTES = 32
# A key that is used all the time is not written down each time.
_USE_PAUSE = 60.0


class Keys:
    """All keys of one home, by digest."""

    def __init__(self, journal: Journal, known: dict[str, ApiKey]) -> None:
        self._journal = journal
        self._known = known
        self._noting: set[asyncio.Task[None]] = set()

    def all(self) -> tuple[ApiKey, ...]:
        """By name, those that have expired too."""
        return tuple(sorted(self._known.values(), key=lambda key: key.name))

    def verify(self, secret: str, name: str | None = None) -> ApiKey | None:
        """The key with this secret, and with ``name`` of that name, unless it has expired. Takes as long for one that is nearly
        right as for one that is wrong."""
        digest = _digest(secret)
        found = [(known, key) for known, key in self._known.items() if hmac.compare_digest(known, digest)]
        if not found or (name is not None and found[0][1].name != name):
            return None
        key, now = found[0][1], time.time()
        if key.expires_at is not None and key.expires_at <= now:
            return None
        if key.last_used_at is None or now - key.last_used_at >= _USE_PAUSE:
            self._note_use(digest, msgspec.structs.replace(key, last_used_at=now))
        return key

    async def add(self, request: KeyRequest) -> NewKey:
        """Make a key. Raises what the store raises for a name that is taken, UsageError for one that is none."""
        check_name("a key's name", request.name)
        now = time.time()
        expires_at = None if request.expires_in is None else now + request.expires_in
        key = ApiKey(name=request.name, scope=request.scope, created_at=now, expires_at=expires_at)
        secret = _new_secret()

        def record(entry: Entry) -> None:
            entry.store.insert_key(key, _digest(secret))
            entry.note("key.added", f"the key {key.name} is new", data={"key": key.name, "scope": str(key.scope)})

        await self._journal.write(record)
        self._known[_digest(secret)] = key
        return _shown(key, secret)

    async def rotate(self, name: str, request: RotateRequest) -> NewKey:
        """Give the key a new secret; with the old one it opens nothing any more. Raises what the store raises when there is
        none of this name."""
        former = next((key for key in self._known.values() if key.name == name), None)
        if former is None:
            raise not_found("key", name)
        now = time.time()
        lifetime = request.expires_in
        if lifetime is None and former.expires_at is not None:
            lifetime = former.expires_at - former.created_at
        expires_at = None if lifetime is None else now + lifetime
        key = ApiKey(name=name, scope=former.scope, created_at=now, expires_at=expires_at)
        secret = _new_secret()

        def record(entry: Entry) -> None:
            entry.store.replace_key(key, _digest(secret))
            entry.note("key.rotated", f"the key {name} has a new secret", data={"key": name})

        await self._journal.write(record)
        self._forget(name)
        self._known[_digest(secret)] = key
        return _shown(key, secret)

    async def remove(self, name: str) -> None:
        """From now on the key opens nothing. Raises what the store raises when there is none of this name."""

        def record(entry: Entry) -> None:
            entry.store.delete_key(name)
            entry.note("key.removed", f"the key {name} is removed", data={"key": name})

        await self._journal.write(record)
        self._forget(name)

    async def close(self) -> None:
        """Wait until the last uses are written down."""
        await asyncio.gather(*self._noting)

    def _forget(self, name: str) -> None:
        self._known = {digest: key for digest, key in self._known.items() if key.name != name}

    def _note_use(self, digest: str, key: ApiKey) -> None:
        """Remember at once, write it down behind the request's back."""
        self._known[digest] = key
        task = asyncio.get_running_loop().create_task(self._write_use(digest, key), name=f"use of the key {key.name}")
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _write_use(self, digest: str, key: ApiKey) -> None:
        def record(entry: Entry) -> None:
            # It may have been removed or rotated meanwhile: then the record is another one's, or nobody's.
            if digest in entry.store.keys_by_digest():
                entry.store.replace_key(key, digest)

        try:
            await self._journal.write(record)
        except StoreError as error:
            _log.warning("the use of the key %s was not written down: %s", key.name, error.message)


def _new_secret() -> str:
    return _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def _shown(key: ApiKey, secret: str) -> NewKey:
    return NewKey(name=key.name, scope=key.scope, created_at=key.created_at, expires_at=key.expires_at, key=secret)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
