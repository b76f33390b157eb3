"""Latency percentiles: right to one part in a hundred, whatever is counted, merged or put together."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.latency import PERCENTILES, LatencyHistogram
from runner.worker.read_times import MAXIMUM_ENTRIES, ReadTimes, latencies

SECONDS = st.floats(1e-3, 1e6)
COUNTED = st.lists(st.tuples(SECONDS, st.integers(1, 10**6)), min_size=1, max_size=40)


def exact(counted: list[tuple[float, int]], share: float) -> float:
    """The percentile by its definition."""
    total, seen = sum(rows for _, rows in counted), 0
    for seconds, rows in sorted(counted):
        seen += rows
        if seen >= share * total:
            return seconds
    raise AssertionError(counted)


def histogram(counted: list[tuple[float, int]]) -> LatencyHistogram:
    """Of these."""
    made = LatencyHistogram()
    for seconds, rows in counted:
        made.add(seconds, rows)
    return made


@given(counted=COUNTED, share=st.sampled_from([*PERCENTILES.values(), 0.0, 1.0]))
def test_percentiles_are_right_to_one_in_a_hundred(counted: list[tuple[float, int]], share: float) -> None:
    """From a millisecond to ten days."""
    found = histogram(counted).percentile(share)
    assert found is not None
    assert math.isclose(found, exact(counted, share), rel_tol=0.01)


@given(first=COUNTED, second=COUNTED)
def test_merging_is_counting_together(first: list[tuple[float, int]], second: list[tuple[float, int]]) -> None:
    """Over workers and checkpoints, in any order."""
    merged = histogram(first)
    merged.merge(histogram(second).counts)
    assert merged.counts == histogram(second + first).counts


@given(seconds=st.floats(-1e9, 1e12) | st.sampled_from([0.0, 6.3e-5, 6.4e-5]))
def test_any_duration_has_a_bucket(seconds: float) -> None:
    """There are about two thousand of them; a clock that goes backwards counts as no time, an age as the longest."""
    made = LatencyHistogram()
    made.add(seconds, 1)
    [bucket] = made.counts
    assert 0 <= bucket < 2500
    found = made.percentile(1.0)
    assert found is not None
    assert math.isclose(found, min(max(seconds, 0.0), (1 << 42) / 1e6), rel_tol=0.01, abs_tol=1e-6)


def test_nothing_counted_has_no_percentiles() -> None:
    """Zero would be a measurement."""
    assert LatencyHistogram().percentiles() == {}
    assert histogram([(1.0, 5)]).percentiles().keys() == PERCENTILES.keys()


@settings(max_examples=15)
@given(gaps=st.lists(st.floats(0.001, 0.01), min_size=10, max_size=50), batches=st.sampled_from([1, 1024, 1025, 2100, 5000]))
def test_many_batches_take_little_room(gaps: list[float], batches: int) -> None:
    """The percentiles of a checkpoint of any length stay right."""
    times, moment, counted = ReadTimes(), 0.0, []
    for number in range(batches):
        moment += gaps[number % len(gaps)]
        times.add(moment, 100)
        counted.append(moment)
    visible = moment + 0.5
    taken = times.take()
    assert len(taken) <= MAXIMUM_ENTRIES
    assert times.take() == []
    made = latencies(taken, visible)
    assert sum(made.counts.values()) == 100 * batches
    for name, found in made.percentiles().items():
        assert math.isclose(found, exact([(visible - each, 100) for each in counted], PERCENTILES[name]), rel_tol=0.03)
