"""How long rows took: histograms that are kept by time and added up for any window."""

import pytest

from runner.latency import LatencyHistogram
from runner.store.latencies import LatencyCell

DAY = 86_400
START = 1_700_000_000.0


def cell(at, rows_by_seconds, execution="e"):
    """What one sample adds."""
    histogram = LatencyHistogram()
    for seconds, rows in rows_by_seconds.items():
        histogram.add(seconds, rows)
    return LatencyCell(at, execution, histogram.counts)


def percentile(found, share):
    """Of the counts of a window."""
    return LatencyHistogram(found.counts).percentile(share)


async def test_a_window_adds_up_the_counts_of_its_cells(store):
    """Percentiles are those of all rows together, whichever execution of the job they belong to; others do not count."""
    cells = [cell(START, {0.1: 98}), cell(START + 25, {1.0: 1}, "f"), cell(START + 26, {10.0: 1}), cell(START, {99.0: 7}, "g")]
    await store.write(lambda session: session.append_latencies(cells))
    found = await store.read(lambda session: session.latency_window(["e", "f"], START - 1, START + 60, 1))
    assert sum(found.counts.values()) == 100
    assert percentile(found, 0.5) == pytest.approx(0.1, rel=0.01)
    assert percentile(found, 0.99) == pytest.approx(1.0, rel=0.01)
    assert percentile(found, 0.999) == pytest.approx(10.0, rel=0.01)
    assert (found.since, found.until, found.resolution) == (START, START + 30, 10.0)
    later = await store.read(lambda session: session.latency_window(["e", "f"], START + 10, START + 60, 1))
    assert sum(later.counts.values()) == 2
    nothing = await store.read(lambda session: session.latency_window(["e", "f"], START + 30, START + 60, 1))
    assert (nothing.counts, nothing.since) == ({}, None)


async def test_a_history_has_points_only_where_something_was_measured(store):
    """Each point has its own count and percentiles; a gap is not there."""
    cells = [cell(START, {0.1: 99, 5.0: 1}), cell(START + 40, {2.0: 3})]
    await store.write(lambda session: session.append_latencies(cells))
    points = (await store.read(lambda session: session.latency_window(["e"], START, START + 60, 3))).points
    assert sorted(points) == [0, 2]
    assert (points[0].rows, points[2].rows) == (100, 3)
    assert points[0].p50 == points[0].p99 == pytest.approx(0.1, rel=0.01)
    assert points[2].p99 == pytest.approx(2.0, rel=0.01)


async def test_old_cells_become_longer_ones_and_go_in_the_end(store):
    """Summing up loses no row; after a hundred days nothing is left."""
    cells = [cell(START + 10 * number, {0.1 * (1 + number % 7): 10}) for number in range(60)]
    await store.write(lambda session: session.append_latencies(cells))
    before = await store.read(lambda session: session.latency_window(["e"], START - DAY, START + DAY, 1))
    for age, resolution in ((3 * 3600, 60.0), (30 * 3600, 3600.0)):
        while await store.write(lambda session, age=age: session.tidy_metrics(START + age)):
            pass
        found = await store.read(lambda session: session.latency_window(["e"], START - DAY, START + DAY, 1))
        assert (found.counts, found.resolution) == (before.counts, resolution)
    while await store.write(lambda session: session.tidy_metrics(START + 102 * DAY)):
        pass
    assert (await store.read(lambda session: session.latency_window(["e"], START - DAY, START + DAY, 1))).counts == {}
