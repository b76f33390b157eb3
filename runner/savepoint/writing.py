"""Writes a savepoint's directory so that it is there whole or not at all, and removes one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from pathlib import Path

from runner.savepoint.errors import SavepointInvalid, SavepointNotWritten
from runner.savepoint.manifest import MANIFEST_NAME, STATE_NAME, FileEntry, Manifest, encode_manifest
from runner.savepoint.reading import read_directory

UNFINISHED = ".flowdeck-savepoint-"
"""What the name of a directory begins with while it is being written; a crash may leave one."""


def state_entry(state: bytes) -> FileEntry:
    """What the manifest says of the state."""
    return FileEntry(name=STATE_NAME, size=len(state), sha256=hashlib.sha256(state).hexdigest())


def write_directory(path: Path, manifest: Manifest, state: bytes) -> str:
    """Make ``path`` the directory of a savepoint; the SHA-256 of its manifest. When this returns, a power failure cannot lose
    it.

    One that holds this savepoint already is left as it is. Raises :class:`SavepointNotWritten`, and leaves nothing half done.
    """
    text = encode_manifest(manifest)
    temporary = path.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
    try:
        if there := _digest_of(path, manifest):
            return there
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.mkdir(mode=0o700)
        _write_file(temporary / STATE_NAME, state)
        _write_file(temporary / MANIFEST_NAME, text)
        _sync_directory(temporary)
        temporary.rename(path)  # the operating system refuses a place that is a file, or a directory with anything in it
        _sync_directory(path.parent)
        _sync_directory(path.parent.parent)
    except (OSError, ValueError) as error:  # ValueError: the path holds a NUL, which none can
        raise SavepointNotWritten(
            f"cannot write the savepoint to {path}: {getattr(error, 'strerror', None) or error}",
            hint="the savepoint itself is safe; its directory is written as soon as that is possible",
        ) from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            shutil.rmtree(temporary)
    return hashlib.sha256(text).hexdigest()


def check_place(path: Path) -> None:
    """Raise :class:`SavepointNotWritten` when a savepoint cannot be written to ``path``, as far as that shows beforehand."""
    try:
        trouble = _trouble_with(path)
    except (OSError, ValueError) as error:  # a name that is too long, or that holds a NUL
        trouble = getattr(error, "strerror", None) or str(error)
    if trouble:
        raise SavepointNotWritten(
            f"cannot write a savepoint to {path}: {trouble}",
            hint="name a directory that does not exist yet",
            code="invalid-path",
        )


def _trouble_with(path: Path) -> str:
    """Why no savepoint can be written there; empty when nothing is known against it."""
    if not path.is_absolute():
        return "the path is not absolute"
    try:
        path.lstat()
    except FileNotFoundError:
        if not path.parent.is_dir():
            return f"there is no directory {path.parent}"
    else:
        if path.is_symlink() or not path.is_dir():
            return "it is there already, and no directory"
        if any(path.iterdir()):
            return "the directory is not empty"
    return "" if os.access(path.parent, os.W_OK | os.X_OK) else f"{path.parent} may not be written to"


def remove_directory(path: Path) -> None:
    """Remove a savepoint's directory, if it is one; what else is in there stays. Removing it again is harmless."""
    for name in (MANIFEST_NAME, STATE_NAME):  # without its manifest it is no savepoint any more, whatever happens next
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (path / name).unlink()
    with contextlib.suppress(OSError):
        path.rmdir()


def remove_unfinished(root: Path) -> None:
    """Remove what a crash has left of directories that were being written one level below ``root``."""
    for path in root.glob(f"*/{UNFINISHED}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)


def _digest_of(path: Path, manifest: Manifest) -> str:
    """The digest of the directory when it is this savepoint's; empty when it is not."""
    if not path.is_dir():
        return ""
    try:
        found = read_directory(path)
    except SavepointInvalid:
        return ""
    theirs, ours = found.manifest, manifest
    same = (theirs.job_id, theirs.number, theirs.files) == (ours.job_id, ours.number, ours.files)
    return found.digest if same else ""


def _write_file(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
