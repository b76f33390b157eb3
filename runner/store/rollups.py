"""Sums up metric samples into ever longer cells, and drops what is old enough: a step at a time, each in its transaction.

A cell holds, of one series, the sum and the weight of what was measured in its time, the lowest and the highest. Of a gauge
that is the sum and the number of its samples; of a counter its growth and the seconds in which that was measured, so that no
rate is ever negative and a counter's restart counts as not measured. Sums of sums stay right: a cell may even have several
rows, as an interval that ends late adds its share to cells that were made before.

The cells and the mark up to which there are cells are written together. A crash loses the step, and it is done again.
"""

# ruff: noqa: S608 - statements are put together from this module's constants; values are always parameters
from __future__ import annotations

import itertools

from runner.store import series
from runner.store.measured import LONGEST_INTERVAL, LONGEST_PART, MICROSECONDS
from runner.store.resolutions import (
    RESOLUTIONS,
    SAMPLES,
    Held,
    Resolution,
    earliest,
    floor,
    held,
    hold,
    slow_series,
)
from runner.store.session import Session

LAG = 60 * MICROSECONDS
"""Samples are summed up when they are so old: by then none of that time is still on its way."""
MAXIMUM_ROWS = 100_000
"""A step takes no more rows, unless a table has more of the shortest time that is taken at once."""
_REACH = round(LONGEST_PART * MICROSECONDS)

# Of a counter, an interval belongs to the step in which it ends: what is before the step is only its last sample.
_FROM_SAMPLES = """
    INSERT INTO "{table}"
    WITH "recent" AS (
        SELECT "series", "ts", "value", "kind" = 'counter' AS "counter"
        FROM "samples" JOIN (SELECT "id" AS "series", "kind" FROM "series") USING ("series")
        WHERE "ts" >= make_timestamp($since) AND "ts" < make_timestamp($until)
    ), "sample" AS (
        SELECT "series", "ts", "value" FROM "recent" WHERE "counter"
        UNION ALL
        SELECT "series", max("ts"), arg_max("value", "ts") FROM "samples"
        WHERE "ts" >= make_timestamp($since - $reach) AND "ts" < make_timestamp($since) GROUP BY "series"
    ), "run" AS (
        SELECT "series", "value", epoch_us("ts") / 1e6 AS "till",
               lag("value") OVER "run" AS "before", epoch_us(lag("ts") OVER "run") / 1e6 AS "from"
        FROM "sample" WINDOW "run" AS (PARTITION BY "series" ORDER BY "ts")
    ), "interval" AS (
        SELECT "series", ("value" - "before") / ("till" - "from") AS "rate", "from", "till",
               floor("from" / $seconds)::BIGINT AS "first", floor("till" / $seconds)::BIGINT + 1 AS "end"
        FROM "run"
        WHERE "value" >= "before" AND "till" > "from" AND "till" >= $since / 1e6
          AND "till" - "from" <= CASE WHEN "series" = ANY($slow::INTEGER[]) THEN $longest_part ELSE $longest END
    ), "piece" AS (
        SELECT "series", "cell", "rate",
               least("till", ("cell" + 1) * $seconds) - greatest("from", "cell" * $seconds) AS "length"
        FROM (SELECT *, unnest(range("first", "end")) AS "cell" FROM "interval")
    )
    SELECT make_timestamp(("cell" * $seconds * 1000000)::BIGINT) AS "ts", "series",
           sum("rate" * "length"), sum("length"), min("rate"), max("rate")
    FROM "piece" WHERE "length" > 0 GROUP BY "cell", "series"
    UNION ALL
    SELECT make_timestamp((epoch_us("ts") // ($seconds * 1000000)::BIGINT * ($seconds * 1000000)::BIGINT)) AS "ts", "series",
           sum("value"), count(*), min("value"), max("value")
    FROM "recent" WHERE NOT "counter" GROUP BY 1, "series"
    ORDER BY "series", "ts"
"""
_FROM_CELLS = """
    INSERT INTO "{table}"
    SELECT make_timestamp(epoch_us("ts") // $length::BIGINT * $length::BIGINT) AS "cell", "series",
           sum("total"), sum("weight"), min("lowest"), max("highest")
    FROM "{finer}" WHERE "ts" >= make_timestamp($since) AND "ts" < make_timestamp($until)
    GROUP BY "cell", "series" ORDER BY "series", "cell"
"""


