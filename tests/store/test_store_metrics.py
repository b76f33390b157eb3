"""Metric samples: appended, read back as rates and means, pruned."""

from __future__ import annotations

import asyncio
import itertools
import math
import tempfile
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

from runner.model import MetricPoint
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.store.measured import LONGEST_INTERVAL
from runner.store.metrics import MetricSample

START = 1_763_761_000.0


def counter(
    *values: tuple[float, float], execution: str = "e-1", plugin: str = "", name: str = "rows_in"
) -> list[MetricSample]:
    """Samples of (seconds after START, value)."""
    return [MetricSample(START + at, execution, plugin, name, value) for at, value in values]


async def points(store, since, until, buckets, executions=("e-1",), names=None):
    """The values of every series of a window, by name and plugin."""
    found = await store.read(lambda s: s.metric_series(executions, names, START + since, START + until, buckets))
    return {(series.name, series.plugin): [point.value for point in series.points] for series in found}


async def test_a_counter_reads_as_a_rate(store):
    """A counter that grows by 10 a second reads as 10 per second in every bucket that was measured."""
    await store.write(lambda s: s.append_metrics(counter(*[(second, 10.0 * second) for second in range(11)])))
    assert await points(store, 0, 10, 5) == {("rows_in", ""): pytest.approx([10.0] * 5)}


async def test_buckets_that_do_not_match_the_samples_do_not_flicker(store):
    """A bucket of 2.5 s holds two or three samples of a second; the rate is the same in all."""
    await store.write(lambda s: s.append_metrics(counter(*[(0.3 + second, 100.0 * second) for second in range(30)])))
    assert await points(store, 5, 25, 8) == {("rows_in", ""): pytest.approx([100.0] * 8)}
    assert await points(store, 5, 25, 80) == {("rows_in", ""): pytest.approx([100.0] * 80)}


async def test_a_gauge_reads_as_the_mean_of_its_samples(store):
    """Gauges are averaged per bucket; a bucket without a sample is a gap."""
    samples = counter((0, 1.0), (0.5, 3.0), (2.5, -7.0), (3.0, 9.0), name="lag_rows", plugin="source-0-Kafka")
    await store.write(lambda s: s.append_metrics(samples))
    assert await points(store, 0, 3, 3) == {("lag_rows", "source-0-Kafka"): [2.0, None, -7.0]}


async def test_a_point_says_where_its_bucket_starts(store):
    """Points are evenly spaced over the window and carry its resolution."""
    await store.write(lambda s: s.append_metrics(counter((1, 5.0), name="cpu_percent")))
    (series,) = await store.read(lambda s: s.metric_series(["e-1"], ["cpu_percent"], START, START + 4, 2))
    assert series.resolution == 2.0
    measured = MetricPoint(at=START, value=5.0, lowest=5.0, highest=5.0)
    assert series.points == (measured, MetricPoint(at=START + 2, value=None))


async def test_a_pause_in_the_samples_is_a_gap(store):
    """Nothing is made up for the time in which nothing was measured."""
    samples = counter(*[(second, second) for second in (0, 1, 2, 90, 91, 92)])
    await store.write(lambda s: s.append_metrics(samples))
    (values,) = (await points(store, 0, 92, 92)).values()
    assert values[:2] == values[90:] == pytest.approx([1.0, 1.0])
    assert values[2:90] == [None] * 88


async def test_a_restart_of_the_counter_is_not_a_negative_rate(store):
    """The interval in which the counter fell says nothing; before and after it the rates are right."""
    samples = counter((0, 0), (1, 100), (2, 200), (3, 50), (4, 150))
    await store.write(lambda s: s.append_metrics(samples))
    assert await points(store, 0, 4, 4) == {
        ("rows_in", ""): [pytest.approx(100.0), pytest.approx(100.0), None, pytest.approx(100.0)]
    }


