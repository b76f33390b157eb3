"""How fast rows leave a job. Sinks count their rows a part at a time, so the count jumps: what a part brought is spread over
the time that it took. In memory only; no I/O."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

_WINDOW = 5.0
_PATIENCE = 2.0


class _Settled(NamedTuple):
    at: float
    rows: int


class OutputRate:
    """Knows when the count of written rows is settled: it has just grown, or nothing is on its way.

    Between two settled moments rows may be under way inside a part, and the count says nothing about how many. Times are
    seconds of one monotonic clock.
    """

    def __init__(self) -> None:
        self._moments: deque[_Settled] = deque()
        self._rows_in = 0
        self._barrier_at: float | None = None
        self._fresh = False

    def clear(self) -> None:
        """An attempt begins or ends: nothing is known."""
        self._moments.clear()
        self._barrier_at = None
        self._fresh = False

    def observe(self, now: float, rows_in: int, rows_out: int, barrier_at: float | None) -> None:
        """The counts at ``now``, and when the last committed barrier was read."""
        idle = rows_in == self._rows_in
        grown = not self._moments or rows_out != self._moments[-1].rows
        committed = barrier_at != self._barrier_at
        self._rows_in, self._barrier_at = rows_in, barrier_at
        if not (idle or grown or committed):
            return
        self._fresh = True
        self._moments.append(_Settled(now, rows_out))
        while len(self._moments) > 2 and self._moments[1].at <= now - _WINDOW:
            self._moments.popleft()

    def take_settled(self) -> bool:
        """True when the count has been settled since this was last asked: then it is worth a sample."""
        fresh, self._fresh = self._fresh, False
        return fresh

    def per_second(self, now: float) -> float | None:
        """Rows per second between the last settled moments; decays when none follows for much longer than is usual."""
        if len(self._moments) < 2:
            return None
        first, last = self._moments[0], self._moments[-1]
        usual = (last.at - first.at) / (len(self._moments) - 1)
        overdue = now - last.at > _PATIENCE * max(usual, _WINDOW)
        elapsed = (now if overdue else last.at) - first.at
        return (last.rows - first.rows) / elapsed if elapsed > 0 else None
