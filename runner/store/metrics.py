"""Metric samples: appended as measured, read back as evenly spaced points. Summing up and dropping them is rollups.py's.

Counters are stored as counters and read as per-second rates. A counter that falls has started again: the interval across the
restart says nothing and counts as not measured, so that no rate is ever negative and none is invented.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from runner.model import MetricPoint, MetricSeries
from runner.store import latencies
from runner.store import series as series_of_executions
from runner.store.errors import StoreError
from runner.store.measured import ALWAYS, MICROSECONDS, SELDOM, Lifetime, Measured, Metric
from runner.store.metric_windows import Window, read
from runner.store.series import COUNTER, SeriesKey, numbers_of, of_executions
from runner.store.session import Session

MAXIMUM_BUCKETS = 10_000
_LATEST = 60.0
"""So many seconds after the end of an execution the last of its measurements are written down, at the very latest."""

_APPEND_FEW = 'INSERT INTO "samples" ("ts", "series", "value") VALUES '
_FEW = 5
_APPEND = """
    INSERT INTO "samples" ("ts", "series", "value")
    SELECT make_timestamp("t"), "s", "v"
    FROM (SELECT unnest($1::BIGINT[]) AS "t", unnest($2::INTEGER[]) AS "s", unnest($3::DOUBLE[]) AS "v")
"""


class MetricSample(msgspec.Struct, frozen=True):
    """One measurement. ``plugin`` is empty for the execution as a whole; ``name`` in
    :data:`~runner.store.series.COUNTER_NAMES` makes ``value`` a counter (it only grows within an attempt), any other name a
    gauge."""

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
    _begin_recent(session)
    ats = [round(sample.at * MICROSECONDS) for sample in samples]
    numbers, values = numbers_of(session, samples), [float(sample.value) for sample in samples]
    if len(samples) > _FEW:
        session.change(_APPEND, ats, numbers, values)
    else:  # to unnest them takes longer to be planned
        places = ", ".join(["(make_timestamp(?::BIGINT), ?, ?)"] * len(samples))
        session.change(_APPEND_FEW + places, *itertools.chain.from_iterable(zip(ats, numbers, values, strict=True)))
    session.after_commit.append(functools.partial(session.recent.add, ats, numbers, values))


def _begin_recent(session: Session) -> None:
    """Have the newest samples collected, if they are not yet."""
    if not session.recent.is_begun:
        row = session.row('SELECT coalesce(epoch_us(max("ts")), 0) FROM "samples"')
        session.after_commit.append(functools.partial(session.recent.begin, int(row[0]) if row else 0))


def series(
    session: Session, execution_ids: Iterable[str], names: Iterable[str] | None, since: float, until: float, buckets: int
) -> list[MetricSeries]:
    """The samples of a window as series of ``buckets`` points."""
    order = list(names) if names is not None else None
    window = _window(since, until, buckets)
    found = _measured(session, execution_ids, order, window)
    keys = sorted(found, key=lambda key: (order.index(key[0]) if order else 0, key))
    gaps = _gaps(since, window)
    return [_series(*key, window, gaps, found[key]) for key in keys]


@dataclass(frozen=True)
class MeasuredWindow:
    """A window of all metrics: some as series of points, and all as a whole by name and plugin."""

    series: tuple[MetricSeries, ...] = ()
    sums: Mapping[tuple[str, str], Measured] = field(default_factory=dict)


def measured_window(
    session: Session,
    execution_ids: Iterable[str],
    since: float,
    until: float,
    buckets: int,
    drawn: Container[str] | None,
    lifetime: Lifetime = ALWAYS,
) -> MeasuredWindow:
    """All metrics of a window, read once; as series those of the names ``drawn`` that are the whole execution's, None: all.
    ``lifetime`` is that of the executions together."""
    window = _within(_window(since, until, buckets), lifetime)
    found = _measured(session, execution_ids, None, window)
    gaps = _gaps(since, window)
    shown = sorted(key for key in found if drawn is None or (key[0] in drawn and not key[1]))
    return MeasuredWindow(
        series=tuple(_series(*key, window, gaps, found[key]) for key in shown),
        sums={key: _whole(by_bucket.values()) for key, by_bucket in found.items()},
    )


def _whole(parts: Collection[Measured]) -> Measured:
    total, weight, lowest, highest = zip(*parts, strict=True)
    return Measured(sum(total), sum(weight), min(lowest), max(highest))


def _window(since: float, until: float, buckets: int) -> Window:
    if not (since < until and 1 <= buckets <= MAXIMUM_BUCKETS):
        raise StoreError(f"no metrics between {since} and {until} in {buckets} buckets", code="conflict")
    return Window(
        since=_to_microseconds(since), until=_to_microseconds(until), width=(until - since) / buckets, buckets=buckets
    )


def _within(window: Window, lifetime: Lifetime) -> Window:
    """The window, of which less has to be looked through."""
    latest = window.latest if lifetime.over is None else _to_microseconds(lifetime.over + _LATEST)
    return replace(window, earliest=_to_microseconds(lifetime.begun), latest=latest)


def _measured(
    session: Session, execution_ids: Iterable[str], names: Collection[str] | None, window: Window
) -> dict[tuple[str, str], dict[int, Measured]]:
    """By name and plugin what each bucket holds in which something was measured."""
    ids = list(execution_ids)
    if not ids:
        return {}
    numbers: dict[SeriesKey, list[int]] = {}
    for found in of_executions(session, ids):
        for number, key in zip(found.numbers, found.keys, strict=True):
            if names is None or key.name in names:
                numbers.setdefault(key, []).append(number)
    wanted = [
        Metric(of_metric, is_counter=key.kind == COUNTER, is_seldom=key.name == SELDOM) for key, of_metric in numbers.items()
    ]
    buckets = read(session, window, wanted)
    return {(key.name, key.plugin): by_number for key, by_number in zip(numbers, buckets, strict=True) if by_number}


def remove_series(session: Session, execution_ids: list[str]) -> None:
    """Forget the series and latencies of executions; their samples go when they are old enough."""
    latencies.remove(session, execution_ids)
    series_of_executions.remove(session, execution_ids)


def _series(name: str, plugin: str, window: Window, gaps: Sequence[MetricPoint], found: Mapping[int, Measured]) -> MetricSeries:
    points = list(gaps)
    for number, measured in found.items():
        points[number] = _point(gaps[number].at, measured)
    return MetricSeries(name=name, plugin=plugin, resolution=window.width, points=tuple(points))


def _gaps(since: float, window: Window) -> list[MetricPoint]:
    """The points of a series that has nothing: most have something in a few only."""
    return [MetricPoint(at=since + number * window.width, value=None) for number in range(window.buckets)]


def _point(at: float, measured: Measured) -> MetricPoint:
    return MetricPoint(at=at, value=measured.mean, lowest=measured.lowest, highest=measured.highest)


def _to_microseconds(at: float) -> int:
    return round(at * MICROSECONDS)
