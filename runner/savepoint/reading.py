"""Reads and verifies a savepoint's directory, which may come from anywhere. Nothing is followed out of it, and no more is read
than a savepoint can have."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runner.savepoint.errors import SavepointInvalid
from runner.savepoint.manifest import MANIFEST_NAME, MAXIMUM_MANIFEST_BYTES, STATE_NAME, Manifest, decode_manifest
from spec.syntax.files import opened_path

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class SavepointDirectory:
    """A verified directory: where it is, what it says, and the state. ``digest``: the SHA-256 of its manifest."""

    path: Path
    manifest: Manifest
    state: bytes
    digest: str


def read_directory(path: Path, allow: Callable[[Path], None] = lambda _: None) -> SavepointDirectory:
    """The savepoint in ``path``, every byte of it checked. Raises :class:`SavepointInvalid` with the one reason why not.

    ``allow`` is asked with the directory that was opened, whatever links led there, and raises what it has against it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: the path holds a NUL, which none can
        reason = getattr(error, "strerror", None) or error
        raise SavepointInvalid(
            f"{path} is no savepoint: {reason}", hint="name the directory that holds manifest.json"
        ) from error
    try:
        allow(opened_path(descriptor, path))
        data = _read(descriptor, path, MANIFEST_NAME, MAXIMUM_MANIFEST_BYTES)
        manifest = decode_manifest(data)
        state = _state(descriptor, path, manifest)
    except SavepointInvalid as error:
        if str(path) not in error.message:
            error.message = f"{path}: {error.message}"
        raise
    finally:
        os.close(descriptor)
    return SavepointDirectory(path, manifest, state, hashlib.sha256(data).hexdigest())


def _state(directory: int, path: Path, manifest: Manifest) -> bytes:
    entry = manifest.file(STATE_NAME)
    data = _read(directory, path, STATE_NAME, entry.size)
    if len(data) != entry.size:
        raise SavepointInvalid(f"{STATE_NAME} has {len(data)} bytes, the manifest says {entry.size}")
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise SavepointInvalid(f"{STATE_NAME} is not the one that was saved: its SHA-256 differs from the manifest's")
    return data


def _read(directory: int, path: Path, name: str, limit: int) -> bytes:
    """At most ``limit`` bytes of a plain file inside the open directory; one more is refused."""
    try:
        descriptor = os.open(name, _FLAGS, dir_fd=directory)
    except OSError as error:
        reason = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror or str(error)
        raise SavepointInvalid(f"cannot read {path / name}: {reason}") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise SavepointInvalid(f"{path / name} is no plain file")
    with os.fdopen(descriptor, "rb") as file:
        if found.st_size > limit:
            raise SavepointInvalid(f"{name} has {found.st_size} bytes; at most {limit} belong to it")
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise SavepointInvalid(f"cannot read {path / name}: {error.strerror or error}") from error
    if len(data) > limit:
        raise SavepointInvalid(f"{name} has more than the {limit} bytes that belong to it")
    return data
