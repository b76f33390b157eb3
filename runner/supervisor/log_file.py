"""Reads the log of an execution: JSON lines, from a byte offset or a time on, or the last ones. What they say is data, never
trusted.

Nothing looks through a whole file for a time: the lines are in its order but for moments, so it is searched by halves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from runner.model import LogLine
from runner.supervisor.log_trimming import first_kept

RAW: Final = "raw"
"""The level of a line that is no log line: shown as it is."""
MAXIMUM_LINE: Final = 256 * 1024
LEVELS: Final = ("debug", "info", "output", "warning", "warn", "error", "critical")
_BLOCK: Final = 256 * 1024
# A look at one page never reads more than this, whatever the filter leaves out: the reader asks again from the last offset.
_MAXIMUM_READ: Final = 64 * 1024 * 1024
_SEVERITY: Final = {"debug": 0, "info": 1, "output": 1, "warning": 2, "warn": 2, "error": 3, "critical": 4}
# Several processes write: a line may stand so many seconds before one that is older.
_DISORDER: Final = 5.0
_LATEST: Final = 253_402_300_800.0
"""Epoch seconds: the year 10000, which nobody can show."""
_decoder = msgspec.json.Decoder(LogLine)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are wanted. ``level``: ``output`` asks for rows alone, another one for lines at least as severe (rows pass
    only where nothing is asked for). ``since`` and ``until``: epoch seconds, ``[since, until)``; a line without a time passes
    where the lines around it do. ``contains``: a part of the message, whatever its case."""

    level: str | None = None
    since: float | None = None
    until: float | None = None
    contains: str | None = None

    def passes(self, line: LogLine) -> bool:
        """Whether the line is wanted."""
        timed = line.level != RAW
        if timed and self.since is not None and line.at < self.since:
            return False
        if timed and self.until is not None and line.at >= self.until:
            return False
        if self.contains and self.contains.casefold() not in line.message.casefold():
            return False
        return self._is_severe(line.level)

    def _is_severe(self, level: str) -> bool:
        if not self.level:
            return True
        wanted = self.level.lower()
        if wanted == "output" or level == "output":
            return level == wanted
        return _SEVERITY.get(level, _SEVERITY["error"]) >= _SEVERITY.get(wanted, 0)

    def is_before(self, line: LogLine) -> bool:
        """Whether this line and all before it are too old."""
        return self.since is not None and line.level != RAW and line.at < self.since - _DISORDER

    def is_after(self, line: LogLine) -> bool:
        """Whether this line and all after it are too new."""
        return self.until is not None and line.level != RAW and line.at >= self.until + _DISORDER


EVERYTHING: Final = LogFilter()


@dataclass(frozen=True, slots=True)
class LogRead:
    """Lines, oldest first, and the offset to read on from. ``more``: there was more to look through than one look may take."""

    lines: list[LogLine]
    next: int
    more: bool = False


def read_after(path: Path, after: int, limit: int, wanted: LogFilter = EVERYTHING) -> LogRead:
    """Up to ``limit`` lines that begin at byte ``after`` or later, without one that is still being written. An ``after`` beyond
    the file's end is of another file: it is read from its beginning."""
    lines: list[LogLine] = []
    try:
        with path.open("rb") as file:
            descriptor = file.fileno()
            size = os.fstat(descriptor).st_size
            position = max(0 if after > size else after, first_kept(descriptor))
            if wanted.since is not None:
                position = max(position, _seek(descriptor, size, wanted.since - _DISORDER))
            limit_at = position + _MAXIMUM_READ
            for start, raw in _complete_lines(descriptor, position):
                line = _parse(raw, start + len(raw))
                if wanted.is_after(line):
                    return LogRead(lines, start)
                position = line.offset
                if wanted.passes(line):
                    lines.append(line)
                    if len(lines) >= limit:
                        break
            return LogRead(lines, position, more=len(lines) >= limit or position >= limit_at)
    except FileNotFoundError:
        return LogRead([], 0)


