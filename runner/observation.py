"""What the daemon answers about the course of jobs: metrics of a window, tasks, errors in groups, samples of records.

Pure data, as in :mod:`runner.model`: times are UTC epoch seconds, durations seconds, sizes bytes, shares from 0 to 1; ``None``
means unknown or not measured, zero is a measured zero.
"""

from __future__ import annotations

import enum
from typing import Any, Final

import msgspec

from runner.model import Checkpoint, Generation, Job, MetricSeries
from runner.states import ExecutionState
from spec.job import PluginKind


class MetricsWindow(msgspec.Struct, frozen=True, kw_only=True):
    """The stretch of time that was looked at, and the seconds between two points of its history."""

    seconds: float
    start: float
    end: float
    resolution: float


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and bytes, in at sources, out at sinks."""

    rows_in: int = 0
    rows_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rows_rejected: int = 0


class Throughput(msgspec.Struct, frozen=True, kw_only=True):
    """Per second: of the last moments (None when the job does not run), in the mean over the measured time of the window, and
    the fastest between two measurements of it."""

    now: float | None = None
    mean: float | None = None
    peak: float | None = None


class LatencySummary(msgspec.Struct, frozen=True, kw_only=True):
    """How long rows took from being read to being durable and visible. ``count`` says of how many rows: a p999 of a dozen rows
    is their slowest. ``window_start`` and ``window_end`` bound what was counted, which comes in pieces of ``resolution``
    seconds and so may be more than was asked for. Each percentile is right to one part in a hundred."""

    count: int = 0
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    window_start: float | None = None
    window_end: float | None = None
    resolution: float | None = None


class CheckpointSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Checkpoints and savepoints of the window, from the request to the last sink's commit; ``last`` is the job's newest."""

    count: int = 0
    failures: int = 0
    mean_seconds: float | None = None
    max_seconds: float | None = None
    last_seconds: float | None = None
    last: Checkpoint | None = None


class EdgePressure(msgspec.Struct, frozen=True, kw_only=True):
    """The queue between two plugins: how full it is, the share of time for which its writers wait, now and in the mean, and how
    often that became more than half of it."""

    edge: str
    fill: float | None = None
    level: float | None = None
    mean_level: float | None = None
    events: int = 0


class Backpressure(msgspec.Struct, frozen=True, kw_only=True):
    """``current_level`` is that of the edge that is held up most; ``events`` are those of all."""

    current_level: float | None = None
    events: int = 0
    edges: tuple[EdgePressure, ...] = ()


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Of one resource: now, in the mean and at most in the window, and how much there may be."""

    now: float | None = None
    mean: float | None = None
    max: float | None = None
    limit: float | None = None


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """Of all workers of the job together. ``cpu_percent``: 100 is one processor, the limit is the machine's. ``memory_bytes``:
    the limit is the job's own, or the machine's memory when it has none."""

    cpu_percent: Usage
    memory_bytes: Usage


class ErrorRate(msgspec.Struct, frozen=True, kw_only=True):
    """Attempts that failed and rows that were rejected in the window, and both together."""

    count: int = 0
    rate_per_minute: float = 0.0
    failures: int = 0
    rows_rejected: int = 0


class HistoryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured from ``at`` on, until the next point; everything None where nothing was (a gap stays a gap)."""

    at: float
    rows_in_per_second: float | None = None
    rows_out_per_second: float | None = None
    bytes_in_per_second: float | None = None
    bytes_out_per_second: float | None = None
    lag_rows: float | None = None
    cpu_percent: float | None = None
    memory_bytes: float | None = None
    latency_rows: int | None = None
    latency_p50: float | None = None
    latency_p99: float | None = None


class JobMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """A window of a job's metrics: summed up, as a history, and as series of everything that was measured.

    ``totals`` are those of the newest execution since its first attempt; ``growth`` is what was counted in the window, whatever
    execution did it. ``restarts`` are the attempts of the window that followed a failed one.
    """

    job_id: str
    job_name: str
    execution_id: str | None
    state: ExecutionState | None
    at: float
    window: MetricsWindow
    totals: Counters
    growth: Counters
    rows_in: Throughput
    rows_out: Throughput
    bytes_in: Throughput
    bytes_out: Throughput
    lag_rows: int | None
    lag_seconds: float | None
    latency: LatencySummary
    checkpoint: CheckpointSummary
    backpressure: Backpressure
    resources: Resources
    errors: ErrorRate
    restarts: int
    history: tuple[HistoryPoint, ...] = ()
    series: tuple[MetricSeries, ...] = ()


class TaskState(enum.StrEnum):
    """What a plugin is doing: nothing yet or no more, working, waiting for input, waiting for the next one, resting."""

    IDLE = "IDLE"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    BACKPRESSURED = "BACKPRESSURED"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin of a job. ``rows_in`` and ``rows_out`` are those of the workers that are there, None where the engine cannot
    tell (inside one query); rates are of the last five seconds, shares of the time between the workers' last two heartbeats.
    ``parallelism`` counts threads of all workers."""

    id: str
    name: str
    kind: PluginKind
    state: TaskState
    parallelism: int
    inputs: tuple[str, ...] = ()
    output: str | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    rows_rejected: int = 0
    rows_in_per_second: float | None = None
    rows_out_per_second: float | None = None
    busy: float | None = None
    idle: float | None = None
    backpressured: float | None = None


class JobDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a job on one page. ``generation`` is the resolved configuration, secrets masked."""

    job: Job
    uptime: float | None
    tasks: tuple[Task, ...]
    generation: Generation | None
    metrics: JobMetrics
    checkpoints: tuple[Checkpoint, ...]


class ErrorGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Errors that are the same but for numbers, names and places: ``fingerprint`` is made of code, plugin and ``pattern``.

    ``kind`` is ``failure`` (an attempt failed) or ``rejected`` (rows did not fit, ``count`` counts them). ``sample`` is the
    newest, with its secrets masked.
    """

    fingerprint: str
    kind: str
    code: str
    pattern: str
    plugin: str | None = None
    count: int
    first_at: float
    last_at: float
    executions: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    sample: str = ""
    hint: str = ""


class SampledRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record, by column: text, numbers, truth values or null; what is long is cut, what is secret is masked."""

    values: dict[str, Any]


class SampleList(msgspec.Struct, frozen=True, kw_only=True):
    """Samples of the rows of a job, its sources first."""

    samples: tuple[PluginSample, ...]


NO_ROWS_SEEN: Final = "no rows have passed since it began, or none while this was asked"
"""The trouble of a plugin that no rows were seen of."""


class PluginSample(msgspec.Struct, frozen=True, kw_only=True):
    """The last records that left a plugin (that reached it, when it is a sink). ``trouble`` says why there are none."""

    plugin: str
    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    records: tuple[SampledRecord, ...] = ()
    trouble: str = ""