def tidy(session: Session, now: float, steady: float | None = None) -> bool:
    """Do one step of what is due at ``now`` (epoch seconds); False when nothing was. ``steady`` is a time that did not jump
    ahead: by it is judged what goes for good."""
    moment = round(now * MICROSECONDS)
    known = held(session)
    if known[RESOLUTIONS[1].seconds].until > moment:
        _forget_future(session, known, moment)
        return True
    for finer, coarser in itertools.pairwise(RESOLUTIONS):
        if _roll_up(session, known, finer, coarser, moment):
            return True
    last = len(RESOLUTIONS) - 1
    oldest = moment if steady is None else round(steady * MICROSECONDS)
    return any(_drop_old(session, known, number, oldest if number == last else moment) for number in range(last + 1))


def _roll_up(session: Session, known: dict[int, Held], finer: Resolution, coarser: Resolution, moment: int) -> bool:
    before = known[coarser.seconds]
    limit = floor(_settled(known, finer, moment), max(coarser.length, coarser.batch * MICROSECONDS))
    if limit <= before.until:
        return False
    first = earliest(session, finer, before.until)
    since = limit if first is None else min(limit, max(before.until, floor(first, coarser.length)))
    until = min(limit, _end_of_step(session, finer, coarser, since))
    if since < until:
        _sum_up(session, finer, coarser, since, until)
    hold(session, coarser, Held(before.since, until))
    return True


def _settled(known: dict[int, Held], finer: Resolution, moment: int) -> int:
    """Up to when nothing can be added to a table any more."""
    if finer is SAMPLES:
        return moment - LAG
    made = known[finer.seconds].until
    # An interval that ends after what was summed up may reach back so far.
    return made - _REACH if finer is RESOLUTIONS[1] else made


def _end_of_step(session: Session, finer: Resolution, coarser: Resolution, since: int) -> int:
    statement = f"""
        SELECT count(*) FROM "{finer.table}" WHERE "ts" >= make_timestamp($1) AND "ts" < make_timestamp($2)
    """
    for seconds in coarser.steps[:-1]:
        until = floor(since, coarser.length) + seconds * MICROSECONDS
        row = session.row(statement, since, until)
        if row is not None and row[0] <= MAXIMUM_ROWS:
            return until
    return since + coarser.steps[-1] * MICROSECONDS


def _sum_up(session: Session, finer: Resolution, coarser: Resolution, since: int, until: int) -> None:
    if finer is not SAMPLES:
        statement = _FROM_CELLS.format(table=coarser.table, finer=finer.table)
        session.named_rows(statement, {"since": since, "until": until, "length": coarser.length})
        return
    session.named_rows(
        _FROM_SAMPLES.format(table=coarser.table),
        {
            "since": since,
            "until": until,
            "reach": _REACH,
            "seconds": float(coarser.seconds),
            "slow": slow_series(session),
            "longest": LONGEST_INTERVAL,
            "longest_part": LONGEST_PART,
        },
    )


def _drop_old(session: Session, known: dict[int, Held], number: int, moment: int) -> bool:
    """Drop one portion of a table that is older than its retention and in the coarser table, if there is one."""
    resolution, before = RESOLUTIONS[number], known[RESOLUTIONS[number].seconds]
    limit = moment - round(resolution.retention * MICROSECONDS)
    if number + 1 < len(RESOLUTIONS):
        limit = min(limit, known[RESOLUTIONS[number + 1].seconds].until - _REACH)
    limit = floor(limit, resolution.grain)
    if limit <= before.since:
        return False
    first = earliest(session, resolution, 0)
    since = limit if first is None else min(limit, max(before.since, floor(first, resolution.grain)) + 10 * resolution.grain)
    session.change(f'DELETE FROM "{resolution.table}" WHERE "ts" < make_timestamp(?::BIGINT)', since)
    hold(session, resolution, Held(since, before.until))
    if number + 1 == len(RESOLUTIONS):
        _drop_series(session, since)
    return True


def _drop_series(session: Session, before: int) -> None:
    """The series of executions that were over before all that is kept."""
    gone = session.rows(
        'DELETE FROM "series" WHERE "execution_id" IN (SELECT "id" FROM "executions" WHERE "finished_at" < ?) '
        'RETURNING "execution_id"',
        before / MICROSECONDS,
    )
    series.forget(session, {execution_id for (execution_id,) in gone})


def _forget_future(session: Session, known: dict[int, Held], moment: int) -> None:
    """The clock was set back: the time that is lived again is measured again. Without this nothing would be kept of it."""
    session.change('DELETE FROM "samples" WHERE "ts" > make_timestamp(?::BIGINT)', moment)
    session.after_commit.append(session.recent.forget)
    for resolution in RESOLUTIONS:
        start = floor(moment, max(resolution.length, 1))
        before = known[resolution.seconds]
        if resolution is not SAMPLES:
            session.change(f'DELETE FROM "{resolution.table}" WHERE "ts" >= make_timestamp(?::BIGINT)', start)
        hold(session, resolution, Held(min(before.since, start), min(before.until, start)))