async def test_executions_of_a_job_follow_one_another(store):
    """Two executions of a job give one series; the second's counter starts anew without a false rate."""
    samples = counter((0, 0), (1, 10), (2, 20)) + counter((2.5, 0), (3.5, 40), (4.5, 80), execution="e-2")
    await store.write(lambda s: s.append_metrics(samples))
    (values,) = (await points(store, 0, 4, 4, executions=("e-1", "e-2"))).values()
    assert values == [pytest.approx(10), pytest.approx(10), pytest.approx(40), pytest.approx(40)]
    (values,) = (await points(store, 0, 4, 4)).values()
    assert values[2:] == [None, None]


async def test_what_is_not_a_number_was_not_measured(store):
    """Infinities and NaN of a division somewhere leave a gap, they do not spoil a mean."""
    samples = counter((0.5, math.nan), (0.6, 4.0), (1.5, math.inf), name="lag_seconds")
    await store.write(lambda s: s.append_metrics(samples))
    assert await points(store, 0, 2, 2) == {("lag_seconds", ""): [4.0, None]}


async def test_a_new_series_never_gets_the_samples_of_a_forgotten_one(store, make_job, make_execution):
    """Samples may outlive their series; whatever comes later has its own numbers."""

    def insert(s):
        s.insert_job(make_job())
        s.insert_execution(make_execution("older", state=ExecutionState.FINISHED, finished_at=START))
        s.insert_execution(make_execution("newer", state=ExecutionState.FINISHED, finished_at=START, created_at=2.0))
        s.append_metrics(counter((5, 77.0), execution="older", name="lag_rows"))
        assert s.prune_executions(1) == ["older"]
        s.append_metrics(counter((6, 1.0), execution="new", name="lag_rows"))

    await store.write(insert)
    assert await points(store, 0, 10, 1, executions=("older", "new")) == {("lag_rows", ""): [1.0]}


async def test_a_point_knows_its_lowest_and_highest(store):
    """Of a gauge the extreme samples, of a counter the slowest and the fastest of its intervals."""
    samples = counter((1, 5.0), (2, -3.0), name="lag_rows") + counter((0, 0.0), (1, 10.0), (2, 40.0))
    await store.write(lambda s: s.append_metrics(samples))
    found = await store.read(lambda s: s.metric_series(["e-1"], ["lag_rows", "rows_in"], START, START + 3, 1))
    assert [one.points[0] for one in found] == [
        MetricPoint(at=START, value=1.0, lowest=-3.0, highest=5.0),
        MetricPoint(at=START, value=20.0, lowest=10.0, highest=30.0),
    ]


async def test_a_sink_that_counts_seldom_has_no_gaps(store):
    """Written rows are counted when a part is complete: what a part of minutes brought is spread over them."""
    await store.write(lambda s: s.append_metrics(counter((0, 0.0), (300, 3000.0), name="rows_out")))
    assert await points(store, 0, 300, 10) == {("rows_out", ""): pytest.approx([10.0] * 10)}


async def test_series_come_in_the_order_asked_for(store):
    """Names select and order; within a name plugins are sorted; a series with nothing in the window is left out."""

    def work(s):
        for plugin in ("b", "a"):
            for name in ("lag_rows", "cpu_percent", "memory_bytes"):
                s.append_metrics([MetricSample(START + 1, "e-1", plugin, name, 1.0)])
        s.append_metrics([MetricSample(START - 100, "e-1", "old", "lag_rows", 1.0)])

    await store.write(work)
    assert list(await points(store, 0, 2, 1, names=["lag_rows", "cpu_percent"])) == [
        ("lag_rows", "a"),
        ("lag_rows", "b"),
        ("cpu_percent", "a"),
        ("cpu_percent", "b"),
    ]
    assert await points(store, 0, 2, 1, names=[]) == {}
    assert await points(store, 0, 2, 1, executions=()) == {}


@pytest.mark.parametrize(("until", "buckets"), [(0, 5), (-1, 5), (10, 0), (10, 10_001), (math.nan, 5)])
async def test_an_impossible_window_is_refused(store, until, buckets):
    """A window needs a length and a sensible number of buckets."""
    with pytest.raises(StoreError):
        await points(store, 0, until, buckets)


