"""When the rows of a checkpoint were read: a list of bounded length, however many batches there are."""

from __future__ import annotations

from collections.abc import Iterable

from runner.latency import LatencyHistogram

MAXIMUM_ENTRIES = 1024


class ReadTimes:
    """Moments of one monotonic clock, with how many rows were read at each.

    When there are too many, neighbours are put together under the earlier moment, and so are those that follow: no entry stands
    for more than a five-hundredth of the batches.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[float, int]] = []
        self._per_entry = 1
        self._in_last = 0

    def add(self, moment: float, rows: int) -> None:
        """So many rows were read at ``moment``, which is not before the last one."""
        if self._entries and self._in_last < self._per_entry:
            first, before = self._entries[-1]
            self._entries[-1] = first, before + rows
            self._in_last += 1
            return
        if len(self._entries) == MAXIMUM_ENTRIES:
            pairs = zip(self._entries[::2], self._entries[1::2], strict=True)
            self._entries = [(first, rows_first + rows_second) for (first, rows_first), (_, rows_second) in pairs]
            self._per_entry *= 2
        self._entries.append((moment, rows))
        self._in_last = 1

    def take(self) -> list[tuple[float, int]]:
        """All of them; from here on it is empty."""
        taken = self._entries
        self._entries, self._per_entry, self._in_last = [], 1, 0
        return taken


def latencies(read: Iterable[tuple[float, int]], visible: float) -> LatencyHistogram:
    """How long the rows took that became visible at ``visible``."""
    histogram = LatencyHistogram()
    for moment, rows in read:
        histogram.add(visible - moment, rows)
    return histogram
