"""Sums up pieces of metrics in equal buckets. Everything is a piece: a stretch of time with so much in it and so much weight. A
bucket takes of each piece what lies inside it; the quotient of sum and weight is its value. Pure; rows come as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.store.measured import LONGEST_INTERVAL, LONGEST_PART, MICROSECONDS, Measured, Metric

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The window, its times in microseconds and the width of its buckets in seconds. Of samples only intervals count that end
    at or after ``ended``, and only what of them is at or after ``clip``: the rest is in cells."""

    since: int
    until: int
    width: float
    buckets: int
    clip: int
    ended: int


class Pieces:
    """Everything that was found of some metrics in a window."""

    def __init__(self, bounds: Bounds, wanted: Sequence[Metric]) -> None:
        self._bounds = bounds
        pairs = sorted((number, place) for place, metric in enumerate(wanted) for number in metric.numbers)
        self._numbers = np.array([number for number, _ in pairs], dtype=np.int64)
        self._places = np.array([place for _, place in pairs], dtype=np.int64)
        self._counts = np.array([metric.is_counter for metric in wanted], dtype=bool)
        self._patience = np.array([LONGEST_PART if metric.is_seldom else LONGEST_INTERVAL for metric in wanted])
        self._keys: list[_Integers] = []
        self._values: list[tuple[_Floats, _Floats, _Floats, _Floats]] = []

    def add_samples(self, series: npt.NDArray[Any], at: _Integers, value: _Floats) -> None:
        """Samples as measured, in any order, some before and after the window."""
        order = np.lexsort((at, series))
        series, at, value = series[order], at[order], value[order]
        place = self._places_of(series)
        counts = self._counts[place]
        self._add_intervals(series, place, at, value, counts)
        bounds = self._bounds
        inside = ~counts & (at >= max(bounds.since, bounds.ended, bounds.clip)) & (at < bounds.until)
        bucket = (self._seconds(at[inside]) / bounds.width).astype(np.int64)
        found = value[inside]
        self._add(place[inside], np.minimum(bucket, bounds.buckets - 1), found, np.ones_like(found), found, found)

    def add_cells(
        self,
        series: npt.NDArray[Any],
        at: _Integers,
        seconds: npt.NDArray[Any],
        total: _Floats,
        weight: _Floats,
        lowest: _Floats,
        highest: _Floats,
    ) -> None:
        """Cells of several lengths: what is in one counts as spread evenly over it."""
        begin = self._seconds(at)
        self._spread(self._places_of(series), begin, begin + seconds, total / seconds, weight / seconds, lowest, highest)

    def buckets(self) -> list[dict[int, Measured]]:
        """For each metric the buckets in which something was measured, by their number."""
        found: list[dict[int, Measured]] = [{} for _ in self._counts]
        keys = np.concatenate([np.empty(0, np.int64), *self._keys])
        if not len(keys):
            return found
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        (later,) = np.nonzero(keys[1:] != keys[:-1])
        starts = np.concatenate(([0], later + 1))
        total, weight, lowest, highest = (np.concatenate(column)[order] for column in zip(*self._values, strict=True))
        values = zip(
            np.add.reduceat(total, starts).tolist(),
            np.add.reduceat(weight, starts).tolist(),
            np.minimum.reduceat(lowest, starts).tolist(),
            np.maximum.reduceat(highest, starts).tolist(),
            strict=True,
        )
        for key, measured in zip(keys[starts].tolist(), map(Measured._make, values), strict=True):
            place, bucket = divmod(key, self._bounds.buckets)
            found[place][bucket] = measured
        return found

    def _add_intervals(
        self, series: npt.NDArray[Any], place: _Integers, at: _Integers, value: _Floats, counts: npt.NDArray[np.bool_]
    ) -> None:
        """What counters grew by between two samples. One that falls has started again: that says nothing."""
        bounds = self._bounds
        growth, elapsed = np.diff(value), np.diff(at) / MICROSECONDS
        told = counts[1:] & (series[1:] == series[:-1]) & (growth >= 0) & (elapsed > 0)
        told &= (at[1:] >= bounds.ended) & (at[1:] > bounds.clip) & (elapsed <= self._patience[place[1:]])
        rate = growth[told] / elapsed[told]
        begin = np.maximum(self._seconds(at[:-1][told]), (bounds.clip - bounds.since) / MICROSECONDS)
        self._spread(place[1:][told], begin, self._seconds(at[1:][told]), rate, np.ones_like(rate), rate, rate)

    def _spread(
        self,
        place: _Integers,
        begin: _Floats,
        end: _Floats,
        total: _Floats,
        weight: _Floats,
        lowest: _Floats,
        highest: _Floats,
    ) -> None:
        """Pieces with so much of it in each second, cut at the borders of the buckets."""
        width = self._bounds.width
        first = np.maximum(0, np.floor(begin / width)).astype(np.int64)
        after = np.minimum(self._bounds.buckets, np.floor(end / width) + 1).astype(np.int64)
        parts = np.maximum(0, after - first)
        piece = np.repeat(np.arange(len(place)), parts)
        bucket = np.arange(len(piece)) - np.repeat(np.cumsum(parts) - parts, parts) + first[piece]
        length = np.minimum(end[piece], (bucket + 1) * width) - np.maximum(begin[piece], bucket * width)
        real = length > 0
        piece, bucket, length = piece[real], bucket[real], length[real]
        self._add(place[piece], bucket, total[piece] * length, weight[piece] * length, lowest[piece], highest[piece])

    def _add(
        self, place: _Integers, bucket: _Integers, total: _Floats, weight: _Floats, lowest: _Floats, highest: _Floats
    ) -> None:
        self._keys.append(place * self._bounds.buckets + bucket)
        self._values.append((total, weight, lowest, highest))

    def _places_of(self, series: npt.NDArray[Any]) -> _Integers:
        return self._places[np.searchsorted(self._numbers, series)]

    def _seconds(self, at: _Integers) -> _Floats:
        """Since the window's beginning."""
        return (at - self._bounds.since) / MICROSECONDS
