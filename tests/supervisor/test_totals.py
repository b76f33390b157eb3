"""Totals of an execution: counted once over all attempts, with rates, lag and samples."""

from __future__ import annotations

import msgspec
import pytest

from runner.latency import LatencyHistogram
from runner.model import Totals
from runner.protocol import EdgeLevel, Heartbeat, PluginCounters
from runner.supervisor.totals import TotalsMeter
from spec.job import EnvSpec, JobSpec, PluginKind, PluginSpec

JOB = JobSpec(
    name="job",
    env=EnvSpec(),
    sources=(PluginSpec(id="in", kind=PluginKind.SOURCE, name="FakeSource", index=0, options={}, output="a"),),
    transforms=(PluginSpec(id="change", kind=PluginKind.TRANSFORM, name="Sql", index=0, options={}, output="b"),),
    sinks=(PluginSpec(id="out", kind=PluginKind.SINK, name="Console", index=0, options={}),),
)


def beat(read: int, written: int, *, worker: int = 0, cpu: float = 0.0) -> Heartbeat:
    """A worker that has read and written so many rows since it started, ten bytes each."""
    counters = [
        PluginCounters(plugin="in", rows_in=read, rows_out=read, bytes_in=read * 10),
        PluginCounters(plugin="change", rows_in=read, rows_out=written),
        PluginCounters(plugin="out", rows_in=written, rows_out=written, bytes_out=written * 10),
    ]
    return Heartbeat(
        execution="e", attempt=1, epoch=1, worker=worker, counters=counters, cpu_seconds=cpu, memory_bytes=1000, drained=False
    )


def meter() -> TotalsMeter:
    """A meter of an execution that is new."""
    return TotalsMeter("e", JOB, Totals())


def test_workers_are_added_up():
    """Rows come in at sources and go out at sinks; transforms do not count."""
    subject = meter()
    subject.begin_attempt(Totals(), 0)
    subject.observe(beat(100, 50), 1)
    subject.observe(beat(10, 5, worker=1), 1)
    counted = subject.counted()
    assert (counted.rows_in, counted.rows_out, counted.bytes_in, counted.bytes_out) == (110, 55, 1100, 550)
    assert subject.totals(1).memory_bytes == 2000


def test_work_done_again_is_counted_once():
    """An attempt goes on from what its restore point had counted, not from what the lost attempt had."""
    subject = meter()
    subject.begin_attempt(Totals(), 0)
    subject.observe(beat(1000, 1000), 1)
    subject.end_attempt()
    assert subject.counted().rows_in == 1000
    subject.begin_attempt(Totals(rows_in=600, rows_out=500), 2)
    assert (subject.counted().rows_in, subject.counted().rows_out) == (600, 500)
    subject.observe(beat(400, 400), 3)
    assert (subject.counted().rows_in, subject.counted().rows_out) == (1000, 900)


def test_the_last_barrier_settles_the_counters():
    """What the workers prepared last is the truth, even if their last heartbeats are older."""
    subject = meter()
    subject.begin_attempt(Totals(rows_in=5), 0)
    subject.observe(beat(90, 80), 1)
    subject.settle(105, 100)
    assert (subject.counted().rows_in, subject.counted().rows_out) == (105, 100)


def test_rates_are_those_of_the_last_seconds():
    """The rate follows the last five seconds and falls to nothing when the heartbeats stop."""
    subject = meter()
    subject.begin_attempt(Totals(), 0)
    assert subject.totals(0).rows_in_per_second is None
    for second in range(10):
        subject.observe(beat(second * 10, 0, cpu=second * 0.5), second)
    for second in range(10, 20):
        subject.observe(beat(90 + (second - 9) * 100, 0, cpu=4.5 + (second - 9)), second)
    totals = subject.totals(19)
    assert totals.rows_in_per_second == 100
    assert totals.cpu_percent == 100
    assert totals.rows_out_per_second is None, "rows are under way, and none has been counted out yet"
    assert 0 < subject.totals(1000).rows_in_per_second < 1


