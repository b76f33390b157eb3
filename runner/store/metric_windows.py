"""Reads a window of metrics in equal buckets, from samples and cells as far as each is kept and as fine as it is asked for.

Everything is a piece: a stretch of time with so much in it and so much weight. A bucket takes of each piece what lies inside
it; the quotient of sum and weight is its value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.store.resolutions import (
    LONGEST_INTERVAL,
    LONGEST_PART,
    MICROSECONDS,
    RESOLUTIONS,
    SAMPLES,
    Held,
    Resolution,
    held,
)
from runner.store.session import Row, Session

_REACH = round(LONGEST_PART * MICROSECONDS)
# Offsets are seconds since the window's start. Of samples only intervals count that end at or after "ended", and only what of
# them is at or after "clip": the rest is in cells.
_INTERVALS = """
    SELECT "series", ("value" - "before") / ("till" - "from") AS "total", 1.0 AS "weight",
           ("value" - "before") / ("till" - "from") AS "lowest", ("value" - "before") / ("till" - "from") AS "highest",
           greatest("from", ($clip - $since) / 1e6) AS "from", "till"
    FROM (
        SELECT "series", "value", "ts", (epoch_us("ts") - $since) / 1e6 AS "till",
               lag("value") OVER "run" AS "before", (epoch_us(lag("ts") OVER "run") - $since) / 1e6 AS "from"
        FROM "samples"
        WHERE "ts" > make_timestamp(greatest($since, $ended) - $reach) AND "ts" < make_timestamp($until + $reach)
          AND "series" IN ({counters})
        WINDOW "run" AS (PARTITION BY "series" ORDER BY "ts")
    )
    WHERE "value" >= "before" AND "till" > "from" AND "ts" >= make_timestamp($ended) AND "ts" > make_timestamp($clip)
      AND "till" - "from" <= CASE WHEN "series" IN ({slow}) THEN $longest_part ELSE $longest END
"""
_CELLS = """
    SELECT "series", "total" / {seconds} AS "total", "weight" / {seconds} AS "weight", "lowest", "highest",
           (epoch_us("ts") - $since) / 1e6 AS "from", (epoch_us("ts") - $since) / 1e6 + {seconds} AS "till"
    FROM "{table}"
    WHERE "ts" >= make_timestamp({begin}) AND "ts" < make_timestamp({end}) AND "series" IN ({series})
"""
_BUCKETS = """
    WITH "piece" AS (
        SELECT *, greatest(0, floor("from" / $width))::BIGINT AS "first",
               least($buckets, floor("till" / $width) + 1)::BIGINT AS "end"
        FROM ({pieces})
    ), "part" AS (
        SELECT "series", "bucket", "total", "weight", "lowest", "highest",
               least("till", ("bucket" + 1) * $width) - greatest("from", "bucket" * $width) AS "length"
        FROM (SELECT *, unnest(range("first", "end")) AS "bucket" FROM "piece")
    ), "share" AS (
        SELECT "series", "bucket", "total" * "length" AS "total", "weight" * "length" AS "weight", "lowest", "highest"
        FROM "part" WHERE "length" > 0
        UNION ALL
        SELECT "series", least(floor((epoch_us("ts") - $since) / 1e6 / $width)::BIGINT, $buckets - 1) AS "bucket",
               "value", 1, "value", "value"
        FROM "samples"
        WHERE "ts" >= make_timestamp(greatest($since, $ended, $clip)) AND "ts" < make_timestamp($until)
          AND "series" IN ({gauges})
    )
    SELECT "series", "bucket", sum("total"), sum("weight"), min("lowest"), max("highest")
    FROM "share" GROUP BY "series", "bucket"
"""


@dataclass(frozen=True)
class Window:
    """A stretch of time in equal buckets; ``since`` and ``until`` in microseconds, ``width`` in seconds."""

    since: int
    until: int
    width: float
    buckets: int


@dataclass(frozen=True)
class Wanted:
    """The numbers of the series to read; ``slow`` are the counters among them that may be measured seldom."""

    counters: list[int]
    gauges: list[int]
    slow: list[int]


@dataclass(frozen=True)
class _Stretch:
    """The cells of a table to read, by the time at which they begin."""

    resolution: Resolution
    begin: int
    end: int


def read(session: Session, window: Window, wanted: Wanted) -> list[Row]:
    """(series, bucket, sum, weight, lowest, highest) of every bucket in which something was measured."""
    clip, ended, stretches = _plan(held(session), window)
    pieces = " UNION ALL ".join([_INTERVALS, *(_cells(stretch) for stretch in stretches)])
    # As literals: the engine skips what a list of constants leaves out; a list that is a parameter it looks through row by row.
    numbers = {
        "counters": _list(wanted.counters),
        "gauges": _list(wanted.gauges),
        "slow": _list(wanted.slow),
        "series": _list(wanted.counters + wanted.gauges),
    }
    parameters: dict[str, Any] = {
        "since": window.since,
        "until": window.until,
        "width": window.width,
        "buckets": window.buckets,
        "clip": clip,
        "ended": ended,
        "reach": _REACH,
        "longest": LONGEST_INTERVAL,
        "longest_part": LONGEST_PART,
    }
    return session.named_rows(_BUCKETS.replace("{pieces}", pieces).format(**numbers), parameters)


def _list(series: list[int]) -> str:
    return ", ".join(map(str, series)) or "NULL"


def _cells(stretch: _Stretch) -> str:
    resolution = stretch.resolution
    values = {"table": resolution.table, "seconds": float(resolution.seconds), "begin": stretch.begin, "end": stretch.end}
    return _CELLS.format(**values, series="{series}")


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
    begin, end = max(begin, window.since - resolution.length), min(end, window.until)
    if begin < end:
        stretches.append(_Stretch(resolution, begin, end))
