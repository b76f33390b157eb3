"""The files of large checkpoint states, in a directory beside the database. Rows name them; this module never decides which
row is right."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from runner.store.errors import StoreError

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}-\d{1,20}-[0-9a-f]{16}\.bin")
_UNFINISHED = ".tmp"


class StateFiles:
    """Reads and writes state files in ``directory``, which is made on first use."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, name: str, state: bytes) -> None:
        """Make ``state`` durable under ``name``: when this returns, a power failure cannot lose it."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        path = self._path(name)
        temporary = path.with_name(path.name + _UNFINISHED)
        try:
            with temporary.open("wb") as file:
                file.write(state)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise StoreError(
                f"cannot write the checkpoint state {path}: {error.strerror}",
                code="store-unavailable",
                hint="free space on the disk that holds the flowdeck home",
            ) from error
        sync_directory(self.directory)
        sync_directory(self.directory.parent)

    def read(self, name: str) -> bytes:
        """The content of ``name``; StoreError ``checkpoint-corrupt`` when it cannot be read."""
        path = self._path(name)
        try:
            return path.read_bytes()
        except OSError as error:
            raise StoreError(f"cannot read the checkpoint state {path}: {error.strerror}", code="checkpoint-corrupt") from error

    def remove(self, name: str) -> None:
        """Remove ``name`` if it is there. A file that cannot be removed now is an orphan: it goes when the store next opens."""
        with contextlib.suppress(OSError):
            self._path(name).unlink()

    def orphans(self, known: set[str]) -> list[Path]:
        """The state files, finished or not, that no row names. Other files in the directory are not ours to judge."""
        if not self.directory.is_dir():
            return []
        return sorted(path for path in self.directory.iterdir() if self._is_state(path) and path.name not in known)

    def _is_state(self, path: Path) -> bool:
        return _NAME.fullmatch(path.name.removesuffix(_UNFINISHED)) is not None and path.is_file()

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise StoreError(f"{name!r} is not the name of a checkpoint state", code="checkpoint-corrupt")
        return self.directory / name


def sync_directory(directory: Path) -> None:
    """Make the entries of ``directory`` durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
