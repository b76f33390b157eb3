"""Measures the metrics of a store that has run for a month; by hand: ``python tests/store/measure_metrics.py [DIRECTORY]``.

Part 1: a store filled to what is kept of 1,000 series that are sampled every second, then ten simulated minutes at 1,000
samples a second with a tidying each minute: what a window costs to read, what appending and tidying cost and how long they hold
the writer up, and the file's size.

Part 2: 40 simulated days of 100 series sampled every 10 s (a hundredth of 1,000 samples a second): the file's size each fourth
day. Cells do not depend on how often a series is sampled, so ten times the cells are those of 1,000 series.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from runner.store.asynchronous import AsyncStore
from runner.store.metrics import MetricSample
from runner.store.resolutions import RESOLUTIONS, SAMPLES
from runner.store.store import Store

NOW = 1_763_762_400
NAMES = ("rows_in", "rows_out", "bytes_in", "lag_rows", "cpu_percent")
DAY = 86_400
WINDOWS = {"1m": 60, "5m": 300, "1h": 3600, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}


def samples_of(at: float, series: int) -> list[MetricSample]:
    """One sample of each of ``series`` series."""
    return [
        MetricSample(at, f"e{number // 5:04}", "p", NAMES[number % 5], (at - NOW + 10**7) * (1.5 + number % 7))
        for number in range(series)
    ]


def fill(store: Store, series: int) -> None:
    """What is held of that many series after months, ending now."""
    store.append_metrics(samples_of(NOW - 1000, series))
    numbers = [row[0] for row in store._session.rows('SELECT "id" FROM "series" ORDER BY "id"')]
    for resolution in RESOLUTIONS:
        length = max(resolution.seconds, 1)
        count, until = int(resolution.retention // length), NOW - NOW % length
        since = until - count * length
        columns = (
            "(s - $1) * 1.5 + random()" if resolution is SAMPLES else "($2 + random()) * i, $2, random() * i, random() * i"
        )
        store._session.change(
            f'INSERT INTO "{resolution.table}" SELECT make_timestamp((s * 1000000)::BIGINT), i, {columns} '
            "FROM (SELECT unnest(range($1::BIGINT, $3::BIGINT, $2::BIGINT)) AS s), (SELECT unnest($4::INTEGER[]) AS i) "
            "ORDER BY s, i",
            *(since, length, until, numbers),
        )
        store._session.change(
            'UPDATE "resolutions" SET "since" = ?, "until" = ? WHERE "seconds" = ?',
            *(since * 10**6, until * 10**6, resolution.seconds),
        )


async def timed(label: str, call, rounds: int = 30) -> None:
    """Print CPU, median and worst of some rounds, in milliseconds."""
    taken, used = [], time.process_time()
    for _ in range(rounds):
        started = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - started) * 1000)
    used = (time.process_time() - used) / rounds * 1000
    print(f"{label:52} {used:8.1f} {statistics.median(taken):8.1f} {max(taken):8.1f}", flush=True)


async def windows(store: AsyncStore, until: float) -> None:
    """Every window, of one job with five series and of all 1,000 series."""
    for name, seconds in WINDOWS.items():
        await timed(
            f"window {name}, 5 series, 120 buckets",
            lambda seconds=seconds: store.read(lambda s: s.metric_series(["e0007"], None, until - seconds, until, 120)),
        )


async def full_rate(store: AsyncStore, minutes: int) -> None:
    """1,000 samples a second, tidied up each minute."""
    appended, tidied, used = [], [], time.process_time()
    for second in range(60 * minutes):
        batch = samples_of(NOW + second, 1000)
        started = time.perf_counter()
        await store.write(lambda s, batch=batch: s.append_metrics(batch))
        appended.append((time.perf_counter() - started) * 1000)
        while second % 60 == 59:
            started = time.perf_counter()
            more = await store.write(lambda s, second=second: s.tidy_metrics(NOW + second))
            tidied.append((time.perf_counter() - started) * 1000)
            if not more:
                break
    used = (time.process_time() - used) / (60 * minutes) * 1000
    for label, taken in (("append 1,000 samples", appended), ("a step of tidying", tidied)):
        taken.sort()
        spread = [taken[len(taken) // 2], taken[int(len(taken) * 0.99)], taken[-1]]
        print(f"{label:52} median, p99, longest: " + ", ".join(f"{one:.1f}" for one in spread))
    print(f"CPU of all that: {used:.1f} ms for each second of 1,000 samples", flush=True)


async def month(directory: Path) -> None:
    """The size of a smaller store over 40 days."""
    path = directory / "month.duckdb"
    store = await AsyncStore.open(path)
    started = time.perf_counter()
    for since in range(0, 40 * DAY, 3600):
        batch = [sample for at in range(since, since + 3600, 10) for sample in samples_of(NOW + at, 100)]
        await store.write(lambda s, batch=batch: s.append_metrics(batch))
        while await store.write(lambda s, since=since: s.tidy_metrics(NOW + since + 3600)):
            pass
        if since % (4 * DAY) == 0:
            size = path.stat().st_size / 1e6
            counts = await store.read(lambda s: [s._session.row(f'SELECT count(*) FROM "{r.table}"')[0] for r in RESOLUTIONS])
            print(
                f"day {since // DAY:3}: file {size:6.1f} MB, rows {counts}, {time.perf_counter() - started:.0f} s", flush=True
            )
    await store.close()


async def main() -> None:
    """Both parts."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as directory:
        path = Path(directory) / "control.duckdb"
        store = await AsyncStore.open(path)
        await store.write(lambda s: fill(s, 1000), timeout=300)
        print(f"{'':52} {'CPU':>8} {'median':>8} {'longest':>8}")
        await windows(store, NOW)
        await store.close()
        print(f"file after filling: {path.stat().st_size / 1e6:.0f} MB")
        store = await AsyncStore.open(path)
        await full_rate(store, 10)
        await windows(store, NOW + 600)
        await store.close()
        print(f"file after ten minutes: {path.stat().st_size / 1e6:.0f} MB", flush=True)
        await month(Path(directory))


if __name__ == "__main__":
    asyncio.run(main())
