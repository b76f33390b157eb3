"""Cuts a line-based file into ranges that begin and end between records, and knows the byte position of each.

For csv a line break inside quotes is no boundary. Quotes count only where csv lets them: a quote opens a quoted value at the
start of a field; anywhere else it is a character like others (as in Python's csv module and in Arrow's parser).
"""

from __future__ import annotations

import itertools
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runner.connectors.base import DataError, Pace, PluginError, file_error

MAXIMUM_RECORD = 64 << 20
BOM = b"\xef\xbb\xbf"

_SHOWN_BYTES = 128 << 10
_LOOK_BYTES = 1 << 18
_TAIL_BYTES = 1 << 12
_COUNTED_BYTES = 1 << 17
_NEWLINE = 0x0A
_RETURN = 0x0D


@dataclass(frozen=True, slots=True)
class Range:
    """Whole records: the bytes ``[begin, end)`` of a file. With a ``fault`` it is one line that begins a record without an end
    (and ``data`` its beginning)."""

    begin: int
    end: int
    data: bytes
    fault: str = ""


class Boundaries(ABC):
    """Where records end in a piece of a file that begins with a record. Where there is no ``quote``, a line is a record."""

    quote: bytes | None = None

    @abstractmethod
    def last(self, data: bytes, *, at_end: bool) -> int:
        """The end of the last whole record in ``data``, 0 when there is none. ``at_end``: nothing follows in the file."""

    @abstractmethod
    def after(self, data: bytes, records: int) -> int:
        """The end of record number ``records`` (or of the last one) in ``data``, which holds whole records."""

    @abstractmethod
    def ends(self, data: bytes) -> npt.NDArray[np.int64]:
        """The ends of all records in ``data``, which holds whole records."""


class LineBoundaries(Boundaries):
    """Every line is a record."""

    def last(self, data: bytes, *, at_end: bool) -> int:
        """After the last line break."""
        return len(data) if at_end else data.rfind(b"\n") + 1

    def after(self, data: bytes, records: int) -> int:
        """After so many line breaks."""
        breaks = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _NEWLINE)
        return int(breaks[records - 1]) + 1 if len(breaks) >= records else len(data)

    def ends(self, data: bytes) -> npt.NDArray[np.int64]:
        """After every line break, and at the end."""
        return _ends_after(np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _NEWLINE), len(data))


def _ends_after(breaks: npt.NDArray[np.intp], size: int) -> npt.NDArray[np.int64]:
    ends = breaks.astype(np.int64) + 1
    return ends if size == (ends[-1] if len(ends) else 0) else np.append(ends, size)