def test_lag_is_measured_from_the_last_committed_barrier():
    """Rows read since, and seconds since it was read; unknown when nothing runs."""
    subject = meter()
    subject.begin_attempt(Totals(rows_in=100), 10)
    subject.observe(beat(50, 0), 11)
    assert (subject.totals(12).lag_rows, subject.totals(12).lag_seconds) == (50, 2)
    subject.barrier_committed(130, 11.5)
    assert (subject.totals(12).lag_rows, subject.totals(12).lag_seconds) == (20, 0.5)
    subject.end_attempt()
    assert (subject.totals(13).lag_rows, subject.totals(13).lag_seconds) == (None, None)


def test_samples_are_the_counters_of_each_plugin_and_of_the_whole():
    """One sample per counter and gauge; none when no worker has spoken."""
    subject = meter()
    subject.begin_attempt(Totals(rows_in=7), 0)
    assert subject.samples(0, 1000.0) == []
    subject.observe(beat(3, 2), 1)
    taken = subject.samples(1, 1000.0)
    samples = {(sample.plugin, sample.name): sample.value for sample in taken}
    assert samples["", "rows_in"] == 10
    assert samples["in", "rows_in"] == 3
    assert samples["out", "bytes_out"] == 20
    assert {sample.at for sample in taken} == {1000.0}
    assert len(samples) == len(taken)


def edge_beat(fill: float, blocked: float, *, worker: int = 0) -> Heartbeat:
    """A worker whose queue to the sink is so full; its two readers have been blocked for so long."""
    level = EdgeLevel(producer="change", consumer="out", fill=fill, blocked_seconds=blocked, writers=2)
    return msgspec.structs.replace(beat(1, 1, worker=worker), edges=[level])


def of_edges(subject: TotalsMeter, now: float) -> dict[str, float]:
    """The samples of the edge."""
    return {sample.name: sample.value for sample in subject.samples(now, now) if sample.plugin == "change -> out"}


def test_backpressure_is_measured_where_rows_wait():
    """How full the queue is, and which share of the time its writers were blocked: the mean of the workers."""
    subject = meter()
    subject.begin_attempt(Totals(), 0)
    subject.observe(edge_beat(0.2, 5.0), 1)
    assert of_edges(subject, 1) == {"queue_fill": 0.2}
    subject.observe(edge_beat(0.8, 7.0), 3)
    assert of_edges(subject, 3) == {"queue_fill": 0.8, "blocked_share": 0.5, "backpressure_events": 1}
    subject.observe(edge_beat(0.4, 0.0, worker=1), 3)
    subject.observe(edge_beat(0.4, 0.0, worker=1), 4)
    assert of_edges(subject, 4) == {"queue_fill": pytest.approx(0.6), "blocked_share": 0.25}
    subject.depart(1)
    assert of_edges(subject, 5)["queue_fill"] == 0.8
    subject.end_attempt()
    assert of_edges(subject, 6) == {}


def test_latency_is_that_of_all_workers():
    """Totals tell of the whole execution, samples of what was committed since the one before."""
    subject = meter()
    subject.begin_attempt(Totals(), 0)
    subject.observe(beat(100, 100), 1)
    quick, slow = LatencyHistogram(), LatencyHistogram()
    quick.add(0.2, 900)
    slow.add(4.0, 100)
    subject.committed(quick.counts, 0.1)
    subject.committed(slow.counts, 0.3)
    subject.prepared(0.01, 0.2)
    totals = subject.totals(2)
    assert (totals.latency_p50, totals.latency_p90) == (pytest.approx(0.2, rel=0.01), pytest.approx(0.2, rel=0.01))
    assert (totals.latency_p99, totals.latency_p999) == (pytest.approx(4.0, rel=0.01), pytest.approx(4.0, rel=0.01))
    measured = {sample.name: sample.value for sample in subject.samples(2, 2)}
    assert measured["latency_p99"] == totals.latency_p99
    phases = {name: value for name, value in measured.items() if name.startswith("checkpoint_")}
    assert phases == {
        "checkpoint_alignment_seconds": 0.01,
        "checkpoint_prepare_seconds": 0.2,
        "checkpoint_commit_seconds": 0.3,
    }
    subject.committed(quick.counts, 0.1)
    assert [sample.value for sample in subject.samples(3, 3) if sample.name == "latency_p99"] == [totals.latency_p50]
    assert not [sample for sample in subject.samples(4, 4) if sample.name == "latency_p99"]
    subject.end_attempt()
    assert subject.totals(5).latency_p99 == totals.latency_p99
    assert TotalsMeter("e", JOB, subject.counted()).counted().latency_p99 == totals.latency_p99
