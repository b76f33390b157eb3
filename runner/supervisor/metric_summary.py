"""Sums up a window of a job's metrics: counters, throughput, latency, checkpoints, backpressure, resources, errors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from runner.latency import LatencyHistogram
from runner.model import Attempt, Execution, Job, MetricPoint, MetricSeries, Totals
from runner.observation import (
    Backpressure,
    CheckpointSummary,
    Counters,
    EdgePressure,
    ErrorRate,
    HistoryPoint,
    JobMetrics,
    LatencySummary,
    MetricsWindow,
    Resources,
    Throughput,
    Usage,
)
from runner.store.latencies import CELL_SECONDS, LatencyPoint, LatencySum
from runner.store.metrics import Measured
from runner.store.store import Store
from runner.supervisor.checkpoint_record import CHECKPOINT_FAILURES, CHECKPOINT_SECONDS
from runner.supervisor.control import Load
from runner.supervisor.generations import read_generation
from runner.supervisor.totals import BACKPRESSURE_EVENTS

_EXECUTIONS = 1000
_NOW_SECONDS = 10.0
COUNTED = frozenset({CHECKPOINT_FAILURES, BACKPRESSURE_EVENTS})
"""Gauges that only count: as series they say nothing."""
_COUNTERS = ("rows_in", "rows_out", "bytes_in", "bytes_out")
_HISTORY = (*_COUNTERS, "lag_rows", "cpu_percent", "memory_bytes")
_RATE = "_per_second"
Sums = Mapping[tuple[str, str], Measured]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The window ``[since, until)`` in ``buckets`` points, with all series or without."""

    since: float
    until: float
    buckets: int
    series: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store has of a window."""

    sums: Sums
    latest: Sums
    series: Sequence[MetricSeries]
    latency: LatencySum
    latencies: Mapping[int, LatencyPoint]
    attempts: Sequence[Attempt]
    memory: int | None


def read_window(store: Store, job: Job, wanted: Wanted, execution_ids: Sequence[str] | None = None) -> Stored:
    """Everything that the store has of the window, of all the job's executions or of some."""
    since, until = wanted.since, wanted.until
    ids = [found.id for found in _executions_of(store, job, since)] if execution_ids is None else list(execution_ids)
    if not ids:
        return Stored({}, {}, (), LatencySum(), {}, (), _memory_limit(store, job))
    names = None if wanted.series else _HISTORY
    return Stored(
        sums=store.metric_sums(ids, None, since, until),
        latest=store.metric_sums(ids, _COUNTERS, until - _NOW_SECONDS, until),
        series=store.metric_series(ids, names, since, until, wanted.buckets),
        latency=store.latency_sum(ids, since, until),
        latencies=store.latency_history(ids, since, until, wanted.buckets),
        attempts=[attempt for execution_id in ids for attempt in store.attempts(execution_id)],
        memory=_memory_limit(store, job),
    )


def _executions_of(store: Store, job: Job, since: float) -> list[Execution]:
    found = store.executions(job.id, _EXECUTIONS, 0)
    return [execution for execution in found if execution.finished_at is None or execution.finished_at > since]


def _memory_limit(store: Store, job: Job) -> int | None:
    spec, _ = read_generation(store, job.id, job.generation)
    return spec.env.resources.memory


def summed_up(job: Job, load: Load | None, stored: Stored, wanted: Wanted) -> JobMetrics:
    """The window of ``job``, which is as it is now; ``load`` is that of its execution when it runs."""
    execution = job.execution
    totals = execution.totals if execution is not None else Totals()
    rates = {name: _throughput(name, totals, stored, running=load is not None) for name in _COUNTERS}
    return JobMetrics(
        job_id=job.id,
        job_name=job.name,
        execution_id=execution.id if execution is not None else None,
        state=execution.state if execution is not None else None,
        at=wanted.until,
        window=MetricsWindow(
            seconds=wanted.until - wanted.since,
            start=wanted.since,
            end=wanted.until,
            resolution=(wanted.until - wanted.since) / wanted.buckets,
        ),
        totals=Counters(**{name: getattr(totals, name) for name in Counters.__struct_fields__}),
        growth=Counters(**{name: _growth(stored.sums, name) for name in Counters.__struct_fields__}),
        **rates,
        lag_rows=totals.lag_rows,
        lag_seconds=totals.lag_seconds,
        latency=_latency(load, stored, wanted),
        checkpoint=_checkpoints(job, stored.sums),
        backpressure=_backpressure(load, stored.sums),
        resources=_resources(totals, stored),
        errors=_errors(stored, wanted),
        restarts=sum(attempt.number > 1 and attempt.started_at >= wanted.since for attempt in stored.attempts),
        history=_history(stored, wanted),
        series=tuple(found for found in stored.series if found.name not in COUNTED) if wanted.series else (),
    )


