"""How long rows took, as histograms by time that can be added up: cells of ten seconds, later of a minute, then of an hour.

Percentiles of percentiles mean nothing, so what is kept are the counts themselves (:class:`runner.latency.LatencyHistogram`),
and any window's percentiles come from the sum of its cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from runner.latency import value_of_bucket
from runner.store.resolutions import MICROSECONDS, floor
from runner.store.session import Session

CELL_SECONDS = 10
"""The length of the cells that are appended."""
_ROLL_UPS = ((10, 60, 2 * 3600, 600), (60, 3600, 26 * 3600, 3600))
"""Cells of so many seconds become cells of so many when they are so old; so many seconds of them at a time."""
_RETENTION = 100 * 86_400
_APPEND = """
    INSERT INTO "latencies" ("ts", "seconds", "execution_id", "buckets", "counts")
    VALUES (make_timestamp(?::BIGINT), ?, ?, ?::INTEGER[], ?::BIGINT[])
"""
_STEP = '"seconds" = $finer AND "ts" >= make_timestamp($since) AND "ts" < make_timestamp($until)'
_ROLL_UP = f"""
    INSERT INTO "latencies" ("ts", "seconds", "execution_id", "buckets", "counts")
    SELECT "cell", $coarser, "execution_id", list("bucket" ORDER BY "bucket"), list("count" ORDER BY "bucket")
    FROM (
        SELECT make_timestamp("at" // $length::BIGINT * $length::BIGINT) AS "cell", "execution_id", "bucket",
               sum("count")::BIGINT AS "count"
        FROM (
            SELECT epoch_us("ts") AS "at", "execution_id", unnest("buckets") AS "bucket", unnest("counts") AS "count"
            FROM "latencies" WHERE {_STEP}
        )
        GROUP BY ALL
    )
    GROUP BY "cell", "execution_id"
"""  # noqa: S608 - of this module's constants
# The window's points, its buckets, and its bounds, told apart by their first column.
_WINDOW = """
    WITH "cell" AS MATERIALIZED (
        SELECT epoch_us("ts") AS "at", "seconds", "buckets", "counts" FROM "latencies"
        WHERE "execution_id" = ANY($executions::VARCHAR[]) AND "ts" < make_timestamp($until)
          AND epoch_us("ts") + "seconds"::BIGINT * 1000000 > $since
    ), "part" AS (
        SELECT greatest(0, least($points - 1, floor(("at" - $since) / 1e6 / $width)))::BIGINT AS "point",
               unnest("buckets") AS "bucket", unnest("counts") AS "count"
        FROM "cell"
    ), "summed" AS MATERIALIZED (
        SELECT "point", "bucket", sum("count")::BIGINT AS "count" FROM "part" GROUP BY "point", "bucket"
    ), "run" AS (
        SELECT "point", "bucket", sum("count") OVER (PARTITION BY "point" ORDER BY "bucket") AS "seen",
               sum("count") OVER (PARTITION BY "point") AS "total"
        FROM "summed"
    )
    SELECT 'point', "point", any_value("total")::BIGINT, min("bucket") FILTER ("seen" >= 0.5 * "total"),
           min("bucket") FILTER ("seen" >= 0.99 * "total")
    FROM "run" GROUP BY "point"
    UNION ALL
    SELECT 'bucket', "bucket", sum("count")::BIGINT, NULL, NULL FROM "summed" GROUP BY "bucket"
    UNION ALL
    SELECT 'bounds', min("at"), max("at" + "seconds"::BIGINT * 1000000), max("seconds"), NULL FROM "cell" HAVING count(*) > 0
"""


class LatencyCell(msgspec.Struct, frozen=True):
    """How long the rows of one execution took that became visible within ten seconds from ``at`` on: counts by bucket."""

    at: float
    execution_id: str
    counts: dict[int, int]


class LatencyPoint(msgspec.Struct, frozen=True):
    """A point of a history: how many rows, and how long half of them and all but a hundredth took at most."""

    rows: int
    p50: float
    p99: float


class LatencyWindow(msgspec.Struct, frozen=True):
    """The counts of a window by bucket, and its points by their number, where anything was measured. ``since`` and ``until``
    bound the cells that they come from, the longest of which has ``resolution`` seconds."""

    counts: dict[int, int] = {}
    points: dict[int, LatencyPoint] = {}
    since: float | None = None
    until: float | None = None
    resolution: float = float(CELL_SECONDS)


def append(session: Session, cells: Iterable[LatencyCell]) -> None:
    """Add cells; another one of the same time and execution adds up with the first."""
    for cell in cells:
        start = floor(cell.at * MICROSECONDS, CELL_SECONDS * MICROSECONDS)
        buckets = sorted(cell.counts)
        counts = [cell.counts[bucket] for bucket in buckets]
        session.change(_APPEND, start, CELL_SECONDS, cell.execution_id, buckets, counts)


def window(session: Session, execution_ids: Sequence[str], since: float, until: float, points: int) -> LatencyWindow:
    """Everything in the cells that touch the window, each of which counts to the point in which it begins."""
    parameters = {
        "executions": list(execution_ids),
        "since": round(since * MICROSECONDS),
        "until": round(until * MICROSECONDS),
        "points": points,
        "width": (until - since) / points,
    }
    found = session.named_rows(_WINDOW, parameters)
    bounds = next((row for row in found if row[0] == "bounds"), None)
    if bounds is None:
        return LatencyWindow()
    return LatencyWindow(
        counts={int(bucket): int(count) for kind, bucket, count, _, _ in found if kind == "bucket"},
        points={
            int(point): LatencyPoint(int(rows), value_of_bucket(p50), value_of_bucket(p99))
            for kind, point, rows, p50, p99 in found
            if kind == "point"
        },
        since=bounds[1] / MICROSECONDS,
        until=bounds[2] / MICROSECONDS,
        resolution=float(bounds[3]),
    )


def remove(session: Session, execution_ids: list[str]) -> None:
    """Forget those of executions."""
    session.change('DELETE FROM "latencies" WHERE "execution_id" = ANY(?::VARCHAR[])', execution_ids)


def tidy(session: Session, now: float, steady: float | None = None) -> bool:
    """Do one step of making longer cells of old ones, or of dropping those that are too old; False when nothing was due.
    By ``steady``, a time that did not jump ahead, is judged what goes for good."""
    moment = round(now * MICROSECONDS)
    for finer, coarser, age, step in _ROLL_UPS:
        length = coarser * MICROSECONDS
        until = floor(moment - age * MICROSECONDS, length)
        row = session.row(
            'SELECT epoch_us(min("ts")) FROM "latencies" WHERE "seconds" = ? AND "ts" < make_timestamp(?::BIGINT)', finer, until
        )
        if row is not None and row[0] is not None:
            since = floor(row[0], length)
            _roll_up(session, finer, coarser, since, min(until, since + max(step, coarser) * MICROSECONDS))
            return True
    oldest = round((now if steady is None else steady) * MICROSECONDS) - _RETENTION * MICROSECONDS
    return bool(session.change('DELETE FROM "latencies" WHERE "ts" < make_timestamp(?::BIGINT)', oldest))


def _roll_up(session: Session, finer: int, coarser: int, since: int, until: int) -> None:
    bounds = {"since": since, "until": until, "finer": finer}
    session.named_rows(_ROLL_UP, bounds | {"coarser": coarser, "length": coarser * MICROSECONDS})
    session.named_rows(f'DELETE FROM "latencies" WHERE {_STEP}', bounds)  # noqa: S608
