"""What may hold secrets is sealed before it goes into the database: job files as they were resolved, and the requests that they
came from, with the variables of somebody's shell.

A restart has to know them, so they are not thrown away; but a copy of the database, its log or a page of it shows nothing. The
key is in a file of its own beside it, for this user alone: who can read both can read everything.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from runner.store.errors import StoreError
from runner.store.state_files import sync_directory

_MARK = b"\x00flowdeck-sealed-1\x00"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class Seal:
    """The one of one database. ``path`` is the file of its key, which is made with the first thing that is sealed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key: bytes | None = None

    def seal(self, content: bytes, place: str) -> bytes:
        """For the database; ``place`` says where in it, and it can be opened there only."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # not before there is something to seal

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _MARK + nonce + AESGCM(self._read_key(make=True)).encrypt(nonce, content, place.encode())

    def open(self, content: bytes, place: str) -> bytes:
        """The inverse; what was never sealed is returned as it is. StoreError ``store-sealed`` without the key."""
        if not content.startswith(_MARK):
            return content
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, rest = content[len(_MARK) :][:_NONCE_BYTES], content[len(_MARK) + _NONCE_BYTES :]
        try:
            return AESGCM(self._read_key(make=False)).decrypt(nonce, rest, place.encode())
        except InvalidTag:
            raise StoreError(
                f"the database was sealed with another key than the one in {self.path}",
                code="store-sealed",
                hint="put the file back that was beside the database, or submit the job again",
            ) from None

    def _read_key(self, *, make: bool) -> bytes:
        if self._key is None:
            try:
                self._key = self._read(make=make)
            except OSError as error:
                raise StoreError(
                    f"the key of the database cannot be read: {error}",
                    code="store-sealed",
                    hint=f"put {self.path} back, which was beside the database, or submit the job again",
                ) from error
        return self._key

    def _read(self, *, make: bool) -> bytes:
        if make:
            with contextlib.suppress(FileExistsError):
                self._make()
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            key = os.read(descriptor, _KEY_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(key) != _KEY_BYTES:
            raise OSError(f"{self.path} holds no key")
        return key

    def _make(self) -> None:
        """Whole or not at all: what is sealed with a key that a power failure takes is lost."""
        if self.path.exists():
            return
        temporary = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, secrets.token_bytes(_KEY_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(temporary, self.path)
        finally:
            temporary.unlink()
        sync_directory(self.path.parent)
