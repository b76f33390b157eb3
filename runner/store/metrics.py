"""Metric samples: appended as measured, read back as evenly spaced points.

Counters are stored as counters and read as per-second rates. A counter that falls has started again: the interval across the
restart says nothing and counts as not measured, so that no rate is ever negative and none is invented.
"""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from runner.model import MetricPoint, MetricSeries
from runner.store.errors import StoreError
from runner.store.session import Session

COUNTER_NAMES = frozenset(
    {"rows_in", "rows_out", "bytes_in", "bytes_out", "busy_seconds", "idle_seconds", "backpressured_seconds", "cpu_seconds"}
)
LONGEST_INTERVAL = 10.0
"""Two samples of a counter further apart than these seconds (or than two buckets, if that is longer) leave a gap."""
MAXIMUM_BUCKETS = 10_000

_MICROSECONDS = 1_000_000

_APPEND = """
    INSERT INTO "samples" ("ts", "series", "value")
    SELECT make_timestamp("t"), "s", "v"
    FROM (SELECT unnest($1::BIGINT[]) AS "t", unnest($2::INTEGER[]) AS "s", unnest($3::DOUBLE[]) AS "v")
"""
_WANTED = """
    "wanted" AS (
        SELECT "id", "plugin", "name", "kind" FROM "series"
        WHERE "execution_id" IN (SELECT unnest($executions::VARCHAR[]))
          AND ($names::VARCHAR[] IS NULL OR "name" IN (SELECT unnest($names::VARCHAR[])))
    )
"""
# Offsets are seconds since the window's start. An interval between two samples spreads its rate over the buckets it covers.
_RATES = f"""
    WITH {_WANTED}, "sample" AS (
        SELECT w."plugin", w."name", s."value", (epoch_us(s."ts") - $since) / 1e6 AS "till",
               lag(s."value") OVER "run" AS "before", (epoch_us(lag(s."ts") OVER "run") - $since) / 1e6 AS "from"
        FROM "samples" AS s JOIN "wanted" AS w ON w."id" = s."series" AND w."kind" = 'counter'
        WHERE s."ts" > make_timestamp($since - $reach) AND s."ts" < make_timestamp($until + $reach)
        WINDOW "run" AS (PARTITION BY s."series" ORDER BY s."ts")
    ), "piece" AS (
        SELECT "plugin", "name", ("value" - "before") / ("till" - "from") AS "rate", "from", "till",
               greatest(0, floor("from" / $width))::BIGINT AS "first",
               least($buckets, floor("till" / $width) + 1)::BIGINT AS "end"
        FROM "sample"
        WHERE "value" >= "before" AND "till" > "from" AND "till" - "from" <= $reach / 1e6
    ), "covered" AS (
        SELECT "plugin", "name", "bucket", "rate",
               least("till", ("bucket" + 1) * $width) - greatest("from", "bucket" * $width) AS "length"
        FROM (SELECT *, unnest(range("first", "end")) AS "bucket" FROM "piece")
    )
    SELECT "plugin", "name", "bucket", sum("rate" * "length") / sum("length")
    FROM "covered" WHERE "length" > 0 GROUP BY "plugin", "name", "bucket"
"""
_MEANS = f"""
    WITH {_WANTED}
    SELECT w."plugin", w."name", floor((epoch_us(s."ts") - $since) / 1e6 / $width)::BIGINT AS "bucket", avg(s."value")
    FROM "samples" AS s JOIN "wanted" AS w ON w."id" = s."series" AND w."kind" = 'gauge'
    WHERE s."ts" >= make_timestamp($since) AND s."ts" < make_timestamp($until)
    GROUP BY w."plugin", w."name", "bucket"
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
    """Add samples, preferably many at once and in the order of their time."""
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
    width = (until - since) / buckets
    window = {
        "executions": list(execution_ids),
        "names": order,
        "since": _to_microseconds(since),
        "until": _to_microseconds(until),
        "width": width,
    }
    reach = int(max(LONGEST_INTERVAL, 2 * width) * _MICROSECONDS)
    rates = session.named_rows(_RATES, window | {"buckets": buckets, "reach": reach})
    means = session.named_rows(_MEANS, window)
    values: dict[tuple[str, str], list[float | None]] = {}
    for plugin, name, bucket, value in [*rates, *means]:
        values.setdefault((name, plugin), [None] * buckets)[min(bucket, buckets - 1)] = value
    keys = sorted(values, key=lambda key: (order.index(key[0]) if order else 0, key))
    return [_series(name, plugin, since, width, values[name, plugin]) for name, plugin in keys]


def prune(session: Session, before: float) -> int:
    """Drop samples older than ``before``; how many went."""
    removed = session.change('DELETE FROM "samples" WHERE "ts" < make_timestamp(?::BIGINT)', _to_microseconds(before))
    session.change(
        'DELETE FROM "series" WHERE "execution_id" IN (SELECT "id" FROM "executions" WHERE "finished_at" < ?)', before
    )
    session.series.numbers.clear()
    return removed


def _series(name: str, plugin: str, since: float, width: float, values: list[float | None]) -> MetricSeries:
    points = tuple(MetricPoint(at=since + index * width, value=value) for index, value in enumerate(values))
    return MetricSeries(name=name, plugin=plugin, resolution=width, points=points)


def _series_numbers(session: Session, samples: Sequence[MetricSample]) -> dict[tuple[str, str, str], int]:
    known = session.series.numbers
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
        session.series.numbers[execution_id, plugin, name] = number


def _insert_series(session: Session, key: tuple[str, str, str]) -> int:
    kind = "counter" if key[2] in COUNTER_NAMES else "gauge"
    row = session.row(
        """
        INSERT INTO "series" ("id", "execution_id", "plugin", "name", "kind")
        SELECT coalesce(max("id"), 0) + 1, ?, ?, ?, ? FROM "series" RETURNING "id"
        """,
        *(*key, kind),
    )
    if row is None:
        raise StoreError(f"the series {key} was not stored")
    return int(row[0])


def _to_microseconds(at: float) -> int:
    return round(at * _MICROSECONDS)