class UnclosedQuote(Exception):
    """The file ends inside a quoted value that began at ``offset`` of the piece."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class QuotedBoundaries(Boundaries):
    """A line is a record unless its line break is inside quotes."""

    def __init__(self, delimiter: str, quote: str = '"') -> None:
        self._delimiter = delimiter.encode()
        self.quote: bytes = quote.encode()

    def last(self, data: bytes, *, at_end: bool) -> int:
        """After the last line break outside quotes. Raises UnclosedQuote at the end of the file."""
        if self.quote not in data:
            return len(data) if at_end else data.rfind(b"\n") + 1
        quotes = self._quotes(data)
        if quotes is None:
            return self._walk(data, at_end=at_end)[-1]
        if at_end:
            if len(quotes) % 2:
                raise UnclosedQuote(int(quotes[-1]))
            return len(data)
        end = len(data)
        while (found := data.rfind(b"\n", 0, end)) >= 0:
            before = int(np.searchsorted(quotes, found))
            if before % 2 == 0:
                return found + 1
            end = int(quotes[before - 1])
        return 0

    def after(self, data: bytes, records: int) -> int:
        """After so many line breaks outside quotes."""
        breaks = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _NEWLINE)
        if self.quote in data:
            quotes = self._quotes(data)
            if quotes is None:
                ends = self._walk(data, at_end=False, limit=records)
                return ends[-1] if len(ends) > records else len(data)
            breaks = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
        return int(breaks[records - 1]) + 1 if len(breaks) >= records else len(data)

    def ends(self, data: bytes) -> npt.NDArray[np.int64]:
        """After every line break outside quotes, and at the end."""
        breaks = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _NEWLINE)
        if self.quote in data:
            quotes = self._quotes(data)
            if quotes is None:
                return _ends_after(np.array(self._walk(data, at_end=False)[1:], dtype=np.intp) - 1, len(data))
            breaks = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
        return _ends_after(breaks, len(data))

    def _quotes(self, data: bytes) -> npt.NDArray[np.intp] | None:
        """The positions of all quotes if they strictly alternate between opening and closing, None when one is a character
        like others, which counting cannot tell.
        """
        characters = np.frombuffer(data, dtype=np.uint8)
        quotes = np.flatnonzero(characters == self.quote[0])
        opening, closing = quotes[0::2], quotes[1::2]
        if not self._around(characters, opening - 1).all() or not self._around(characters, closing + 1).all():
            return None
        return quotes

    def _around(self, characters: npt.NDArray[np.uint8], positions: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        inside = positions[(positions >= 0) & (positions < len(characters))]
        beside = characters[inside]
        allowed: npt.NDArray[np.bool_] = (beside == self._delimiter[0]) | (beside == _NEWLINE) | (beside == _RETURN)
        allowed |= beside == self.quote[0]
        return allowed

    def _walk(self, data: bytes, *, at_end: bool, limit: int | None = None) -> list[int]:
        """The record ends found field by field (0 first): slower, and right for any quotes."""
        ends, at = [0], 0
        while at < len(data) and (limit is None or len(ends) <= limit):
            line_end = data.find(b"\n", at)
            if line_end >= 0 and self.quote not in data[at:line_end]:
                at = line_end + 1
            else:
                record_end = self._record_end(data, at, at_end=at_end)
                if record_end is None:
                    break
                at = record_end
            ends.append(at)
        return ends

    def _record_end(self, data: bytes, at: int, *, at_end: bool) -> int | None:
        while True:
            if data[at : at + 1] == self.quote:
                closing = self._closing(data, at + 1)
                if closing is None:
                    if at_end:
                        raise UnclosedQuote(at)
                    return None
                at = closing + 1
            field_end = self._field_end(data, at)
            if field_end is None:
                return len(data) if at_end else None
            if data[field_end] == _NEWLINE:
                return field_end + 1
            at = field_end + 1

    def _closing(self, data: bytes, at: int) -> int | None:
        while (found := data.find(self.quote, at)) >= 0:
            if data[found + 1 : found + 2] != self.quote:
                return found
            at = found + 2
        return None

    def _field_end(self, data: bytes, at: int) -> int | None:
        found = [data.find(end, at) for end in (self._delimiter, b"\n", b"\r")]
        return min((end for end in found if end >= 0), default=None)


def read_ranges(
    path: Path, begin: int, end: int, boundaries: Boundaries, pace: Pace, *, tolerant: bool = False
) -> Iterator[Range]:
    """The records of ``[begin, end)`` in pieces of about ``pace``. Both ends are record boundaries of the file.

    Raises PluginError when the file cannot be read or has become shorter, DataError for a record without an end; when
    ``tolerant`` the line where such a record begins is a piece of its own instead, with a fault, and the next line begins a
    record again.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise file_error(error, path, "read") from error
    pieces = _Pieces(descriptor, path, end, boundaries, pace, tolerant=tolerant)
    try:
        at = begin
        while at < end:
            piece = pieces.read(at)
            at = piece.end
            yield piece
    finally:
        os.close(descriptor)


class _Pieces:
    """Reads one piece after the other, as many bytes at once as the last one could use."""

    def __init__(self, descriptor: int, path: Path, end: int, boundaries: Boundaries, pace: Pace, *, tolerant: bool) -> None:
        self._descriptor = descriptor
        self._path = path
        self._end = end
        self._boundaries = boundaries
        self._pace = pace
        self._size = pace.bytes
        self._tolerant = tolerant

    def read(self, at: int) -> Range:
        """The piece that begins at ``at``."""
        data, cut = self._whole_records(at, self._size)
        if not cut:
            return self._one_line(at)
        if self._may_be_too_many(data, cut):
            cut = self._boundaries.after(data[:cut], self._pace.rows)
        self._size = min(self._pace.bytes, 2 * cut)
        return Range(at, at + cut, data[:cut] if cut < len(data) else data)

    def _may_be_too_many(self, data: bytes, cut: int) -> bool:
        """Whether ``data[:cut]`` may hold more rows than are wanted: a record has a byte, and all but the last a line break."""
        return cut > self._pace.rows and _line_breaks(data, cut) >= self._pace.rows

    def _whole_records(self, at: int, size: int) -> tuple[bytes, int]:
        """Bytes from ``at`` on, and how many of them are whole records: at least one. No bytes for a record without an end,
        when that is tolerated."""
        while True:
            data = _pread(self._descriptor, self._path, self._up_to_a_line_break(at, size), at)
            try:
                cut = self._boundaries.last(data, at_end=at + len(data) >= self._end)
            except UnclosedQuote as error:
                if not self._tolerant:
                    raise self._unclosed(at + error.offset) from None
                return data, self._boundaries.last(data[: error.offset], at_end=False)
            if cut:
                return data, cut
            if size >= MAXIMUM_RECORD:
                if self._tolerant:
                    return b"", 0
                raise self._endless(at)
            size *= 2

    def _up_to_a_line_break(self, at: int, size: int) -> int:
        """How much of ``size`` to read so that most probably nothing of it has to be cut off, which would copy it all."""
        if at + size >= self._end:
            return self._end - at
        looked = min(size, _TAIL_BYTES)
        tail = _pread(self._descriptor, self._path, looked, at + size - looked)
        return size - looked + (tail.rfind(b"\n") + 1 or looked)

    def _one_line(self, at: int) -> Range:
        """The line at ``at``, whatever its length."""
        data = _pread(self._descriptor, self._path, min(_SHOWN_BYTES, self._end - at), at)
        begin = at
        while (found := data.find(b"\n")) < 0 and begin + len(data) < self._end:
            begin += len(data)
            data = _pread(self._descriptor, self._path, min(MAXIMUM_RECORD, self._end - begin), begin)
        end = begin + (found + 1 if found >= 0 else len(data))
        shown = _pread(self._descriptor, self._path, min(_SHOWN_BYTES, end - at), at)
        return Range(at, end, shown, "a quoted value has no closing quote, or the line has no end")

    def _unclosed(self, offset: int) -> DataError:
        line = line_number(self._path, offset)
        return DataError(
            f"{self._path.name} line {line}: a quoted value has no closing quote", position=f"{self._path}: byte {offset}"
        )

    def _endless(self, offset: int) -> DataError:
        line = line_number(self._path, offset)
        return DataError(
            f"{self._path.name} line {line}: no end of the record within {MAXIMUM_RECORD >> 20} MB",
            hint="a quote that is never closed looks like this",
            position=f"{self._path}: byte {offset}",
        )


