"""What a daemon counts, in the words of Prometheus and OpenMetrics: text that a monitoring system fetches every few seconds.

Names follow https://prometheus.io/docs/practices/naming: base units, ``_total`` for what only grows. Jobs are told apart by
name, and only those at work have series of their own. How the text is written is the library's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import prometheus_client.exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from runner.cluster import ClusterStatistics
from runner.model import Execution, Job
from runner.states import ExecutionState
from runner.supervisor.fleet_view import Fleet

_JOB: Final = ("job",)
_DIRECTIONS: Final = ("job", "direction")
_QUANTILES: Final = {"0.5": "latency_p50", "0.9": "latency_p90", "0.99": "latency_p99", "0.999": "latency_p999"}
_SINCE: Final = "since the daemon started"
_COUNTED: Final = (
    ("flowdeck_jobs_created", f"Jobs that were made {_SINCE}.", "jobs_created"),
    ("flowdeck_executions_created", f"Executions that were made {_SINCE}.", "executions_created"),
    ("flowdeck_attempts_failed", f"Attempts that failed {_SINCE}.", "attempts_failed"),
    ("flowdeck_restarts", f"Attempts that followed one that failed {_SINCE}.", "restarts"),
    ("flowdeck_savepoints_committed", f"Savepoints that were committed {_SINCE}.", "savepoints_committed"),
    ("flowdeck_workers_joined", f"Worker processes that were ready {_SINCE}.", "workers_joined"),
    ("flowdeck_workers_disconnected", f"Worker processes that were lost {_SINCE}.", "workers_disconnected"),
    ("flowdeck_workers_killed", f"Worker processes that somebody killed {_SINCE}.", "workers_killed"),
    ("flowdeck_splits_processed", f"Splits that were read to their end {_SINCE}.", "splits_processed"),
    ("flowdeck_rejected_records", f"Rows that were rejected {_SINCE}, after a failure again.", "rows_rejected"),
)
_GAUGES: Final = (
    ("flowdeck_job_lag_records", "Rows that were read after the last committed checkpoint.", "lag_rows"),
    ("flowdeck_job_lag_seconds", "Seconds since the last committed checkpoint read its last row.", "lag_seconds"),
    ("flowdeck_job_memory_bytes", "Resident memory of the job's workers.", "memory_bytes"),
)


class _Families:
    """What the library takes for a registry."""

    def __init__(self, families: Iterator[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """All of them, once."""
        return self._families


def expose(fleet: Fleet, statistics: ClusterStatistics, version: str, accepted: str) -> tuple[bytes, str]:
    """The text and its media type: OpenMetrics where ``accepted`` (the header Accept) asks for it. Takes a while for many
    jobs."""
    choose: Callable[[str], tuple[Callable[[Any], bytes], str]] = prometheus_client.exposition.choose_encoder
    encode, media_type = choose(accepted)
    return encode(_Families(_families(fleet, statistics, version))), media_type


def _families(fleet: Fleet, statistics: ClusterStatistics, version: str) -> Iterator[Metric]:
    yield InfoMetricFamily("flowdeck_build", "The program.", {"version": version})
    yield GaugeMetricFamily("flowdeck_start_time_seconds", "When the daemon started.", statistics.since)
    states = GaugeMetricFamily("flowdeck_jobs", "Jobs by the state of their newest execution.", labels=["state"])
    for state in ExecutionState:
        states.add_metric([str(state)], fleet.jobs_in.get(state, 0))
    yield states
    yield GaugeMetricFamily("flowdeck_jobs_left_out", "Jobs at work that have no series: there are too many.", fleet.left_out)
    yield from _of_the_daemon(statistics)
    running = [(job, job.execution) for job in fleet.at_work if job.execution is not None]
    yield from _of_jobs(running)
    yield from _of_checkpoints(fleet.at_work)


def _of_the_daemon(statistics: ClusterStatistics) -> Iterator[Metric]:
    for name, words, field in _COUNTED:
        yield CounterMetricFamily(name, words, getattr(statistics, field))
    ended = CounterMetricFamily("flowdeck_executions_ended", f"Executions by how they ended {_SINCE}.", labels=["outcome"])
    for outcome in ("finished", "stopped", "canceled", "failed"):
        ended.add_metric([outcome], getattr(statistics, f"executions_{outcome}"))
    yield ended
    checkpoints = CounterMetricFamily("flowdeck_checkpoints", f"Checkpoints by outcome {_SINCE}.", labels=["outcome"])
    for outcome in ("committed", "failed"):
        checkpoints.add_metric([outcome], getattr(statistics, f"checkpoints_{outcome}"))
    yield checkpoints
    records = CounterMetricFamily("flowdeck_records", f"Rows {_SINCE}, after a failure again.", labels=["direction"])
    for direction in ("in", "out"):
        records.add_metric([direction], getattr(statistics, f"rows_{direction}"))
    yield records
    yield GaugeMetricFamily("flowdeck_splits_queued", "Splits that nobody reads yet.", statistics.splits_queued)


def _of_jobs(running: list[tuple[Job, Execution]]) -> Iterator[Metric]:
    info = GaugeMetricFamily("flowdeck_job_info", "A job at work.", labels=["job", "state", "queue", "mode"])
    records = CounterMetricFamily("flowdeck_job_records", "Rows of the execution.", labels=_DIRECTIONS)
    sizes = CounterMetricFamily("flowdeck_job_bytes", "Bytes of the execution.", labels=_DIRECTIONS)
    rates = GaugeMetricFamily("flowdeck_job_records_per_second", "Rows over the last five seconds.", labels=_DIRECTIONS)
    rejected = CounterMetricFamily("flowdeck_job_rejected_records", "Rows of the execution that were rejected.", labels=_JOB)
    restarts = CounterMetricFamily("flowdeck_job_restarts", "Restarts of the execution after failures.", labels=_JOB)
    workers = GaugeMetricFamily("flowdeck_job_workers", "Worker processes of the job.", labels=_JOB)
    cores = GaugeMetricFamily("flowdeck_job_cpu_cores", "Processors that the job's workers keep busy.", labels=_JOB)
    waits = GaugeMetricFamily(
        "flowdeck_job_latency_seconds", "From being read until durable and visible.", labels=["job", "quantile"]
    )
    for job, execution in running:
        totals = execution.totals
        info.add_metric([job.name, str(execution.state), job.queue, job.mode], 1)
        for direction in ("in", "out"):
            labels = [job.name, direction]
            records.add_metric(labels, getattr(totals, f"rows_{direction}"))
            sizes.add_metric(labels, getattr(totals, f"bytes_{direction}"))
            _add(rates, labels, getattr(totals, f"rows_{direction}_per_second"))
        rejected.add_metric([job.name], totals.rows_rejected)
        restarts.add_metric([job.name], execution.restarts)
        workers.add_metric([job.name], len(execution.worker_pids))
        _add(cores, [job.name], None if totals.cpu_percent is None else totals.cpu_percent / 100)
        for quantile, field in _QUANTILES.items():
            _add(waits, [job.name, quantile], getattr(totals, field))
    yield from (info, records, sizes, rates, rejected, restarts, workers, cores, waits)
    for name, words, field in _GAUGES:
        gauge = GaugeMetricFamily(name, words, labels=_JOB)
        for job, execution in running:
            _add(gauge, [job.name], getattr(execution.totals, field))
        yield gauge


def _of_checkpoints(jobs: tuple[Job, ...]) -> Iterator[Metric]:
    at = GaugeMetricFamily("flowdeck_job_last_checkpoint_timestamp_seconds", "When the newest was committed.", labels=_JOB)
    took = GaugeMetricFamily("flowdeck_job_last_checkpoint_duration_seconds", "Until it was ready to be saved.", labels=_JOB)
    size = GaugeMetricFamily("flowdeck_job_last_checkpoint_size_bytes", "Of its state.", labels=_JOB)
    for job in jobs:
        if (last := job.last_checkpoint) is not None:
            _add(at, [job.name], last.committed_at)
            _add(took, [job.name], last.duration)
            _add(size, [job.name], last.size)
    yield from (at, took, size)


def _add(family: GaugeMetricFamily, labels: list[str], value: float | None) -> None:
    """What is not known has no sample."""
    if value is not None:
        family.add_metric(labels, value)