def _throughput(name: str, totals: Totals, stored: Stored, *, running: bool) -> Throughput:
    now = getattr(totals, name + _RATE, None) if running else None
    latest = stored.latest.get((name, ""))
    if now is None and running and latest is not None:
        now = latest.mean
    found = stored.sums.get((name, ""))
    if found is None:
        return Throughput(now=now)
    return Throughput(now=now, mean=found.mean, peak=found.highest)


def _growth(sums: Sums, name: str) -> int:
    found = sums.get((name, ""))
    return 0 if found is None else round(found.total)


def _latency(load: Load | None, stored: Stored, wanted: Wanted) -> LatencySummary:
    histogram = LatencyHistogram(stored.latency.counts)
    pending = load.latency if load is not None else {}
    histogram.merge(pending)
    if not histogram.counts:
        return LatencySummary(resolution=stored.latency.resolution)
    since = stored.latency.since
    return LatencySummary(
        count=histogram.rows,
        p50=histogram.percentile(0.5),
        p90=histogram.percentile(0.9),
        p95=histogram.percentile(0.95),
        p99=histogram.percentile(0.99),
        p999=histogram.percentile(0.999),
        window_start=max(wanted.since, wanted.until - CELL_SECONDS) if since is None else since,
        window_end=wanted.until if pending or stored.latency.until is None else min(wanted.until, stored.latency.until),
        resolution=stored.latency.resolution,
    )


def _checkpoints(job: Job, sums: Sums) -> CheckpointSummary:
    took, failed = sums.get((CHECKPOINT_SECONDS, "")), sums.get((CHECKPOINT_FAILURES, ""))
    last = job.last_checkpoint
    seconds = last.committed_at - last.triggered_at if last is not None and last.committed_at is not None else None
    return CheckpointSummary(
        count=0 if took is None else round(took.weight),
        failures=0 if failed is None else round(failed.total),
        mean_seconds=None if took is None else took.mean,
        max_seconds=None if took is None else took.highest,
        last_seconds=seconds,
        last=last,
    )


def _backpressure(load: Load | None, sums: Sums) -> Backpressure:
    now = load.edges if load is not None else {}
    names = {plugin for name, plugin in sums if name == "queue_fill"} | set(now)
    edges = tuple(_edge(edge, now.get(edge), sums) for edge in sorted(names))
    levels = [edge.level for edge in edges if edge.level is not None]
    return Backpressure(current_level=max(levels, default=None), events=sum(edge.events for edge in edges), edges=edges)


def _edge(edge: str, now: tuple[float, float | None] | None, sums: Sums) -> EdgePressure:
    blocked, begun = sums.get(("blocked_share", edge)), sums.get((BACKPRESSURE_EVENTS, edge))
    return EdgePressure(
        edge=edge,
        fill=None if now is None else now[0],
        level=None if now is None else now[1],
        mean_level=None if blocked is None else blocked.mean,
        events=0 if begun is None else round(begun.total),
    )


def _resources(totals: Totals, stored: Stored) -> Resources:
    memory = stored.memory if stored.memory is not None else psutil.virtual_memory().total
    return Resources(
        cpu_percent=_usage(totals.cpu_percent, stored.sums.get(("cpu_percent", "")), 100.0 * (os.cpu_count() or 1)),
        memory_bytes=_usage(totals.memory_bytes, stored.sums.get(("memory_bytes", "")), float(memory)),
    )


def _usage(now: float | None, measured: Measured | None, limit: float) -> Usage:
    if measured is None:
        return Usage(now=now, limit=limit)
    return Usage(now=now, mean=measured.mean, max=measured.highest, limit=limit)


def _errors(stored: Stored, wanted: Wanted) -> ErrorRate:
    failures = sum(
        attempt.error is not None and (attempt.ended_at or attempt.started_at) >= wanted.since for attempt in stored.attempts
    )
    rejected = _growth(stored.sums, "rows_rejected")
    count = failures + rejected
    per_minute = 60 * count / (wanted.until - wanted.since)
    return ErrorRate(count=count, rate_per_minute=per_minute, failures=failures, rows_rejected=rejected)


def _history(stored: Stored, wanted: Wanted) -> tuple[HistoryPoint, ...]:
    own = {series.name: series.points for series in stored.series if not series.plugin and series.name in _HISTORY}
    width = (wanted.until - wanted.since) / wanted.buckets
    return tuple(_point(number, wanted.since + number * width, own, stored) for number in range(wanted.buckets))


def _point(number: int, at: float, own: Mapping[str, Sequence[MetricPoint]], stored: Stored) -> HistoryPoint:
    values: dict[str, Any] = {name + _RATE if name in _COUNTERS else name: points[number].value for name, points in own.items()}
    latency = stored.latencies.get(number)
    if latency is not None:
        values |= {"latency_rows": latency.rows, "latency_p50": latency.p50, "latency_p99": latency.p99}
    return HistoryPoint(at=at, **values)
