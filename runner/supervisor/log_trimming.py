"""Keeps the logs of executions within bounds: the oldest lines of a file that has become too large are given back to the disk.

A log is not renamed or copied for that. Its beginning becomes a hole: what is behind it stays where it is, so who writes
goes on writing, and an offset means the same line for ever. Who follows, pages or searches by time goes on over it and misses
nothing but what is gone. Reading is in log_file.py.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_KEEP_SIZE: Final = 0x01
_PUNCH_HOLE: Final = 0x02
_SEARCHED: Final = 1024 * 1024
_UNSUPPORTED: Final = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_log = logging.getLogger(__name__)
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class LogBounds:
    """Bytes: of one file, of all together, and what a file keeps when all together are too much."""

    file: int
    together: int
    least: int = 256 * 1024


class LogTrimmer:
    """Trims the files of one directory. Belongs to one thread at a time."""

    def __init__(self, directory: Path, bounds: LogBounds) -> None:
        self._directory = directory
        self._bounds = bounds
        self._has_complained = False

    def trim(self) -> int:
        """Once; the bytes that were given back. A file that cannot be trimmed is complained about, and keeps no other one long;
        a file system that cannot do it is complained about once."""
        bounds, freed, found = self._bounds, 0, []
        for path in self._directory.iterdir():
            status = _status_of(path)
            if status is not None:
                size = status.st_blocks * 512
                if size > bounds.file:
                    given_back = self._try(path, bounds.file * 3 // 4)
                    freed, size = freed + given_back, size - given_back
                found.append((status.st_mtime, size, path))
        return freed + self._trim_oldest(sorted(found), sum(size for _, size, _ in found) - bounds.together)

    def _trim_oldest(self, files: Iterable[tuple[float, int, Path]], excess: int) -> int:
        """Those first that nobody has written to for the longest time."""
        freed = 0
        for _, size, path in files:
            if freed >= excess:
                break
            if size > self._bounds.least:
                freed += self._try(path, self._bounds.least)
        return freed

    def _try(self, path: Path, keep: int) -> int:
        try:
            return self._trim(path, keep)
        except OSError as error:  # one that was just removed, or a disk that fails: the next look may do
            _log.warning("the log %s was not trimmed: %s", path, error.strerror or error)
            return 0

    def _trim(self, path: Path, keep: int) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            before = os.fstat(descriptor)
            cut = _line_after(descriptor, before.st_size - keep)
            if cut > 0 and not self._punch(descriptor, cut, path):
                return 0
            return max(0, before.st_blocks - os.fstat(descriptor).st_blocks) * 512
        finally:
            os.close(descriptor)

    def _punch(self, descriptor: int, end: int, path: Path) -> bool:
        done = _libc.fallocate(descriptor, _PUNCH_HOLE | _KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(end))
        if done == 0:
            return True
        number = ctypes.get_errno()
        if number not in _UNSUPPORTED:
            raise OSError(number, os.strerror(number), str(path))
        if not self._has_complained:
            _log.warning("logs in %s grow without bound: its file system cannot give back a part of a file", self._directory)
        self._has_complained = True
        return False


def _status_of(path: Path) -> os.stat_result | None:
    """Of a plain file; None of anything else, and of what was just removed."""
    try:
        status = path.stat(follow_symlinks=False)
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def first_kept(descriptor: int) -> int:
    """Where the first line begins that was not given back; the file's size when there is none."""
    size = os.fstat(descriptor).st_size
    try:
        position = os.lseek(descriptor, 0, os.SEEK_DATA)
    except OSError as error:
        return size if error.errno == errno.ENXIO else 0
    # A hole is made of whole blocks; what was cleared of the first block that is left are zeros, which no line has.
    while block := os.pread(descriptor, 4096, position):
        kept = block.lstrip(b"\0")
        if kept:
            return position + len(block) - len(kept)
        position += len(block)
    return size


def _line_after(descriptor: int, position: int) -> int:
    """The beginning of the first line at or after a position; where there is none near it, the position itself."""
    if position <= 0:
        return 0
    found = os.pread(descriptor, _SEARCHED, position - 1).find(b"\n")
    return position + found if found >= 0 else position
