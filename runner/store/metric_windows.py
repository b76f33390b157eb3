"""Reads a window of metrics in equal buckets, from samples and cells as far as each is kept and as fine as it is asked for.

The database finds the rows; what becomes of them is reckoned in :mod:`runner.store.metric_pieces`. A query that did that too
took longer to be planned than all the rest does, whatever it found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.store.measured import LONGEST_PART, MICROSECONDS, Measured, Metric
from runner.store.resolutions import RESOLUTIONS, SAMPLES, Held, Resolution, held
from runner.store.session import Session

_REACH = round(LONGEST_PART * MICROSECONDS)
_SAMPLES = """
    SELECT "series", epoch_us("ts") AS "at", "value" FROM "samples"
    WHERE "ts" > make_timestamp(?::BIGINT) AND "ts" < make_timestamp(?::BIGINT) AND {chosen}
"""
_CELLS = """
    SELECT "series", epoch_us("ts") AS "at", {seconds} AS "seconds", "total", "weight", "lowest", "highest" FROM "{table}"
    WHERE "ts" >= make_timestamp(?::BIGINT) AND "ts" < make_timestamp(?::BIGINT) AND {chosen}
"""


@dataclass(frozen=True)
class Window:
    """A stretch of time in equal buckets; ``since`` and ``until`` in microseconds, ``width`` in seconds. Nothing was measured
    before ``earliest``, nor after ``latest``."""

    since: int
    until: int
    width: float
    buckets: int
    earliest: int = 0
    latest: int = 1 << 62


@dataclass(frozen=True)
class _Stretch:
    """The cells of a table to read, by the time at which they begin."""

    resolution: Resolution
    begin: int
    end: int


def read(session: Session, window: Window, wanted: Sequence[Metric]) -> list[dict[int, Measured]]:
    """For each metric its buckets in which something was measured, by their number."""
    if not wanted:
        return []
    from runner.store.metric_pieces import Bounds, Pieces  # numpy is for those who look at metrics

    clip, ended, stretches = _plan(held(session), window)
    pieces = Pieces(Bounds(window.since, window.until, window.width, window.buckets, clip, ended), wanted)
    numbers = sorted(number for metric in wanted for number in metric.numbers)
    chosen, parameters = _chosen(numbers)
    since, end = max(window.since, ended, window.earliest), window.until + _REACH
    if window.latest >= max(since, clip):
        found = session.recent.read(numbers, since, since - _REACH, end)
        if found is None:
            found = session.columns(_SAMPLES.format(chosen=chosen), since - _REACH, end, *parameters)
        pieces.add_samples(**found)
    if stretches:
        cells = " UNION ALL ".join(_cells(stretch.resolution, chosen) for stretch in stretches)
        asked = (each for stretch in stretches for each in (stretch.begin, stretch.end, *parameters))
        pieces.add_cells(**session.columns(cells, *asked))
    return pieces.buckets()


def _chosen(numbers: list[int]) -> tuple[str, list[Any]]:
    """What says that a row is of one of these series, and its parameters. One execution's have numbers that follow each other:
    the engine skips what is outside. Constants in a list cost more to be planned than the rows cost to be read."""
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return '"series" BETWEEN ? AND ?', [numbers[0], numbers[-1]]
    return '"series" IN (SELECT unnest(?::INTEGER[]))', [numbers]


def _cells(resolution: Resolution, chosen: str) -> str:
    return _CELLS.format(table=resolution.table, seconds=resolution.seconds, chosen=chosen)


def _plan(known: dict[int, Held], window: Window) -> tuple[int, int, list[_Stretch]]:
    """(clip, ended, cells): from when on samples are read, those that end after what, and which cells."""
    chosen = max(number for number, resolution in enumerate(RESOLUTIONS) if resolution.seconds <= max(window.width, 0))
    stretches: list[_Stretch] = []
    if chosen == 0:
        # An interval that began before the samples that are left is not to be had from them: the cells have it.
        oldest = known[SAMPLES.seconds].since
        ended, clip = 0, oldest + _REACH if oldest else 0
        older_than = clip
    else:
        clip, ended = 0, known[RESOLUTIONS[1].seconds].until
        begin = known[RESOLUTIONS[chosen].seconds].since
        older_than = begin
        for resolution in reversed(RESOLUTIONS[1 : chosen + 1]):
            until = known[resolution.seconds].until
            # The finest table also holds the latest cells to which something may be added.
            end = window.until if resolution is RESOLUTIONS[1] else until
            _add(stretches, window, resolution, begin, end)
            begin = max(begin, until)
    for resolution in RESOLUTIONS[chosen + 1 :]:
        oldest = known[resolution.seconds].since
        _add(stretches, window, resolution, oldest, older_than)
        older_than = min(older_than, oldest)
    return clip, ended, stretches


def _add(stretches: list[_Stretch], window: Window, resolution: Resolution, begin: int, end: int) -> None:
    begin = max(begin, max(window.since, window.earliest) - resolution.length)
    end = min(end, window.until, window.latest)
    if begin < end:
        stretches.append(_Stretch(resolution, begin, end))
