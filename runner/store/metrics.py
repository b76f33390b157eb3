"""Metric samples: appended as measured, read back as evenly spaced points.

Counters are stored as counters and read as per-second rates. A counter that falls has started again: the interval across the
restart says nothing and counts as not measured, so that no rate is ever negative and none is invented.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from runner.model import MetricPoint, MetricSeries
from runner.store.errors import StoreError
from runner.store.session import Row, Session

COUNTER_NAMES = frozenset(
    {"rows_in", "rows_out", "bytes_in", "bytes_out", "busy_seconds", "idle_seconds", "backpressured_seconds", "cpu_seconds"}
)
LONGEST_INTERVAL = 60.0
"""Two samples of a counter further apart than these seconds (or than two buckets, if that is longer) leave a gap. Long enough
for a job whose checkpoints are rare: a sink counts its rows when a part is complete."""
MAXIMUM_BUCKETS = 10_000

_MICROSECONDS = 1_000_000
_COUNTER = "counter"
_GAUGE = "gauge"

_APPEND = """
    INSERT INTO "samples" ("ts", "series", "value")
    SELECT make_timestamp("t"), "s", "v"
    FROM (SELECT unnest($1::BIGINT[]) AS "t", unnest($2::INTEGER[]) AS "s", unnest($3::DOUBLE[]) AS "v")
"""
_WANTED = """
    SELECT "id", "plugin", "name", "kind" FROM "series"
    WHERE "execution_id" = ANY($1::VARCHAR[]) AND ($2::VARCHAR[] IS NULL OR "name" = ANY($2::VARCHAR[]))
"""
# Offsets are seconds since the window's start. An interval between two samples spreads its rate over the buckets it covers.
# Both statements give the sum and the weight of each series and bucket; their quotient is the bucket's value.
_RATES = """
    WITH "sample" AS (
        SELECT "series", "value", (epoch_us("ts") - $since) / 1e6 AS "till",
               lag("value") OVER "run" AS "before", (epoch_us(lag("ts") OVER "run") - $since) / 1e6 AS "from"
        FROM "samples"
        WHERE "ts" > make_timestamp($since - $reach) AND "ts" < make_timestamp($until + $reach)
          AND "series" = ANY($series::INTEGER[])
        WINDOW "run" AS (PARTITION BY "series" ORDER BY "ts")
    ), "interval" AS (
        SELECT "series", ("value" - "before") / ("till" - "from") AS "rate", "from", "till",
               greatest(0, floor("from" / $width))::BIGINT AS "first",
               least($buckets, floor("till" / $width) + 1)::BIGINT AS "end"
        FROM "sample"
        WHERE "value" >= "before" AND "till" > "from" AND "till" - "from" <= $reach / 1e6
    ), "piece" AS (
        SELECT "series", "bucket", "rate",
               least("till", ("bucket" + 1) * $width) - greatest("from", "bucket" * $width) AS "length"
        FROM (SELECT *, unnest(range("first", "end")) AS "bucket" FROM "interval")
    )
    SELECT "series", "bucket", sum("rate" * "length"), sum("length")
    FROM "piece" WHERE "length" > 0 GROUP BY "series", "bucket"
"""
_MEANS = """
    SELECT "series", least(floor((epoch_us("ts") - $since) / 1e6 / $width)::BIGINT, $buckets - 1) AS "bucket",
           sum("value"), count(*)
    FROM "samples"
    WHERE "ts" >= make_timestamp($since) AND "ts" < make_timestamp($until) AND "series" = ANY($series::INTEGER[])
    GROUP BY "series", "bucket"
