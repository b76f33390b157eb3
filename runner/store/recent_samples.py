"""The newest samples of every series, kept in memory: they are what is looked at most, in the table that is largest. What is
read here is what a read of the table would find that began now. Bounded."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.store.measured import LONGEST_PART, MICROSECONDS

if TYPE_CHECKING:
    import numpy.typing as npt

SPAN = 320 * MICROSECONDS
"""How far back it reaches at least, unless there are too many: five minutes, and time to ask for them."""
STEP = 30 * MICROSECONDS
"""How much more is collected before what is older goes."""
MOST = 900_000
"""So many samples are kept, of some eighteen bytes each."""
_FEWER = 0.75
_REACH = round(LONGEST_PART * MICROSECONDS)


@dataclass(frozen=True, slots=True)
class _Run:
    """The samples of one series, by time."""

    at: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def forget(self, count: int) -> None:
        del self.at[:count]
        del self.values[:count]


class RecentSamples:
    """Of one open database. The writer says what is durable; any thread reads. Times are microseconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[int, _Run] = {}
        self._count = 0
        self._newest: int | None = None
        self._after = 0  # everything later than this is here
        self._answers_from = 0  # of what is measured from here on, and each series' last sample before it, all is here
        self._oldest = 0

    @property
    def is_begun(self) -> bool:
        """Whether :meth:`begin` was called."""
        return self._newest is not None

    def begin(self, newest: int) -> None:
        """Collect from now on; ``newest``: no sample in the table is later. Whoever has begun goes on."""
        with self._lock:
            if self._newest is None:
                self._begin(newest)

    def forget(self) -> None:
        """What is in the table may be something else now."""
        with self._lock:
            self._runs.clear()
            self._count, self._newest = 0, None

    def add(self, ats: Sequence[int], numbers: Sequence[int], values: Sequence[float]) -> None:
        """These samples are durable, in this order."""
        with self._lock:
            if self._newest is None:
                return
            if not self._is_added(ats, numbers, values):
                # The clock was set back, say. What comes before what was there already, nobody looks for here.
                self._begin(max(self._newest, *ats))
            elif self._newest - self._oldest >= SPAN + STEP or self._count > MOST:
                self._trim()

    def read(self, numbers: Iterable[int], since: int, begin: int, end: int) -> dict[str, npt.NDArray[Any]] | None:
        """The samples of these series from ``since`` on, and of each the last one before that if it is later than ``begin``,
        all of them before ``end``: in columns, by series and time. None: not all of that is here."""
        parts: list[tuple[int, array[int], array[float]]] = []
        with self._lock:
            if self._newest is None or since < self._answers_from:
                return None
            for number in numbers:
                run = self._runs.get(number)
                if run is not None:
                    first, last = bisect_left(run.at, since), bisect_left(run.at, end)
                    if first and run.at[first - 1] > begin:
                        first -= 1
                    if first < last:
                        parts.append((number, run.at[first:last], run.values[first:last]))
        return _columns(parts)

    def _begin(self, newest: int) -> None:
        self._runs.clear()
        self._count = 0
        self._newest = self._after = self._oldest = newest
        # A sample from before may begin an interval until then, of the series that are measured most seldom.
        self._answers_from = newest + _REACH + 1

    def _is_added(self, ats: Sequence[int], numbers: Sequence[int], values: Sequence[float]) -> bool:
        """False when they are not in the order of their time: then some may be missing."""
        runs, after, newest = self._runs, self._after, self._newest or 0
        for at, number, value in zip(ats, numbers, values, strict=True):
            if at <= after:
                continue
            run = runs.get(number)
            if run is None:
                run = runs[number] = _Run()
            elif at < run.at[-1]:
                return False
            newest = max(newest, at)
            run.at.append(at)
            run.values.append(value)
            self._count += 1
        self._newest = newest
        return True

    def _trim(self) -> None:
        """Forget what is too old, but for each series' last sample before that; more than that while there are too many."""
        newest, span = self._newest or 0, SPAN
        self._forget_before(newest - span)
        while self._count > MOST and span > MICROSECONDS:
            span = int(span * _FEWER)
            self._forget_before(newest - span)

    def _forget_before(self, oldest: int) -> None:
        for number, run in list(self._runs.items()):
            count = bisect_left(run.at, oldest)
            if count and run.at[count - 1] > oldest - _REACH:
                count -= 1
            if count == len(run.at):
                del self._runs[number]
            elif count:
                run.forget(count)
            self._count -= count
        self._oldest = oldest
        self._answers_from = max(self._answers_from, oldest)


def _columns(parts: Sequence[tuple[int, array[int], array[float]]]) -> dict[str, npt.NDArray[Any]]:
    import numpy as np  # for those who look at metrics

    series = np.repeat(
        np.array([number for number, *_ in parts], dtype=np.int64), np.array([len(at) for _, at, _ in parts], dtype=np.int64)
    )
    at = np.frombuffer(b"".join(at for _, at, _ in parts), dtype=np.int64)
    return {"series": series, "at": at, "value": np.frombuffer(b"".join(values for *_, values in parts), dtype=np.float64)}
