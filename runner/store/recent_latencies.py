"""The newest cells of latencies, kept in memory: most looks are at the last minutes, and most executions have nothing there.
What is read here is what a read of their table would find that began now. Bounded."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from runner.store.measured import MICROSECONDS

SPAN = 600 * MICROSECONDS
"""How far back it reaches at least, unless there is too much."""
MOST = 100_000
"""So many counts are kept, in all cells."""
_STEP = 60 * MICROSECONDS


class RecentCell(NamedTuple):
    """What was appended for one execution: the cell's beginning and end in microseconds, its counts by bucket."""

    at: int
    end: int
    counts: Mapping[int, int]


class RecentLatencies:
    """Of one open database. The writer says what is durable; any thread reads. Times are microseconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cells: dict[str, list[RecentCell]] = {}
        self._size = 0
        self._newest: int | None = None
        self._answers_from = 0

    @property
    def is_begun(self) -> bool:
        """Whether :meth:`begin` was called."""
        return self._newest is not None

    def begin(self, end: int) -> None:
        """Collect from now on; ``end``: no cell in the table ends later. Whoever has begun goes on."""
        with self._lock:
            if self._newest is None:
                self._newest = self._answers_from = end

    def add(self, cells: Iterable[tuple[str, RecentCell]]) -> None:
        """These are durable."""
        with self._lock:
            if self._newest is None:
                return
            for execution_id, cell in cells:
                if cell.end <= self._answers_from:
                    continue
                own = self._cells.setdefault(execution_id, [])
                own.insert(bisect_left(own, cell.at, key=attrgetter("at")), cell)
                self._size += len(cell.counts)
                self._newest = max(self._newest, cell.end)
            if self._newest - self._answers_from >= SPAN + _STEP or self._size > MOST:
                self._trim(self._newest)

    def leave_to_table(self, until: int) -> None:
        """Of what was before ``until`` the table has made something else."""
        with self._lock:
            self._forget_before(until)

    def remove(self, execution_ids: Iterable[str]) -> None:
        """Nothing is kept of these executions any more."""
        with self._lock:
            for execution_id in execution_ids:
                self._size -= _size(self._cells.pop(execution_id, ()))

    def read(self, execution_ids: Iterable[str], since: int, until: int) -> list[RecentCell] | None:
        """All cells of some executions that begin before ``until`` and end after ``since``; None: not all of that is here."""
        with self._lock:
            if self._newest is None or since < self._answers_from:
                return None
            own = (cell for execution_id in execution_ids for cell in self._cells.get(execution_id, ()))
            return [cell for cell in own if cell.at < until and cell.end > since]

    def _trim(self, newest: int) -> None:
        span = SPAN
        self._forget_before(newest - span)
        while self._size > MOST and span > MICROSECONDS:
            span //= 2
            self._forget_before(newest - span)

    def _forget_before(self, oldest: int) -> None:
        if oldest <= self._answers_from:
            return
        self._answers_from = oldest
        for execution_id, cells in list(self._cells.items()):
            left = [cell for cell in cells if cell.end > oldest]
            self._size -= _size(cells) - _size(left)
            if left:
                self._cells[execution_id] = left
            else:
                del self._cells[execution_id]


def _size(cells: Iterable[RecentCell]) -> int:
    return sum(len(cell.counts) for cell in cells)