"""


class MetricSample(msgspec.Struct, frozen=True):
    """One measurement. ``plugin`` is empty for the execution as a whole; ``name`` in :data:`COUNTER_NAMES` makes ``value`` a
    counter (it only grows within an attempt), any other name a gauge."""

    at: float
    execution_id: str
    plugin: str
    name: str
    value: float


def append(session: Session, samples: Sequence[MetricSample]) -> None:
    """Add samples, preferably many at once and in the order of their time. What is not a number was not measured."""
    samples = [sample for sample in samples if math.isfinite(sample.value)]
    if not samples:
        return
    numbers = _series_numbers(session, samples)
    session.change(
        _APPEND,
        [_to_microseconds(sample.at) for sample in samples],
        [numbers[sample.execution_id, sample.plugin, sample.name] for sample in samples],
        [float(sample.value) for sample in samples],
    )


def series(
    session: Session, execution_ids: Iterable[str], names: Iterable[str] | None, since: float, until: float, buckets: int
) -> list[MetricSeries]:
    """The samples of a window as series of ``buckets`` points."""
    if not (since < until and 1 <= buckets <= MAXIMUM_BUCKETS):
        raise StoreError(f"no metrics between {since} and {until} in {buckets} buckets", code="conflict")
    order = list(names) if names is not None else None
    wanted = {
        number: (kind, (name, plugin)) for number, plugin, name, kind in session.rows(_WANTED, list(execution_ids), order)
    }
    window = _Window(
        since=_to_microseconds(since), until=_to_microseconds(until), width=(until - since) / buckets, buckets=buckets
    )
    sums: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
    for number, bucket, total, weight in window.read(session, wanted):
        of_key = sums.setdefault(wanted[number][1], {})
        before = of_key.get(bucket, (0.0, 0.0))
        of_key[bucket] = (before[0] + total, before[1] + weight)
    keys = sorted(sums, key=lambda key: (order.index(key[0]) if order else 0, key))
    return [_series(*key, since, window, sums[key]) for key in keys]


def prune(session: Session, before: float) -> int:
    """Drop samples older than ``before``; how many went."""
    removed = session.change('DELETE FROM "samples" WHERE "ts" < make_timestamp(?::BIGINT)', _to_microseconds(before))
    session.change(
        'DELETE FROM "series" WHERE "execution_id" IN (SELECT "id" FROM "executions" WHERE "finished_at" < ?)', before
    )
    session.memory.series.clear()
    return removed


def remove_series(session: Session, execution_ids: list[str]) -> None:
    """Forget the series of executions; their samples go when they are old enough."""
    session.change('DELETE FROM "series" WHERE "execution_id" = ANY(?::VARCHAR[])', execution_ids)
    session.memory.series.clear()


@dataclass(frozen=True)
class _Window:
    """A stretch of time in equal buckets; ``since`` and ``until`` in microseconds, ``width`` in seconds."""

    since: int
    until: int
    width: float
    buckets: int

    def read(self, session: Session, wanted: dict[int, tuple[str, tuple[str, str]]]) -> list[Row]:
        """(series, bucket, sum, weight) of all series that are wanted; counters and gauges each in one query."""
        counters = [number for number, (kind, _) in wanted.items() if kind == _COUNTER]
        gauges = [number for number, (kind, _) in wanted.items() if kind != _COUNTER]
        bounds = {"since": self.since, "until": self.until, "width": self.width, "buckets": self.buckets}
        reach = int(max(LONGEST_INTERVAL, 2 * self.width) * _MICROSECONDS)
        rows = session.named_rows(_RATES, bounds | {"series": counters, "reach": reach}) if counters else []
        return rows + (session.named_rows(_MEANS, bounds | {"series": gauges}) if gauges else [])


def _series(name: str, plugin: str, since: float, window: _Window, sums: dict[int, tuple[float, float]]) -> MetricSeries:
    values = {bucket: total / weight for bucket, (total, weight) in sums.items()}
    points = tuple(MetricPoint(at=since + number * window.width, value=values.get(number)) for number in range(window.buckets))
    return MetricSeries(name=name, plugin=plugin, resolution=window.width, points=points)


def _series_numbers(session: Session, samples: Sequence[MetricSample]) -> dict[tuple[str, str, str], int]:
    known = session.memory.series
    keys = {(sample.execution_id, sample.plugin, sample.name): None for sample in samples}
    if any(key not in known for key in keys):
        _load_series(session, {key[0] for key in keys})
    for key in keys:
        if key not in known:
            known[key] = _insert_series(session, key)
    return known


def _load_series(session: Session, execution_ids: set[str]) -> None:
    statement = """
        SELECT "execution_id", "plugin", "name", "id" FROM "series" WHERE "execution_id" IN (SELECT unnest(?::VARCHAR[]))
    """
    for execution_id, plugin, name, number in session.rows(statement, sorted(execution_ids)):
        session.memory.series[execution_id, plugin, name] = number


def _insert_series(session: Session, key: tuple[str, str, str]) -> int:
    kind = _COUNTER if key[2] in COUNTER_NAMES else _GAUGE
    row = session.row(
        """
        INSERT INTO "series" ("id", "execution_id", "plugin", "name", "kind")
        VALUES (nextval('series_numbers'), ?, ?, ?, ?) RETURNING "id"
        """,
        *(*key, kind),
    )
    if row is None:
        raise StoreError(f"the series {key} was not stored")
    return int(row[0])


def _to_microseconds(at: float) -> int:
    return round(at * _MICROSECONDS)
