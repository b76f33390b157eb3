"""How long rows took, as histograms by time that can be added up: cells of ten seconds, later of a minute, then of an hour.

Percentiles of percentiles mean nothing, so what is kept are the counts themselves (:class:`runner.latency.LatencyHistogram`),
and any window's percentiles come from the sum of its cells.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence

import msgspec

from runner.latency import value_of_bucket
from runner.store.measured import ALWAYS, MICROSECONDS, Lifetime
from runner.store.recent_latencies import RecentCell
from runner.store.resolutions import floor
from runner.store.session import Session, one_of

CELL_SECONDS = 10
"""The length of the cells that are appended."""
_ROLL_UPS = ((10, 60, 2 * 3600, 600), (60, 3600, 26 * 3600, 3600))
"""Cells of so many seconds become cells of so many when they are so old; so many seconds of them at a time."""
_RETENTION = 100 * 86_400
_APPEND = """
    INSERT INTO "latencies" ("ts", "seconds", "execution_id", "buckets", "counts") VALUES {cells}
"""
_CELL = "(make_timestamp(?::BIGINT), ?, ?, ?::INTEGER[], ?::BIGINT[])"
_AT_ONCE = 100
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
_WINDOW = """
    SELECT epoch_us("ts") AS "at", "seconds", unnest("buckets") AS "bucket", unnest("counts") AS "count" FROM "latencies"
    WHERE {of_executions} AND "ts" < make_timestamp(?::BIGINT) AND "ts" > make_timestamp(?::BIGINT)
      AND epoch_us("ts") + "seconds"::BIGINT * 1000000 > ?
"""
_NEWEST = 'SELECT coalesce(max(epoch_us("ts") + "seconds"::BIGINT * 1000000), 0) FROM "latencies"'
_LENGTH = CELL_SECONDS * MICROSECONDS
_LONGEST = max(coarser for _, coarser, *_ in _ROLL_UPS) * MICROSECONDS


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
    added, recent = [_added(cell) for cell in cells], session.recent_latencies
    if added and not recent.is_begun:
        row = session.row(_NEWEST)
        session.after_commit.append(functools.partial(recent.begin, int(row[0]) if row else 0))
    for first in range(0, len(added), _AT_ONCE):
        part = added[first : first + _AT_ONCE]
        values = [
            (cell.at, CELL_SECONDS, execution_id, list(cell.counts), list(cell.counts.values())) for execution_id, cell in part
        ]
        statement = _APPEND.format(cells=", ".join([_CELL] * len(part)))
        session.change(statement, *itertools.chain.from_iterable(values))
    session.after_commit.append(functools.partial(recent.add, added))


def _added(cell: LatencyCell) -> tuple[str, RecentCell]:
    start = floor(cell.at * MICROSECONDS, _LENGTH)
    return cell.execution_id, RecentCell(start, start + _LENGTH, dict(sorted(cell.counts.items())))


def window(
    session: Session,
    execution_ids: Sequence[str],
    since: float,
    until: float,
    points: int,
    lifetime: Lifetime = ALWAYS,
) -> LatencyWindow:
    """Everything in the cells that touch the window, each of which counts to the point in which it begins. There are none from
    before ``lifetime``."""
    ids, begin, end = list(execution_ids), round(since * MICROSECONDS), round(until * MICROSECONDS)
    if not ids:
        return LatencyWindow()
    earliest = max(begin, round(lifetime.begun * MICROSECONDS))
    recent = session.recent_latencies.read(ids, earliest, end)
    if recent is not None and not recent:
        return LatencyWindow()
    from runner.store.latency_sums import columns_of, sums_of  # numpy is for those who look at latencies

    if recent is not None:
        found = columns_of((cell.at, CELL_SECONDS, cell.counts) for cell in recent)
    else:
        of_executions, parameters = one_of("execution_id", ids)
        statement = _WINDOW.format(of_executions=of_executions)
        found = session.columns(statement, *parameters, end, earliest - _LONGEST - 1, earliest)
    at, seconds = found["at"], found["seconds"]
    if not len(at):
        return LatencyWindow()

    buckets, by_point = sums_of(at - begin, (until - since) / points * MICROSECONDS, points, found["bucket"], found["count"])
    return LatencyWindow(
        counts=buckets,
        points={point: LatencyPoint(rows, value_of_bucket(p50), value_of_bucket(p99)) for point, rows, p50, p99 in by_point},
        since=int(at.min()) / MICROSECONDS,
        until=int((at + seconds.astype("int64") * MICROSECONDS).max()) / MICROSECONDS,
        resolution=float(seconds.max()),
    )


def remove(session: Session, execution_ids: list[str]) -> None:
    """Forget those of executions."""
    session.change('DELETE FROM "latencies" WHERE "execution_id" = ANY(?::VARCHAR[])', execution_ids)
    session.after_commit.append(functools.partial(session.recent_latencies.remove, execution_ids))


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
    session.after_commit.append(functools.partial(session.recent_latencies.leave_to_table, until))
