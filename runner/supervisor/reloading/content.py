"""What is in a job file and in the files that it includes: the text to read, and a digest that decides whether it is new."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from spec.errors import UsageError

_LARGEST_FILE = 16 * 1024 * 1024


def file_key(path: str) -> str:
    """The one name of a job file: an absolute path whose directory is real. A file that is a symbolic link keeps its own name,
    whatever it leads to: that changes when a directory of files is replaced at once."""
    directory, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - the last part must not be resolved
    return os.path.join(os.path.realpath(directory), name)  # noqa: PTH118


@dataclass(frozen=True, slots=True)
class Content:
    """A job file as it was at one moment. ``digest`` tells contents of it and of what it includes apart. ``trouble`` says why
    it cannot be read."""

    path: str
    data: bytes | None
    digest: str
    trouble: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether there is no such file."""
        return self.data is None and not self.trouble

    @property
    def text(self) -> str:
        """What is no text is left to the check to complain about."""
        return (self.data or b"").decode("utf-8-sig", errors="replace")

    def with_includes(self, includes: Iterable[str]) -> str:
        """The digest of the same file with other included files. Blocks."""
        return _digest(self.path, self.data, includes)


def read_content(path: str, includes: Iterable[str]) -> Content:
    """The file and its digest. Blocks."""
    try:
        data = _read(path)
    except UsageError as error:
        return Content(path, None, hashlib.sha256(error.message.encode()).hexdigest(), error.message)
    return Content(path, data, "" if data is None else _digest(path, data, includes))


def _digest(path: str, data: bytes | None, includes: Iterable[str]) -> str:
    found = hashlib.sha256(data or b"")
    for name in sorted(set(includes) - {path}):
        try:
            included = _read(name)
        except UsageError as error:
            included = error.message.encode()
        found.update(f"\0{name}\0{-1 if included is None else len(included)}\0".encode())
        found.update(included or b"")
    return found.hexdigest()


def is_empty(path: str) -> bool:
    """Whether there is a file without a byte: somebody may be about to write it. Blocks."""
    try:
        return Path(path).stat().st_size == 0
    except OSError:
        return False


def _read(path: str) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not make us wait
        with os.fdopen(descriptor, "rb") as file:
            kind = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(kind):
                raise UsageError(f"{path} is not a file")
            return file.read(_LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
