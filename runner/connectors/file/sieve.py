"""Sifts a range that was refused: the records that do not fit are found and left out, the others are read as always.

Only refused ranges come here. What each format knows finds most faults in a few passes over whole columns; what is left is
found by halving, so that a range with a fault that nobody foresaw still loses only the records that have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runner.connectors.file.records import Range
from runner.dataset import arrays
from runner.dataset.rejected import MAXIMUM_REASON, RejectedRow, RejectionKind, bounded, row_text

REFUSED = (pa.ArrowInvalid, pa.ArrowNotImplementedError, duckdb.Error, UnicodeDecodeError)
"""What the readers' parsers raise for text that they do not take."""

_NEWLINE = 0x0A
_FIRST_BEYOND_ASCII = 0x80


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one record."""

    kind: RejectionKind
    reason: str


class LineCounter:
    """The line that a byte of a file is on, for bytes asked for in growing order: the file is read through once at most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._lines = 1

    def at(self, offset: int) -> int:
        """The 1-based line of byte ``offset``."""
        if offset < self._offset:
            self._offset, self._lines = 0, 1
        with self._path.open("rb") as file:
            file.seek(self._offset)
            while self._offset < offset and (data := file.read(min(offset - self._offset, 1 << 20))):
                self._lines += data.count(b"\n")
                self._offset += len(data)
        return self._lines


class Records:
    """The records of one range. ``ends`` are where they end in its data; the first begins at 0."""

    def __init__(self, data: bytes, ends: npt.NDArray[np.int64]) -> None:
        self.data = data
        self.begins = np.concatenate(([0], ends[:-1])).astype(np.int64)
        self.ends = ends

    def __len__(self) -> int:
        return len(self.ends)

    def text(self, index: int) -> bytes:
        """The bytes of one record."""
        return self.data[self.begins[index] : self.ends[index]]

    def joined(self, indexes: Sequence[int]) -> bytes:
        """These records one after the other."""
        return b"".join([self.text(index) for index in indexes])

    def filled(self, faults: Mapping[int, Fault]) -> list[int]:
        """The records that are not blank and have no fault yet."""
        return [index for index in range(len(self)) if index not in faults and self.text(index).strip(b"\r\n")]

    def undecodable(self) -> dict[int, Fault]:
        """The records with bytes that are not UTF-8."""
        if not len(self):
            return {}
        beyond = np.frombuffer(self.data, dtype=np.uint8) >= _FIRST_BEYOND_ASCII
        suspects = np.flatnonzero(np.logical_or.reduceat(beyond, self.begins))
        return {index: fault for index in suspects.tolist() if (fault := _undecodable(self.text(index))) is not None}


def _undecodable(text: bytes) -> Fault | None:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return Fault(RejectionKind.ENCODING, f"a byte that is not UTF-8: 0x{text[error.start]:02x}")
    return None


def rejected_rows(
    path: Path, found: Range, records: Records, faults: Mapping[int, Fault], lines: LineCounter
) -> tuple[RejectedRow, ...]:
    """The faulty records of ``found`` as rejections, in the order of the file."""
    if not faults:
        return ()
    first = lines.at(found.begin)
    breaks = np.flatnonzero(np.frombuffer(records.data, dtype=np.uint8) == _NEWLINE)
    order = sorted(faults)
    begins = records.begins[order]
    numbers = np.searchsorted(breaks, begins)
    return tuple(
        RejectedRow(
            kind=faults[index].kind,
            reason=bounded(faults[index].reason, MAXIMUM_REASON),
            row=row_text(records.text(index)),
            file=str(path),
            line=first + int(number),
            offset=found.begin + int(begin),
        )
        for index, begin, number in zip(order, begins, numbers, strict=True)
    )


def spare(indexes: Iterable[int], faults: Mapping[int, Fault]) -> list[int]:
    """``indexes`` without those that have a fault."""
    return [index for index in indexes if index not in faults]


def sift(
    records: Records, faults: dict[int, Fault], parse: Callable[[bytes], pa.RecordBatch], explain: Callable[[bytes], Fault]
) -> pa.RecordBatch:
    """The records without a fault, parsed. Runs of them that are refused all the same are halved, down to single records, which
    are added to ``faults``."""
    batches = []
    waiting = [spare(range(len(records)), faults)]
    while waiting:
        run = waiting.pop()
        try:
            batches.append(parse(records.joined(run)))
        except REFUSED:
            if len(run) == 1:
                faults[run[0]] = explain(records.text(run[0]))
            else:
                middle = len(run) // 2
                waiting += [run[middle:], run[:middle]]
    if not batches:
        return parse(b"")
    return batches[0] if len(batches) == 1 else arrays.one_batch(pa.Table.from_batches(batches))
