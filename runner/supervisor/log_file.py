"""Reads the log of an execution: JSON lines, from a byte offset on or the last ones. What they say is data, never trusted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from runner.model import LogLine

RAW: Final = "raw"
"""The level of a line that is no log line: shown as it is."""
MAXIMUM_LINE: Final = 256 * 1024
_BLOCK: Final = 256 * 1024
# A look at one page never reads more than this, whatever the filter leaves out: the reader asks again from the last offset.
_MAXIMUM_READ: Final = 64 * 1024 * 1024
_SEVERITY: Final = {"debug": 0, "info": 1, "output": 1, "warning": 2, "error": 3, "critical": 4}
_decoder = msgspec.json.Decoder(LogLine)


def read_after(path: Path, after: int, limit: int, level: str | None) -> list[LogLine]:
    """Up to ``limit`` lines that begin at byte ``after`` or later, oldest first, without one that is still being written."""
    lines: list[LogLine] = []
    try:
        with path.open("rb") as file:
            file.seek(after)
            for start, raw in _complete_lines(file.fileno(), after):
                line = _parse(raw, start + len(raw))
                if _passes(line, level):
                    lines.append(line)
                    if len(lines) >= limit:
                        break
    except FileNotFoundError:
        return []
    return lines


def read_last(path: Path, limit: int, level: str | None) -> list[LogLine]:
    """The last ``limit`` lines, oldest first."""
    found: list[LogLine] = []
    try:
        with path.open("rb") as file:
            for end, raw in _lines_backwards(file.fileno(), os.fstat(file.fileno()).st_size):
                line = _parse(raw, end)
                if _passes(line, level):
                    found.append(line)
                    if len(found) >= limit:
                        break
    except FileNotFoundError:
        return []
    return found[::-1]


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
    floor = max(0, end - _MAXIMUM_READ)
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
    if data and floor == 0:
        yield start + len(data), data


def _parse(raw: bytes, end: int) -> LogLine:
    try:
        return msgspec.structs.replace(_decoder.decode(raw), offset=end)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = raw[:MAXIMUM_LINE].decode(errors="replace").rstrip("\n")
        return LogLine(at=0.0, level=RAW, message=text, offset=end)


def _passes(line: LogLine, level: str | None) -> bool:
    """``output`` asks for rows alone, another level for lines at least as severe; rows pass only where nothing is asked for."""
    if not level:
        return True
    wanted = level.lower()
    if wanted == "output" or line.level == "output":
        return line.level == wanted
    return _SEVERITY.get(line.level, _SEVERITY["error"]) >= _SEVERITY.get(wanted, 0)
