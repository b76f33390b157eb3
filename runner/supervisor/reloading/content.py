"""What is in a job file and in the files that it includes: the text to read, and a digest that decides whether it is new."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from spec.errors import UsageError

_LARGEST_FILE = 16 * 1024 * 1024


def file_key(path: str) -> str:
    """The one name of a job file: an absolute path whose directory is real. A file that is a symbolic link keeps its own name,
    whatever it leads to: that changes when a directory of files is replaced at once."""
    directory, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - the last part must not be resolved
    return os.path.join(os.path.realpath(directory), name)  # noqa: PTH118


def read_text(path: str) -> str | None:
    """The text of the file; None when there is none. What is no text is left to the check to complain about. Raises
    :class:`UsageError` when it cannot be read. Blocks."""
    data = _read(path)
    return None if data is None else data.decode("utf-8-sig", errors="replace")


def digest(path: str, includes: Iterable[str]) -> str:
    """Tells contents of the file and of what it includes apart; empty when the file is not there. Blocks."""
    found = hashlib.sha256()
    for name in (path, *sorted(set(includes) - {path})):
        try:
            data = _read(name)
        except UsageError as error:
            data = error.message.encode()
        if data is None and name == path:
            return ""
        found.update(f"{name}\0{-1 if data is None else len(data)}\0".encode())
        found.update(data or b"")
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