def _line_breaks(data: bytes, end: int) -> int:
    """How many there are before ``end``, counted in pieces that stay in the processor's cache."""
    characters = np.frombuffer(data, dtype=np.uint8, count=end)
    found = np.empty(min(end, _COUNTED_BYTES), dtype=np.bool_)
    breaks = 0
    for at in range(0, end, _COUNTED_BYTES):
        piece = characters[at : at + _COUNTED_BYTES]
        breaks += int(np.count_nonzero(np.equal(piece, _NEWLINE, out=found[: len(piece)])))
    return breaks


def _pread(descriptor: int, path: Path, size: int, at: int) -> bytes:
    try:
        data = os.pread(descriptor, size, at)
        while len(data) < size:
            more = os.pread(descriptor, size - len(data), at + len(data))
            if not more:
                raise PluginError(
                    f"{path} has become shorter while it was being read", code="file-changed", position=f"{path}: byte {at}"
                )
            data += more
    except OSError as error:
        raise file_error(error, path, "read") from error
    return data


def line_number(path: Path, offset: int) -> int:
    """The 1-based line that byte ``offset`` of a file is on. Reads the file up to there: for error messages only."""
    lines = 1
    with path.open("rb") as file:
        while offset > 0 and (data := file.read(min(offset, 1 << 20))):
            lines += data.count(b"\n")
            offset -= len(data)
    return lines


def skip_lines(path: Path, lines: int) -> tuple[int, bytes]:
    """Where the records of a file begin after a byte-order mark and ``lines`` lines, and the last line skipped."""
    try:
        with path.open("rb") as file:
            if file.read(len(BOM)) != BOM:
                file.seek(0)
            skipped = b""
            for _ in range(lines):
                skipped = file.readline(MAXIMUM_RECORD)
            return file.tell(), skipped
    except OSError as error:
        raise file_error(error, path, "read") from error


def cut_evenly(
    path: Path, begin: int, end: int, boundaries: Boundaries, parts: int, *, tolerant: bool = False
) -> list[tuple[int, int]]:
    """``[begin, end)`` in at most ``parts`` pieces of about the same size, cut between records. Only what follows the first
    quote (where quotes count) is looked at closely."""
    if parts <= 1 or begin >= end:
        return [(begin, end)] if begin < end else []
    size = (end - begin) / parts
    plain = _plain_until(path, begin, end, boundaries.quote)
    cuts = _cuts_at_lines(path, [begin + round(size * number) for number in range(parts)], plain)
    if plain < end:
        for piece in read_ranges(path, cuts[-1], end, boundaries, Pace(rows=1 << 62), tolerant=tolerant):
            if piece.end < end and piece.end >= begin + size * len(cuts):
                cuts.append(piece.end)
    cuts.append(end)
    return list(itertools.pairwise(cuts))


def _plain_until(path: Path, begin: int, end: int, quote: bytes | None) -> int:
    """Before this offset every line break ends a record, because there is no quote; ``end`` when there is none at all."""
    if quote is None:
        return end
    buffer = bytearray(_LOOK_BYTES)
    view, at = memoryview(buffer), begin
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(begin)
            while at < end and (count := file.readinto(view) or 0):
                found = buffer.find(quote, 0, count)
                if found >= 0:
                    return min(end, at + found)
                at += count
    except OSError as error:
        raise file_error(error, path, "read") from error
    return end


def _cuts_at_lines(path: Path, wanted: list[int], before: int) -> list[int]:
    """The first of ``wanted``, and for each of the others the beginning of the next line, as far as there is one before
    ``before``."""
    cuts = wanted[:1]
    try:
        with path.open("rb") as file:
            for target in wanted[1:]:
                file.seek(target)
                if target >= before or not file.readline(MAXIMUM_RECORD).endswith(b"\n") or file.tell() >= before:
                    break
                if file.tell() > cuts[-1]:
                    cuts.append(file.tell())
    except OSError as error:
        raise file_error(error, path, "read") from error
    return cuts
