"""Metrics over months: samples are summed up into longer and longer cells, and nothing is lost, doubled or kept for ever."""

from __future__ import annotations

import itertools
import random

import pytest

from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.metrics import MetricSample
from runner.store.resolutions import RESOLUTIONS

START = 1_763_762_400.0  # a full hour
HOUR, DAY = 3600, 86_400


async def tidy(store, at):
    """Do all that is due at ``at`` seconds after START; the number of steps."""
    for steps in itertools.count():
        if not await store.write(lambda s: s.tidy_metrics(START + at)):
            return steps
    raise AssertionError


async def values(store, since, until, buckets, executions=("e",)):
    """The values of every series of a window."""
    found = await store.read(lambda s: s.metric_series(executions, None, START + since, START + until, buckets))
    return {(series.name, series.plugin): [point.value for point in series.points] for series in found}


async def rows(store):
    """How many rows each table of metrics has, from fine to coarse."""
    tables = [resolution.table for resolution in RESOLUTIONS]
    return await store.read(lambda s: [s._session.row(f'SELECT count(*) FROM "{table}"')[0] for table in tables])


def steady(since, until, step=1, execution="e"):
    """A counter of 10 rows a second, a gauge that rises by one a second, and a sink that counts once in five minutes."""
    moments = range(since, until, step)
    counted = [MetricSample(START + at, execution, "", "rows_in", 10.0 * at) for at in moments]
    gauges = [MetricSample(START + at, execution, "", "lag_rows", float(at)) for at in moments]
    written = [MetricSample(START + at, execution, "sink", "rows_out", 2.0 * at) for at in moments if at % 300 == 0]
    return counted + gauges + written


async def fill(store, hours):
    """Measure every ten seconds in these hours, tidying up after each."""
    for since in (hour * HOUR for hour in hours):
        await store.write(lambda s, since=since: s.append_metrics(steady(since, since + HOUR, 10)))
        await tidy(store, since + HOUR)


async def test_days_of_metrics_are_right_and_bounded(store):
    """Whatever was summed up already and whatever is read, a steady rate is steady, and a gauge's means lie where they were.
    Samples and short cells go once they are summed up; hours stay for months."""
    await fill(store, range(30))
    await check_windows(store, 30 * HOUR)
    first = await rows(store)
    assert first[0] <= 3 * 130 * 1.6
    assert first[1] <= 3 * 360 * 5.2
    assert first[3] == 3 * 29
    await fill(store, range(30, 60))
    second = await rows(store)
    assert second[0] <= first[0] + 3 * 60
    assert second[1] <= first[1] + 3 * 60
    assert second[2] <= 3 * 60 * 38
    assert second[3] == 3 * 59
    assert (await values(store, HOUR, 29 * HOUR, 28))["rows_in", ""] == pytest.approx([10.0] * 28)


