"""Looks through a file of JSON lines for ranges that the engine may read: where they end, and that each line begins an object.

Nothing is kept of what is looked at. It goes through one buffer, which stays in the processor's cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from runner.connectors.base import PluginError, file_error
from runner.connectors.file.json_window import LONGEST_LINE, OpenFile

_PIECE_BYTES = 1 << 18
_TAIL_BYTES = 1 << 12
_BEFORE = 4
"""So much of the piece before is looked at again: a word of five letters may lie across the border."""

_LINE_BREAK, _BRACE = b"\n{"
_NO_SPACES = (b"\v", b"\f")
"""Spaces to the engine, and none in JSON."""

_WORDS = (b"true", b"false")
_PAIRS = np.frombuffer(b"ruls", dtype=np.uint16)
"""Two letters of each word: to look for these first takes a third of the time."""


@dataclass(frozen=True, slots=True)
class LineRange:
    """The bytes ``[begin, end)``: ``lines`` lines that begin an object each. ``booleans``: ``true`` or ``false`` is there, in
    whatever place, if that was looked for."""

    begin: int
    end: int
    lines: int
    booleans: bool


class LineScan:
    """Finds the ranges of ``source`` up to ``end``, and whether there are ``booleans``. One thread."""

    def __init__(self, source: OpenFile, end: int, *, booleans: bool) -> None:
        self._source = source
        self._end = end
        self._wanted = booleans
        self._buffer = bytearray(_BEFORE + _PIECE_BYTES)
        self._view = memoryview(self._buffer)
        self._characters = np.frombuffer(self._buffer, dtype=np.uint8)
        self._breaks = np.empty(_PIECE_BYTES, dtype=np.bool_)
        self._begins = np.empty(_PIECE_BYTES, dtype=np.bool_)

    def ranges(self, begin: int, size: int) -> Iterator[LineRange]:
        """Those from ``begin`` on, where a line begins, of no more than ``size`` bytes unless a line is longer. Ends before a
        range with a line that begins no object, or is too long for the engine. Raises PluginError when the file cannot be read
        or has become shorter."""
        while begin < self._end:
            end = self._cut(begin, min(size, LONGEST_LINE))
            found = self._looked_through(begin, end) if end else None
            if found is None:
                return
            yield found
            begin = end

    def _cut(self, begin: int, size: int) -> int:
        """After the last line break within ``size`` bytes, or more where there is none; 0 when the line is too long."""
        while begin + size < self._end:
            end = self._last_line_break(begin, begin + size)
            if end or size == LONGEST_LINE:
                return end
            size = min(2 * size, LONGEST_LINE)
        return self._end

    def _last_line_break(self, begin: int, end: int) -> int:
        """After the last one in ``[begin, end)``, 0 when there is none."""
        while begin < end:
            first = max(begin, end - _TAIL_BYTES)
            size = self._read(first, end)
            found = self._buffer.rfind(b"\n", _BEFORE, _BEFORE + size)
            if found >= 0:
                return first + found - _BEFORE + 1
            end = first
        return 0

    def _looked_through(self, begin: int, end: int) -> LineRange | None:
        """A range, or None when a line in it does not begin an object."""
        lines, booleans, at = 0, False, begin
        self._buffer[:_BEFORE] = b"   \n"
        while at < end:
            size = self._read(at, end)
            found = self._objects(size)
            if found is None or self._has(_NO_SPACES, size):
                return None
            lines += found
            booleans = booleans or (self._wanted and self._may_have_booleans(size) and self._has(_WORDS, size))
            self._buffer[:_BEFORE] = self._buffer[size : size + _BEFORE]
            at += size
        return LineRange(begin, end, lines, booleans)

    def _read(self, begin: int, end: int) -> int:
        """How many bytes from ``begin`` on, at least one, are in the buffer now."""
        piece = self._view[_BEFORE : _BEFORE + end - begin]
        try:
            size = os.preadv(self._source.descriptor, [piece], begin)
        except OSError as error:
            raise file_error(error, self._source.path, "read") from error
        if not size:
            path = self._source.path
            message = f"{path} has become shorter while it was being read"
            raise PluginError(message, code="file-changed", position=f"{path}: byte {begin}")
        return size

    def _objects(self, size: int) -> int | None:
        """How many lines begin in a piece, None when one of them begins no object."""
        ends, begins = self._breaks[:size], self._begins[:size]
        np.equal(self._characters[_BEFORE - 1 : _BEFORE - 1 + size], _LINE_BREAK, out=ends)
        np.equal(self._characters[_BEFORE : _BEFORE + size], _BRACE, out=begins)
        lines = int(np.count_nonzero(ends))
        return lines if lines == np.count_nonzero(np.logical_and(ends, begins, out=begins)) else None

    def _may_have_booleans(self, size: int) -> bool:
        """Whether two letters of ``true`` or ``false`` are in a piece."""
        for shift in (0, 1):
            numbers = np.frombuffer(self._buffer, np.uint16, (_BEFORE + size - shift) // 2, shift)
            found = self._breaks[: len(numbers)]
            if any(np.equal(numbers, pair, out=found).any() for pair in _PAIRS):
                return True
        return False

    def _has(self, words: tuple[bytes, bytes], size: int) -> bool:
        return any(self._buffer.find(word, 0, _BEFORE + size) >= 0 for word in words)
