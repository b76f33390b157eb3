"""Sums up a window of a job's metrics: counters, throughput, latency, checkpoints, backpressure, resources, errors."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from runner.latency import LatencyHistogram
from runner.model import Job, Totals
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
from runner.states import ExecutionState
from runner.store.attempts import AttemptTally
from runner.store.latencies import CELL_SECONDS, LatencyWindow
from runner.store.measured import Lifetime, Measured
from runner.store.metrics import MeasuredWindow
from runner.store.store import Store
from runner.supervisor.checkpoint_record import CHECKPOINT_FAILURES, CHECKPOINT_SECONDS
from runner.supervisor.control import Load
from runner.supervisor.totals import BACKPRESSURE_EVENTS
from spec.job import JobSpec

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

    measured: MeasuredWindow
    latency: LatencyWindow
    attempts: AttemptTally

    @property
    def sums(self) -> Sums:
        """The window as a whole, by name and plugin."""
        return self.measured.sums


def read_window(store: Store, job: Job, wanted: Wanted, executions: Mapping[str, Lifetime] | None = None) -> Stored:
    """Everything that the store has of the window, of all the job's executions or of some, given with their lifetimes."""
    since, until = wanted.since, wanted.until
    if executions is None:
        executions = {} if _was_over(job, since) else store.executions_since(job.id, since)
    ids = list(executions)
    if not ids:
        return Stored(MeasuredWindow(), LatencyWindow(), AttemptTally())
    lifetime = functools.reduce(Lifetime.and_of, executions.values())
    return Stored(
        measured=store.metric_window(ids, since, until, wanted.buckets, None if wanted.series else _HISTORY, lifetime),
        latency=store.latency_window(ids, since, until, wanted.buckets, lifetime),
        attempts=AttemptTally() if _went_through(job, ids) else store.attempt_tally(ids, since),
    )


def _went_through(job: Job, execution_ids: Sequence[str]) -> bool:
    """Whether there was one execution, which came to its end at the first attempt: nothing was restarted, and none failed."""
    newest = job.execution
    return (
        newest is not None
        and newest.state is ExecutionState.FINISHED
        and newest.attempt == 1
        and list(execution_ids) == [newest.id]
    )


def _was_over(job: Job, at: float) -> bool:
    """Whether the newest execution was over, and with it all before it."""
    newest = job.execution
    return newest is None or (newest.finished_at is not None and newest.finished_at <= at)


def summed_up(job: Job, spec: JobSpec, load: Load | None, stored: Stored, wanted: Wanted) -> JobMetrics:
    """The window of ``job``, which is as it is now and runs ``spec``; ``load`` is that of its execution when it runs."""
    execution = job.execution
    totals = execution.totals if execution is not None else Totals()
    rates = {name: _throughput(name, totals, load, stored.sums) for name in _COUNTERS}
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
        resources=_resources(totals, spec, stored.sums),
        errors=_errors(stored, wanted),
        restarts=stored.attempts.restarts,
        history=_history(stored, wanted),
        series=tuple(found for found in stored.measured.series if found.name not in COUNTED) if wanted.series else (),
    )


def _throughput(name: str, totals: Totals, load: Load | None, sums: Sums) -> Throughput:
    now = None if load is None else getattr(totals, name + _RATE, getattr(load, name + _RATE, None))
    found = sums.get((name, ""))
    if found is None:
        return Throughput(now=now)
    return Throughput(now=now, mean=found.mean, peak=max(found.highest, found.mean))  # a mean is rounded


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


def _resources(totals: Totals, spec: JobSpec, sums: Sums) -> Resources:
    memory = spec.env.resources.memory or _memory_of_the_machine()
    return Resources(
        cpu_percent=_usage(totals.cpu_percent, sums.get(("cpu_percent", "")), 100.0 * (os.cpu_count() or 1)),
        memory_bytes=_usage(totals.memory_bytes, sums.get(("memory_bytes", "")), float(memory)),
    )


@functools.cache
def _memory_of_the_machine() -> int:
    return int(psutil.virtual_memory().total)


def _usage(now: float | None, measured: Measured | None, limit: float) -> Usage:
    if measured is None:
        return Usage(now=now, limit=limit)
    return Usage(now=now, mean=measured.mean, max=measured.highest, limit=limit)


def _errors(stored: Stored, wanted: Wanted) -> ErrorRate:
    failures = stored.attempts.failures
    rejected = _growth(stored.sums, "rows_rejected")
    count = failures + rejected
    per_minute = 60 * count / (wanted.until - wanted.since)
    return ErrorRate(count=count, rate_per_minute=per_minute, failures=failures, rows_rejected=rejected)


def _history(stored: Stored, wanted: Wanted) -> tuple[HistoryPoint, ...]:
    measured: list[dict[str, Any]] = [{} for _ in range(wanted.buckets)]
    for series in stored.measured.series:
        if series.name in _HISTORY and not series.plugin:
            name = series.name + _RATE if series.name in _COUNTERS else series.name
            for found, point in zip(measured, series.points, strict=True):
                if point.value is not None:
                    found[name] = point.value
    for number, latency in stored.latency.points.items():
        measured[number] |= {"latency_rows": latency.rows, "latency_p50": latency.p50, "latency_p99": latency.p99}
    width = (wanted.until - wanted.since) / wanted.buckets
    return tuple(HistoryPoint(at=wanted.since + number * width, **found) for number, found in enumerate(measured))
