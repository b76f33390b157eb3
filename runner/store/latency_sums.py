"""Adds up histograms of latencies, as a whole and in the points of a window. Pure; rows come as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

_Integers = npt.NDArray[Any]


def columns_of(cells: Iterable[tuple[int, int, Mapping[int, int]]]) -> dict[str, _Integers]:
    """Cells, given with when they begin, their length and their counts by bucket: the columns of a row for each count."""
    rows = [(at, seconds, bucket, count) for at, seconds, counts in cells for bucket, count in counts.items()]
    found = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return {"at": found[:, 0], "seconds": found[:, 1], "bucket": found[:, 2], "count": found[:, 3]}


def sums_of(
    after: _Integers, width: float, points: int, bucket: _Integers, count: _Integers
) -> tuple[dict[int, int], list[tuple[int, int, int, int]]]:
    """The counts by bucket; and of each point in which there is any its number, its rows, and the buckets up to which half of
    them and all but a hundredth are. ``after``: when the histogram begins that a count is of, after the window does; ``width``
    is that of a point in the same unit."""
    point = np.clip(np.floor(after / width), 0, points - 1).astype(np.int64)
    order = np.lexsort((bucket, point))
    point, bucket, count = point[order], bucket[order].astype(np.int64), count[order].astype(np.int64)
    starts = _starts(point)
    rows = np.add.reduceat(count, starts)
    lengths = np.diff(np.append(starts, len(point)))
    seen = np.cumsum(count) - np.repeat(np.cumsum(rows) - rows, lengths)
    whole = np.repeat(rows, lengths)
    half, most = (_first(bucket, seen >= share * whole, starts) for share in (0.5, 0.99))
    by_point = list(zip(point[starts].tolist(), rows.tolist(), half, most, strict=True))
    return _by_bucket(bucket, count), by_point


def _by_bucket(bucket: _Integers, count: _Integers) -> dict[int, int]:
    order = np.argsort(bucket, kind="stable")
    bucket, count = bucket[order], count[order]
    starts = _starts(bucket)
    return dict(zip(bucket[starts].tolist(), np.add.reduceat(count, starts).tolist(), strict=True))


def _starts(ordered: _Integers) -> _Integers:
    """Where a new value begins."""
    return np.concatenate(([0], np.nonzero(ordered[1:] != ordered[:-1])[0] + 1))


def _first(bucket: _Integers, reached: npt.NDArray[np.bool_], starts: _Integers) -> list[int]:
    """The first bucket of each stretch that has reached it. A stretch's last bucket always has."""
    found: list[int] = np.minimum.reduceat(np.where(reached, bucket, np.iinfo(np.int64).max), starts).tolist()
    return found