async def test_series_keep_their_identity_across_a_restart_and_a_rollback(database):
    """Samples of one metric belong to one series, whichever process or failed transaction first saw it."""
    opened = await AsyncStore.open(database)

    def failing(s):
        s.append_metrics(counter((0, 999.0)))
        raise LookupError("no")

    with pytest.raises(LookupError):
        await opened.write(failing)
    await opened.write(lambda s: s.append_metrics(counter((0, 0.0), name="rows_out") + counter((0, 0.0))))
    await opened.write(lambda s: s.append_metrics(counter((1, 10.0))))
    await opened.close()
    again = await AsyncStore.open(database)
    await again.write(lambda s: s.append_metrics(counter((2, 20.0)) + counter((2, 2.0), name="rows_out")))
    assert await points(again, 0, 2, 1) == {("rows_in", ""): [pytest.approx(10.0)], ("rows_out", ""): [pytest.approx(1.0)]}
    await again.close()


numbers = itertools.count()
steps = st.lists(
    st.tuples(st.floats(0.05, 90.0), st.one_of(st.integers(0, 10**6), st.none())),  # (seconds on, growth or None for a reset)
    min_size=2,
    max_size=25,
)


@hypothesis.settings(max_examples=60, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@hypothesis.given(runs=st.lists(steps, min_size=1, max_size=3), buckets=st.integers(1, 40), cut=st.floats(0.0, 5.0))
def test_rates_account_for_every_measured_row(property_store, runs, buckets, cut):
    """For any samples with any resets: no rate is negative, and the rate of each bucket is the mean over its measured part,
    computed here without SQL."""
    run_in_loop, store = property_store
    execution = f"e-{next(numbers)}"
    samples, intervals, now, value = [], [], 0.0, 0.0
    for step, growth in [pair for run in runs for pair in run]:
        before, start = value, now
        now = round(now + step, 6)
        value = before + growth if growth is not None else before / 2
        samples.append(MetricSample(START + now, execution, "", "rows_in", value))
        if len(samples) > 1 and value >= before and now > start:
            intervals.append((start, now, (value - before) / (now - start)))
    since, until = cut, cut + now
    width = now / buckets
    hypothesis.assume(all(abs(till - start - LONGEST_INTERVAL) > 1e-4 for start, till, _ in intervals))
    shown = [interval for interval in intervals if interval[1] - interval[0] < LONGEST_INTERVAL]
    run_in_loop(store.write(lambda s: s.append_metrics(samples)))
    found = run_in_loop(points(store, since, until, buckets, executions=(execution,))).get(("rows_in", ""), [None] * buckets)
    for number, value in enumerate(found):
        rate, coverage, overlap = measured(shown, since + number * width, width)
        assert value is None or value >= 0
        if coverage > 1e-3:
            assert value == pytest.approx(rate, rel=2e-3, abs=1e-3)
        if overlap < -1e-5:  # nothing of the bucket was measured, whatever the rounding
            assert value is None


def measured(intervals, start, width):
    """The mean rate over the part of a bucket that ``intervals`` cover, how long it is, and the largest overlap (negative
    when none even touches the bucket)."""
    overlaps = [(rate, min(till, start + width) - max(begin, start)) for begin, till, rate in intervals]
    parts = [(rate, length) for rate, length in overlaps if length > 0]
    coverage = sum(length for _, length in parts)
    mean = sum(rate * length for rate, length in parts) / coverage if coverage else 0.0
    return mean, coverage, max((length for _, length in overlaps), default=-1.0)


@pytest.fixture(scope="module")
def property_store():
    """One store, and a loop to run it in, for all examples of a property."""
    with tempfile.TemporaryDirectory() as directory, asyncio.Runner() as runner:
        opened = runner.run(AsyncStore.open(Path(directory) / "control.duckdb"))
        yield runner.run, opened
        runner.run(opened.close())
