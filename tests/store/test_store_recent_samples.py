"""The newest samples are told from memory: exactly what a read of their table would find, or nothing."""

from __future__ import annotations

import itertools
import random

import pytest

from runner.store import recent_samples
from runner.store.asynchronous import AsyncStore
from runner.store.measured import LONGEST_PART, MICROSECONDS
from runner.store.metrics import MetricSample
from runner.store.recent_samples import RecentSamples

START = 1_763_762_400.0
REACH = round(LONGEST_PART * MICROSECONDS)


def table_says(rows, numbers, since, begin, end):
    """The samples that a read has to find among all that there are: from ``since`` on, and each series' last one before."""
    found = []
    for number in numbers:
        own = [row for row in rows if row[1] == number and row[0] < end]
        earlier = [row for row in own if begin < row[0] < since]
        found += earlier[-1:] + [row for row in own if row[0] >= since]
    return found


def memory_says(recent, numbers, since, begin, end):
    """The same from memory, None when it does not know."""
    found = recent.read(numbers, since, begin, end)
    columns = None if found is None else [found[name].tolist() for name in ("at", "series", "value")]
    return None if columns is None else list(zip(*columns, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_told_is_all_that_there_is(seed, monkeypatch):
    """Whatever was added, whenever the clock was set back and however much was forgotten: what is told is complete."""
    monkeypatch.setattr(recent_samples, "MOST", 1500)
    chance, recent, rows, told = random.Random(seed), RecentSamples(), [], 0
    now, set_back = round(START) * MICROSECONDS, chance.randrange(500, 1100)
    rows.append((now, 1, 0.5))
    recent.begin(now)
    for turn in range(1200):
        now += chance.randrange(1, 2 * MICROSECONDS) if turn != set_back else -60 * MICROSECONDS
        numbers = [number for number in range(6) if chance.random() < (0.01 if number == 5 else 0.7)]
        batch = [(now, number, chance.random()) for number in numbers]
        rows += batch
        recent.add(*([row[column] for row in batch] for column in range(3)))
        if turn % 7 == 0:
            since = now - chance.randrange(1, 420) * MICROSECONDS
            asked = chance.sample(range(8), 3), since, since - REACH, since + chance.randrange(600) * MICROSECONDS
            found = memory_says(recent, *asked)
            told += found is not None
            assert found is None or found == table_says(sorted(rows, key=lambda row: row[0]), *asked)
    assert told > 10


def test_only_so_many_are_kept(monkeypatch):
    """Of many series less time is kept, and what is left is told as before."""
    monkeypatch.setattr(recent_samples, "MOST", 1000)
    recent = RecentSamples()
    recent.begin(0)
    for second in range(1001, 1101):
        at = second * MICROSECONDS
        recent.add([at] * 100, range(100), [float(second)] * 100)
    assert recent._count <= 1100
    assert sum(len(run.at) for run in recent._runs.values()) == recent._count
    assert memory_says(recent, [7], 1050 * MICROSECONDS, 0, 1100 * MICROSECONDS) is None
    newest = memory_says(recent, [7], 1098 * MICROSECONDS, 0, 1200 * MICROSECONDS)
    assert newest == [(second * MICROSECONDS, 7, float(second)) for second in (1097, 1098, 1099, 1100)]


async def windows(store, now, *, from_memory):
    """Every window that ends now, and one that ends before; how many of them memory knows everything of."""

    def work(s):
        known = s._session.recent if from_memory else RecentSamples()
        s._session.recent = known
        found = [
            s.metric_window(["e"], now - seconds, now + later, buckets, None)
            for (seconds, buckets), later in itertools.product(((60, 60), (300, 60), (300, 20), (3600, 60)), (0.0, -40.5))
        ]
        answered = known.read([], round((now - 310) * MICROSECONDS), 0, 0) is not None
        return found, answered

    return await store.read(work)


async def test_windows_are_the_same_from_memory(store, database):
    """Counters that start again, gauges, and sinks that count seldom, before and after sums are made of them, after the daemon
    and after the clock was set back: each window is the same, to the last digit, as one read from the table."""
    chance, at, answered = random.Random(1), START, 0
    for minute in range(24):
        batch = []
        for _ in range(60):
            at += chance.uniform(0.9, 1.1)
            counted = 0.0 if chance.random() < 0.01 else at - START
            batch += [MetricSample(at, "e", "in", "rows_in", counted), MetricSample(at, "e", "", "lag_rows", chance.random())]
            if chance.random() < 0.01:
                batch.append(MetricSample(at, "e", "out", "rows_out", 3 * (at - START)))
        await store.write(lambda s, batch=batch: s.append_metrics(batch))
        if minute == 20:
            at -= 200
        while await store.write(lambda s, at=at: s.tidy_metrics(at)):
            pass
        if minute == 10:
            await store.close()
            store = await AsyncStore.open(database)
        found, is_known = await windows(store, at, from_memory=True)
        assert found == (await windows(store, at, from_memory=False))[0]
        answered += is_known
    assert answered >= 10
    await store.close()


async def test_what_was_not_stored_is_not_told(store):
    """Samples of a transaction that fails are not there afterwards."""
    await store.write(lambda s: s.append_metrics([MetricSample(START, "e", "", "lag_rows", 1.0)]))

    def failing(s):
        s.append_metrics([MetricSample(START + 1, "e", "", "lag_rows", 2.0)])
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(failing)
    await store.write(lambda s: s.append_metrics([MetricSample(START + 2, "e", "", "lag_rows", 3.0)]))
    [series] = await store.read(lambda s: s.metric_series(["e"], ["lag_rows"], START, START + 3, 3))
    assert [point.value for point in series.points] == [1.0, None, 3.0]
