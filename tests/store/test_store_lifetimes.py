"""Whoever knows when executions ran has less looked through, and is told the same."""

import random

import pytest

from runner.store.asynchronous import AsyncStore
from runner.store.latencies import LatencyCell
from runner.store.measured import ALWAYS, Lifetime
from runner.store.metrics import MetricSample

START = 1_763_762_400.0
LIVES = {"before": (0, 700), "long": (300, 9000), "late": (8000, 9100), "now": (9050, None)}
UNTIL = 9400
WINDOWS = ((60, 60), (300, 60), (3600, 120), (8 * 3600, 96), (86_400, 288))


async def fill(store, seed):
    """Counters, gauges and latencies of executions, summed up as far as they are old enough at the end."""
    chance = random.Random(seed)
    samples, cells, grown = [], [], 0
    for name, (begun, over) in LIVES.items():
        for second in range(begun, UNTIL if over is None else over + 3, chance.choice((1, 2))):
            grown += chance.randrange(100)
            at = START + second + chance.random()
            samples.append(MetricSample(at=at, execution_id=name, plugin="", name="rows_in", value=float(grown)))
            samples.append(MetricSample(at=at, execution_id=name, plugin="s", name="lag_rows", value=chance.random()))
            if second % 10 == 0:
                cells.append(LatencyCell(at, name, {chance.randrange(50): 1 + chance.randrange(9)}))
    samples.sort(key=lambda sample: sample.at)
    await store.write(lambda s: s.append_metrics(samples))
    await store.write(lambda s: s.append_latencies(cells))
    while await store.write(lambda s: s.tidy_metrics(START + UNTIL)):
        pass


@pytest.mark.parametrize("seed", range(2))
async def test_a_lifetime_changes_nothing_that_is_told(tmp_path, seed):
    """Of one execution and of several, for windows that touch their lives and such that do not, with their ends or open."""
    store = await AsyncStore.open(tmp_path / "store.duckdb")
    await fill(store, seed)
    lives = {name: Lifetime(START + begun, None if over is None else START + over) for name, (begun, over) in LIVES.items()}
    told = 0
    for names in (["before"], ["long"], ["late"], ["now"], ["before", "late"], list(LIVES)):
        lifetime = lives[names[0]]
        for name in names[1:]:
            lifetime = lifetime.and_of(lives[name])
        for until in (START + UNTIL, START + 9101, START + 701, START + 4000):
            for seconds, points in WINDOWS:
                asked = names, until - seconds, until, points

                def both(s, asked=asked, lifetime=lifetime):
                    metrics = [s.metric_window(*asked, None, lived) for lived in (ALWAYS, lifetime)]
                    return metrics, [s.latency_window(*asked, lived) for lived in (ALWAYS, lifetime)]

                metrics, latencies = await store.read(both)
                assert metrics[0].series == metrics[1].series
                assert metrics[0].sums == metrics[1].sums
                assert latencies[0] == latencies[1]
                told += bool(metrics[0].sums) + bool(latencies[0].counts)
    assert told > 60
    await store.close()