async def check_windows(store, now):
    """Every window that ends now."""
    for window, buckets in ((60, 6), (300, 20), (HOUR, 60), (24 * HOUR, 96), (28 * HOUR, 7)):
        found = await values(store, now - window, now, buckets)
        assert found["rows_in", ""][1:-1] == pytest.approx([10.0] * (buckets - 2))
        width = window / buckets
        counted = buckets - int(300 // width) - 1  # the sink's last count is five minutes old
        assert found.get(("rows_out", "sink"), [])[: max(counted, 0)] == pytest.approx([2.0] * max(counted, 0))
        middles = [now - window + (number + 0.5) * width for number in range(buckets)]
        assert found["lag_rows", ""][:-1] == pytest.approx(middles[:-1], abs=width + 15)


async def test_months_later_everything_is_gone(store, make_job, make_execution):
    """Cells of an hour outlive the samples by months, and then they go, with the series of executions that are over."""
    await store.write(lambda s: s.insert_job(make_job()))
    over = make_execution("e", state=ExecutionState.FINISHED, finished_at=START + HOUR)
    await store.write(lambda s: s.insert_execution(over))
    await store.write(lambda s: s.append_metrics(steady(0, HOUR, 10)))
    assert await tidy(store, 40 * DAY) < 60
    assert (await rows(store))[:3] == [0, 0, 0]
    assert (await values(store, -29 * DAY, DAY, 30))["rows_in", ""][29] == pytest.approx(10.0)
    await tidy(store, 200 * DAY)
    assert await rows(store) == [0, 0, 0, 0]
    assert await store.read(lambda s: s._session.rows('SELECT * FROM "series"')) == []


async def test_a_pause_and_a_reset_are_not_summed_up_into_rates(store):
    """A counter that starts again, and a time without samples, count as not measured in every cell."""
    before = [MetricSample(START + at, "e", "", "rows_in", 100.0 * at) for at in range(60)]
    after = [MetricSample(START + at, "e", "", "rows_in", 100.0 * (at - 300)) for at in range(300, 360)]
    reset = [MetricSample(START + at, "e", "", "rows_in", 100.0 * (at - 360)) for at in range(360, HOUR)]
    await store.write(lambda s: s.append_metrics(before + after + reset))
    await tidy(store, 2 * HOUR + 1200)
    (found,) = (await values(store, 0, HOUR, 60)).values()
    assert found[1:5] == [None] * 4
    assert [found[0], *found[5:]] == pytest.approx([100.0] * 56)
    (hour,) = (await values(store, 0, HOUR, 1)).values()
    assert hour == pytest.approx([100.0])


@pytest.mark.parametrize("seed", range(4))
async def test_summing_up_changes_no_figure(database, seed):
    """For random samples with resets and pauses, and a store that is closed and opened at random: whatever was summed up when,
    a window along the cells gives the sums that the samples gave, also after another tidying."""
    generator = random.Random(seed)
    samples, at, value = [], 0.0, 0.0
    while at < 900:
        at = round(at + generator.choice([0.3, 1, 1, 5, 40, 100, 400]) * generator.random(), 6)
        value = value + generator.randrange(1000) if generator.random() < 0.9 else 0.0
        samples += [MetricSample(START + at, "e", "", name, value) for name in ("rows_in", "rows_out", "lag_rows")]
    store = await AsyncStore.open(database)
    await store.write(lambda s: s.append_metrics(samples))
    windows = [(0, 600, 60), (0, 600, 10), (-60, 540, 5)]
    whole = [await values(store, *window) for window in windows]
    await store.write(lambda s: s._session.change('DELETE FROM "samples"'))
    for batch in (samples[start : start + 20] for start in range(0, len(samples), 20)):
        await store.write(lambda s, batch=batch: s.append_metrics(batch))
        for _ in range(generator.randrange(4)):
            now = batch[-1].at + generator.choice([0, 30, 60])
            await store.write(lambda s, now=now: s.tidy_metrics(now))
        if generator.random() < 0.1:
            await store.close()
            store = await AsyncStore.open(database)
    for later in (1000, 1600, 1600):
        await tidy(store, later)
        for window, expected in zip(windows, whole, strict=True):
            found = await values(store, *window)
            assert {key: pytest.approx(numbers, rel=1e-6, abs=1e-6) for key, numbers in expected.items()} == found
    await store.close()


async def test_a_clock_that_is_set_back_is_measured_again(store):
    """The hours that are lived twice show what was measured last; nothing counts twice, and summing up goes on."""
    await store.write(lambda s: s.append_metrics(steady(0, 2 * HOUR, 10)))
    await tidy(store, 2 * HOUR)
    again = [MetricSample(START + at, "e", "", "lag_rows", -1.0) for at in range(HOUR, 2 * HOUR, 10)]
    await tidy(store, HOUR)
    await store.write(lambda s: s.append_metrics(again))
    await tidy(store, 2 * HOUR)
    assert (await values(store, HOUR, 2 * HOUR, 6))["lag_rows", ""] == pytest.approx([-1.0] * 6)
    assert (await values(store, 0, HOUR, 2))["rows_in", ""] == pytest.approx([10.0] * 2)


async def test_a_clock_that_jumps_ahead_takes_no_history(store):
    """What goes because it is summed up goes; the hours stay, as by the steady clock they are not old."""
    await store.write(lambda s: s.append_metrics(steady(0, HOUR, 10)))
    while await store.write(lambda s: s.tidy_metrics(START + 400 * DAY, START + 2 * HOUR)):
        pass
    assert (await rows(store))[:3] == [0, 0, 0]
    assert (await values(store, 0, HOUR, 1))["rows_in", ""] == pytest.approx([10.0])


async def test_an_upgraded_store_catches_up_in_steps(store):
    """A day of samples from before there were cells: many short steps, between which others write."""
    await store.write(lambda s: s.append_metrics(steady(0, DAY, 60)))
    steps = await tidy(store, DAY)
    assert 24 < steps < 400
    assert (await values(store, 0, DAY, 24))["rows_in", ""][:23] == pytest.approx([10.0] * 23)