def read_last(path: Path, limit: int, wanted: LogFilter = EVERYTHING) -> LogRead:
    """The last ``limit`` lines."""
    found: list[LogLine] = []
    try:
        with path.open("rb") as file:
            descriptor = file.fileno()
            end = os.fstat(descriptor).st_size
            if wanted.until is not None:
                end = _seek(descriptor, end, wanted.until + _DISORDER)
            next_offset = None
            for position, raw in _lines_backwards(descriptor, end):
                line = _parse(raw, position)
                next_offset = position if next_offset is None else next_offset
                if wanted.is_before(line):
                    break
                if wanted.passes(line):
                    found.append(line)
                    if len(found) >= limit:
                        break
            return LogRead(found[::-1], next_offset or 0)
    except FileNotFoundError:
        return LogRead([], 0)


def _seek(descriptor: int, size: int, at: float) -> int:
    """The beginning of a line before which every line is older than ``at``, as far as lines are in order."""
    low, high = first_kept(descriptor), size
    while high - low > _BLOCK:
        middle = (low + high) // 2
        found = _first_time(descriptor, middle, high)
        if found is None or found[1] >= at:
            high = middle
        else:
            low = found[0]
    for start, raw in _complete_lines(descriptor, low):
        line = _parse(raw, start + len(raw))
        if line.level != RAW and line.at >= at:
            return start
        low = start + len(raw)
    return low


def _first_time(descriptor: int, position: int, end: int) -> tuple[int, float] | None:
    """The first line that begins after ``position`` and has a time: where it begins, and the time. None: there is none in the
    next block."""
    data = os.pread(descriptor, min(_BLOCK, end - position), position)
    begin = data.find(b"\n") + 1
    while begin and (cut := data.find(b"\n", begin)) >= 0:
        line = _parse(data[begin : cut + 1], 0)
        if line.level != RAW:
            return position + begin, line.at
        begin = cut + 1
    return None


def _complete_lines(descriptor: int, position: int) -> Iterator[tuple[int, bytes]]:
    """Each line with its start, its line break included. A line too long to hold comes in pieces."""
    limit = position + _MAXIMUM_READ
    rest = b""
    while position < limit:
        block = os.pread(descriptor, _BLOCK, position + len(rest))
        if not block:
            return
        data = rest + block
        begin = 0
        while (end := data.find(b"\n", begin)) >= 0:
            yield position + begin, data[begin : end + 1]
            begin = end + 1
        if len(data) - begin > MAXIMUM_LINE:
            yield position + begin, data[begin:]
            begin = len(data)
        position += begin
        rest = data[begin:]


def _lines_backwards(descriptor: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Each complete line with the position after it, last line first."""
    first = first_kept(descriptor)
    floor = min(end, max(first, end - _MAXIMUM_READ))
    start, data, seen_break = end, b"", False
    while start > floor:
        size = min(_BLOCK, start - floor)
        start -= size
        data = os.pread(descriptor, size, start) + data
        if not seen_break:
            # What follows the last line break is still being written.
            last = data.rfind(b"\n")
            seen_break = last >= 0
            data = data[: last + 1]
            if not seen_break:
                continue
        while (cut := data.rfind(b"\n", 0, len(data) - 1)) >= 0:
            yield start + len(data), data[cut + 1 :]
            data = data[: cut + 1]
    if data and floor == first:
        yield start + len(data), data


def _parse(raw: bytes, end: int) -> LogLine:
    try:
        line = _decoder.decode(raw)
        if not 0.0 <= line.at < _LATEST:
            raise msgspec.ValidationError("no calendar has that time")
        return msgspec.structs.replace(line, offset=end)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = raw[:MAXIMUM_LINE].decode(errors="replace").rstrip("\n")
        return LogLine(at=0.0, level=RAW, message=text, offset=end)
