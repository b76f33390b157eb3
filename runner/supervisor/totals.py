"""Turns the workers' heartbeats into the totals, rates and samples of one execution. In memory only; no I/O.

Totals go on over attempts: what the restore point had counted, plus what this attempt's workers have counted since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

import msgspec

from runner.latency import PERCENTILES, LatencyHistogram
from runner.model import Totals
from runner.protocol import Heartbeat, PluginCounters
from runner.store.latencies import CELL_SECONDS, LatencyCell
from runner.store.metrics import MetricSample
from runner.supervisor.edge_loads import EdgeLoads
from runner.supervisor.output_rate import OutputRate
from runner.supervisor.time_shares import TimeShares
from spec.job import JobSpec, PluginKind

RATE_WINDOW = 5.0
_COUNTERS = ("rows_in", "rows_out", "bytes_in", "bytes_out")
BACKPRESSURE_EVENTS = "backpressure_events"
"""A gauge whose sum says how often backpressure has begun on an edge."""
_SETTLING = "rows_out"
_REJECTED = "rows_rejected"
_COUNTED = (*_COUNTERS, _REJECTED)
_COUNTED_OF: Mapping[PluginKind | None, tuple[str, ...]] = {
    PluginKind.SOURCE: ("rows_in", "bytes_in"),
    PluginKind.SINK: ("rows_out", "bytes_out"),
}


class _Measurement(msgspec.Struct, frozen=True):
    at: float
    rows_in: int
    cpu_seconds: float
    bytes_in: int
    bytes_out: int
    by_plugin: dict[str, PluginCounters]


class TotalsMeter:
    """The counters of one execution, which had counted ``so_far`` already. Times are seconds of one monotonic clock, except
    where it says otherwise."""

    def __init__(self, execution_id: str, job: JobSpec, so_far: Totals) -> None:
        self._execution_id = execution_id
        self._kinds = {plugin.id: plugin.kind for plugin in job.plugins()}
        self._tolerant = {plugin.id for plugin in job.plugins() if plugin.error_policy.tolerates}
        self._base = so_far
        self._heartbeats: dict[int, Heartbeat] = {}
        self._window: deque[_Measurement] = deque()
        self._output = OutputRate()
        self._edges = EdgeLoads()
        self._shares = TimeShares()
        self._latency = LatencyHistogram()
        self._latency_since_sample = LatencyHistogram()
        self._latency_cell = LatencyHistogram()
        self._cell_since: float | None = None
        self._phases: dict[str, float] = {}  # of the slowest worker since the last sample
        known = {name: getattr(so_far, name) for name in PERCENTILES}
        self._percentiles: dict[str, float] = {name: value for name, value in known.items() if value is not None}
        self._committed_rows = 0
        self._barrier_at: float | None = None
        self._begun_with = so_far
        self.paused = False
        """Whether nothing is to be read: the rates are zero then, not what is left of them."""

    def begin_attempt(self, base: Totals, now: float) -> None:
        """Workers start to count from zero; ``base`` is what the restore point had counted."""
        self._base = self._begun_with = base
        self.paused = False
        self._heartbeats.clear()
        self._window.clear()
        self._output.clear()
        self._edges.clear()
        self._shares.clear()
        self._committed_rows = base.rows_in
        self._barrier_at = now

    def end_attempt(self) -> None:
        """No workers: counters stay, rates and gauges are unknown."""
        self._base = self.counted()
        self._heartbeats.clear()
        self._window.clear()
        self._output.clear()
        self._edges.clear()
        self._shares.clear()
        self._barrier_at = None

    def observe(self, heartbeat: Heartbeat, now: float) -> None:
        """Take in a worker's counters."""
        self._heartbeats[heartbeat.worker] = heartbeat
        self._edges.observe(heartbeat, now)
        self._shares.observe(heartbeat, now)
        by_plugin = self.by_plugin()
        counted = self._counted(by_plugin)
        cpu = sum(beat.cpu_seconds for beat in self._heartbeats.values())
        measured = _Measurement(now, counted["rows_in"], cpu, counted["bytes_in"], counted["bytes_out"], by_plugin)
        self._window.append(measured)
        self._output.observe(now, counted["rows_in"], counted["rows_out"], self._barrier_at)
        while len(self._window) > 2 and self._window[1].at <= now - RATE_WINDOW:
            self._window.popleft()

    def depart(self, worker: int) -> None:
        """``worker`` has left: what it has counted stays, its memory is free."""
        beat = self._heartbeats.get(worker)
        if beat is not None:
            self._heartbeats[worker] = msgspec.structs.replace(beat, memory_bytes=0)
        self._edges.depart(worker)
        self._shares.depart(worker)

    def prepared(self, alignment: float, prepare: float) -> None:
        """A worker has prepared its part of a checkpoint: seconds for the barrier to pass, then until all was durable."""
        self._took("checkpoint_alignment_seconds", alignment)
        self._took("checkpoint_prepare_seconds", prepare)

    def _took(self, phase: str, seconds: float) -> None:
        self._phases[phase] = max(seconds, self._phases.get(phase, 0.0))

    def committed(self, latency: Mapping[int, int], seconds: float) -> None:
        """A worker has committed its part of a checkpoint, in so many seconds: how long its rows took, as the counts of a
        histogram."""
        self._took("checkpoint_commit_seconds", seconds)
        if latency:
            self._latency.merge(latency)
            self._latency_since_sample.merge(latency)
            self._latency_cell.merge(latency)
            self._percentiles = self._latency.percentiles()

    def barrier_committed(self, rows_in: int, read_at: float) -> None:
        """A checkpoint is committed: ``rows_in`` of the whole execution had been read at ``read_at``."""
        self._committed_rows = rows_in
        self._barrier_at = read_at

    def settle(self, rows_in: int, rows_out: int) -> None:
        """The workers have read and written exactly this much (of the whole execution) and will do no more: the last
        heartbeats may be older than that."""
        counted = self.counted()
        self._base = msgspec.structs.replace(
            self._base,
            rows_in=self._base.rows_in + rows_in - counted.rows_in,
            rows_out=self._base.rows_out + rows_out - counted.rows_out,
        )

    def counted(self) -> Totals:
        """The counters alone."""
        return msgspec.structs.replace(Totals(**self._counted(self.by_plugin())), **self._percentiles)

    def _counted(self, by_plugin: Mapping[str, PluginCounters]) -> dict[str, int]:
        """Rows come in at sources and go out at sinks."""
        found = {name: getattr(self._base, name) for name in _COUNTED}
        for plugin, counters in by_plugin.items():
            for name in _COUNTED_OF.get(self._kinds.get(plugin), ()):
                found[name] += getattr(counters, name)
            found[_REJECTED] += counters.rows_rejected
        return found

    def attempted(self) -> tuple[int, int]:
        """The rows that the attempt, or the last one, has read and written beyond its restore point."""
        counted, begun = self.counted(), self._begun_with
        return max(0, counted.rows_in - begun.rows_in), max(0, counted.rows_out - begun.rows_out)

    def totals(self, now: float) -> Totals:
        """Counters, rates over the last five seconds, lag behind the last committed barrier, and the workers' load."""
        counted = self.counted()
        if self._barrier_at is None or not self._heartbeats:
            return counted
        rows_in, cpu = self._rates(now)
        return msgspec.structs.replace(
            counted,
            rows_in_per_second=0.0 if self.paused else rows_in,
            rows_out_per_second=0.0 if self.paused else self._output.per_second(now),
            lag_rows=max(0, counted.rows_in - self._committed_rows),
            lag_seconds=max(0.0, now - self._barrier_at),
            cpu_percent=None if cpu is None else cpu * 100,
            memory_bytes=sum(beat.memory_bytes for beat in self._heartbeats.values()),
        )

    def _rates(self, now: float) -> tuple[float | None, float | None]:
        if len(self._window) < 2:
            return None, None
        first, last = self._window[0], self._window[-1]
        # Measured up to now when the heartbeats have stopped, so that a rate decays instead of freezing.
        elapsed = max(last.at, now - 1.0) - first.at
        if elapsed <= 0:
            return None, None
        return (
            (last.rows_in - first.rows_in) / elapsed,
            max(0.0, last.cpu_seconds - first.cpu_seconds) / elapsed,
        )

    @property
    def pending_latency(self) -> dict[int, int]:
        """How long the rows took that are in no cell yet, as the counts of a histogram."""
        return dict(self._latency_cell.counts)

    def take_latency(self, at: float, *, over: bool = False) -> LatencyCell | None:
        """How long rows took, once ten seconds of that are complete at ``at`` (epoch seconds), or when it is ``over``."""
        if not self._latency_cell.counts:
            return None
        since = self._cell_since = at if self._cell_since is None else self._cell_since
        if not over and at // CELL_SECONDS == since // CELL_SECONDS:
            return None
        cell = LatencyCell(since, self._execution_id, self._latency_cell.counts)
        self._latency_cell, self._cell_since = LatencyHistogram(), None
        return cell

    def by_plugin(self) -> dict[str, PluginCounters]:
        """What the workers of this attempt have counted."""
        found: dict[str, PluginCounters] = {}
        for beat in self._heartbeats.values():
            for counters in beat.counters:
                _add(found.setdefault(counters.plugin, PluginCounters(plugin=counters.plugin)), counters)
        return found

    def bytes_per_second(self) -> tuple[float | None, float | None]:
        """In and out, over the last five seconds."""
        rates = self._over_window(lambda found: (found.bytes_in, found.bytes_out))
        return (None, None) if rates is None else (rates[0], rates[1])

    def plugin_rates(self, plugin: str) -> tuple[float, float] | None:
        """Rows per second in and out of a plugin, over the last five seconds; None as long as they are not known."""

        def rows(found: _Measurement) -> tuple[int, int]:
            counters = found.by_plugin.get(plugin)
            return (0, 0) if counters is None else (counters.rows_in, counters.rows_out)

        rates = self._over_window(rows)
        return None if rates is None else (rates[0], rates[1])

    def shares(self, plugin: str) -> dict[str, float]:
        """For which share of its time a plugin works, waits for rows, waits for room."""
        return self._shares.latest(plugin)

    def _over_window(self, counted: Callable[[_Measurement], tuple[int, int]]) -> tuple[float, float] | None:
        if len(self._window) < 2 or self._window[-1].at <= self._window[0].at:
            return None
        first, last = self._window[0], self._window[-1]
        elapsed = last.at - first.at
        before, after = counted(first), counted(last)
        return max(0, after[0] - before[0]) / elapsed, max(0, after[1] - before[1]) / elapsed

    def rejected(self) -> int:
        """Rows that the workers of this attempt have rejected."""
        return sum(counters.rows_rejected for counters in self.by_plugin().values())

    def edges(self) -> dict[str, tuple[float, float | None]]:
        """How full each queue between two plugins is, and the share of time for which its writers wait."""
        return self._edges.levels()

    def samples(self, now: float, at: float) -> list[MetricSample]:
        """Everything to keep at ``at`` (epoch seconds): each plugin's counters, and the execution's counters and gauges."""
        if not self._heartbeats:
            return []
        totals = self.totals(now)
        own = {name: getattr(totals, name) for name in (*_COUNTERS, "lag_rows", "lag_seconds", "cpu_percent", "memory_bytes")}
        samples = [self._sample(at, "", name, value) for name, value in own.items() if value is not None]
        for plugin, counters in sorted(self.by_plugin().items()):
            samples.extend(self._sample(at, plugin, name, getattr(counters, name)) for name in _COUNTERS)
            if plugin in self._tolerant:
                samples.append(self._sample(at, plugin, _REJECTED, counters.rows_rejected))
        for plugin, seconds in sorted(self._shares.seconds(now).items()):
            samples.extend(self._sample(at, plugin, name, value) for name, value in seconds.items())
        if self._tolerant:
            samples.append(self._sample(at, "", _REJECTED, totals.rows_rejected))
        samples.extend(self._sample(at, edge, name, value) for edge, name, value in self._edges.metrics())
        samples.extend(self._sample(at, edge, BACKPRESSURE_EVENTS, count) for edge, count in self._edges.take_begun().items())
        samples.extend(self._sample(at, "", name, value) for name, value in self._latency_since_sample.percentiles().items())
        samples.extend(self._sample(at, "", name, value) for name, value in self._phases.items())
        self._latency_since_sample = LatencyHistogram()
        self._phases.clear()
        settled = self._output.take_settled()
        return samples if settled else [sample for sample in samples if not self._is_settling(sample)]

    def _is_settling(self, sample: MetricSample) -> bool:
        """Rows that have left a sink are counted a part at a time: in between the count is no measurement."""
        return sample.name == _SETTLING and self._kinds.get(sample.plugin, PluginKind.SINK) is PluginKind.SINK

    def _sample(self, at: float, plugin: str, name: str, value: float) -> MetricSample:
        return MetricSample(at, self._execution_id, plugin, name, value)


def _add(sums: PluginCounters, counters: PluginCounters) -> None:
    for name in _COUNTED:
        setattr(sums, name, getattr(sums, name) + getattr(counters, name))
