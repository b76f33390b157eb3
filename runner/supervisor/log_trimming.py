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
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

_KEEP_SIZE: Final = 0x01
_PUNCH_HOLE: Final = 0x02
_SEARCHED: Final = 1024 * 1024
_UNSUPPORTED: Final = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_LIVELY: Final = 600.0
"""Seconds after which somebody who has not written is not expected to."""
_TURNS: Final = 24
"""In so many times everybody is looked at once."""
_AT_LEAST: Final = 50
_TELLING: Final = 2.0
_log = logging.getLogger(__name__)
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class LogBounds:
    """Bytes: of one file, of all together, and what a file keeps when all together are too much."""

    file: int
    together: int
    least: int = 256 * 1024


class _Log(msgspec.Struct, frozen=True, gc=False):
    """A file as it was at the last look: when it was written to, and the bytes that it has on the disk."""

    written_at: float
    size: int


class LogTrimmer:
    """Trims the files of one directory. Belongs to one thread at a time.

    There may be ten thousand files, and a look at all of them would keep everybody else waiting. So each time there is one at
    those that are new or were written to not long ago, at those that may be written to, and at a part of the others, which
    hardly ever change.
    """

    def __init__(self, directory: Path, bounds: LogBounds) -> None:
        self._directory = directory
        self._bounds = bounds
        self._has_complained = False
        self._logs: dict[str, _Log] = {}
        self._bytes = 0
        self._lively: set[str] = set()
        self._turn: list[str] = []
        self._listed: int | None = None

    def trim(self, at_work: Iterable[str] = ()) -> int:
        """Once; the bytes that were given back. ``at_work``: the names of logs that may be written to at any time. A file that
        cannot be trimmed is complained about, and keeps no other one long; a file system that cannot do it is complained about
        once."""
        freed, now = 0, time.time()
        for name in self._due(at_work, now):
            log = self._look(name, now)
            if log is not None and log.size > self._bounds.file:
                freed += self._try(self._directory / name, self._bounds.file * 3 // 4)
                self._look(name, now)
        excess = self._bytes - self._bounds.together
        return freed if excess <= 0 else freed + self._trim_oldest(excess, now)

    def _due(self, at_work: Iterable[str], now: float) -> set[str]:
        """Whom to look at: who is new, who was or may be written to, and whose turn it is of the others."""
        due = self._lively | self._new(now)
        due.update(name for name in at_work if name in self._logs)
        if not self._turn:
            self._turn = list(self._logs)
        part = max(_AT_LEAST, len(self._logs) // _TURNS)
        due.update(self._turn[-part:])
        del self._turn[-part:]
        return due

    def _new(self, now: float) -> set[str]:
        """What is in the directory and not known; what is no more in it is forgotten. A directory that is as it was is not
        read, unless that was so short ago that its time says nothing."""
        changed = self._directory.stat().st_mtime_ns
        if changed == self._listed:
            return set()
        names = set(os.listdir(self._directory))  # noqa: PTH208 - ten thousand paths would be as many objects
        self._listed = changed if abs(now - changed / 1e9) > _TELLING else None
        for name in self._logs.keys() - names:
            self._forget(name)
        return names - self._logs.keys()

    def _look(self, name: str, now: float) -> _Log | None:
        status = _status_of(self._directory / name)
        self._forget(name)
        if status is None:
            return None
        log = self._logs[name] = _Log(status.st_mtime, status.st_blocks * 512)
        self._bytes += log.size
        if now - log.written_at < _LIVELY:
            self._lively.add(name)
        return log

    def _forget(self, name: str) -> None:
        log = self._logs.pop(name, None)
        self._bytes -= 0 if log is None else log.size
        self._lively.discard(name)

    def _trim_oldest(self, excess: int, now: float) -> int:
        """Those first that nobody has written to for the longest time."""
        freed = 0
        for name, log in sorted(self._logs.items(), key=lambda found: (found[1].written_at, found[1].size, found[0])):
            if freed >= excess:
                break
            if log.size > self._bounds.least:
                freed += self._try(self._directory / name, self._bounds.least)
                self._look(name, now)
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
