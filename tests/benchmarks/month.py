"""``make bench-month``: a month of metrics at 1,000 samples a second, written through the store by a clock that is told what
time it is: how large the file is by the day, and what a look at a window costs at the end.

    python -P tests/benchmarks/month.py [days] [series]

1,000 series that are measured once a second are what is simulated. Written out, that were 2.6 thousand million samples; but
samples are only kept for 12 minutes, and how many cells of 10 s, a minute and an hour are made of them does not depend on how
often a series is measured. So before the last half hour each series is measured each 50 seconds (a counter's growth is spread
over all cells between), and in the last half hour each second: at the end the file holds what it would. Tidied up is after each
hour, in the last half hour each minute, as the daemon does. Jobs are kept out of it: executions that are over are bounded by
their retention, not by this.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from runner.store.asynchronous import AsyncStore
from runner.store.metrics import MetricSample
from runner.store.resolutions import RESOLUTIONS
from runner.store.store import Store

sys.path.insert(0, str(Path(__file__).parent))
from load_calls import TARGET_SECONDS

DAY, HOUR, MINUTE = 86_400, 3600, 60
NOW = 1_763_762_400 // DAY * DAY
NAMES = ("rows_in", "rows_out", "bytes_in", "lag_rows", "cpu_percent")
WINDOWS = {
    "1 minute": (MINUTE, 30),
    "5 minutes": (300, 60),
    "1 hour": (HOUR, 60),
    "24 hours": (DAY, 96),
    "30 days": (30 * DAY, 120),
}
SPARSE = 50
_AT_FULL_RATE = 1800
_ROUNDS = 30
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Size:
    """Of the store at the end of a day: bytes of the file and of the log beside it, and rows by table."""

    day: float
    file: int
    log: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a window took: the CPU of one, the median and the longest, in seconds."""

    name: str
    cpu: float
    median: float
    longest: float


def samples(times: Iterable[float], series: int) -> list[MetricSample]:
    """What ``series`` series measure at these times."""
    return [
        MetricSample(at, f"e{number // len(NAMES):04}", "p", NAMES[number % len(NAMES)], (at - NOW + DAY) * (1 + number % 7))
        for at in times
        for number in range(series)
    ]


async def append(store: AsyncStore, measured: list[MetricSample]) -> None:
    """Write samples down, in one transaction."""
    await store.write(lambda found: found.append_metrics(measured))


async def tidy(store: AsyncStore, now: float) -> float:
    """Whatever is due at ``now``; the longest step in seconds."""
    longest, more = 0.0, True
    while more:
        began = time.perf_counter()
        more = await store.write(lambda found: found.tidy_metrics(now, now))
        longest = max(longest, time.perf_counter() - began)
    return longest


async def size_of(store: AsyncStore, path: Path, day: float) -> Size:
    """How much there is now."""

    def work(found: Store) -> Size:
        rows = [found._session.rows(f'SELECT count(*) FROM "{each.table}"') for each in RESOLUTIONS]
        log = path.with_name(path.name + ".wal")
        return Size(
            day, path.stat().st_size, log.stat().st_size if log.exists() else 0, tuple(int(each[0][0]) for each in rows)
        )

    return await store.read(work)


async def live(store: AsyncStore, path: Path, days: int, series: int, say: Callable[[Size], None]) -> Size:
    """Live so many days; ``say`` is told the size at the end of each."""
    for since in range(NOW, NOW + days * DAY, HOUR):
        await append(store, samples(range(since, since + HOUR, SPARSE), series))
        await tidy(store, since + HOUR)
        if (since + HOUR - NOW) % DAY == 0:
            say(await size_of(store, path, (since + HOUR - NOW) / DAY))
    end = NOW + days * DAY
    for since in range(end, end + _AT_FULL_RATE):
        await append(store, samples([since], series))
        if since % MINUTE == MINUTE - 1:
            await tidy(store, since + 1)
    return await size_of(store, path, days + _AT_FULL_RATE / DAY)


async def look(name: str, ask: Callable[[], Awaitable[object]]) -> Look:
    """Look again and again."""
    taken = []
    before = time.process_time()
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - began)
    return Look(name, (time.process_time() - before) / _ROUNDS, sorted(taken)[_ROUNDS // 2], max(taken))


async def looks(store: AsyncStore, until: float, series: int) -> list[Look]:
    """At every window of one execution after the other, as a screen asks for it."""
    found, number = [], 0
    for name, (seconds, points) in WINDOWS.items():

        async def ask(seconds: int = seconds, points: int = points) -> object:
            nonlocal number
            number = (number + 7) % (series // len(NAMES))
            chosen = [f"e{number:04}"]
            return await store.read(lambda opened: opened.metric_window(chosen, until - seconds, until, points))

        found.append(await look(name, ask))
    return found


def day_line(size: Size) -> str:
    """What is told of a day."""
    rows = ", ".join(f"{count:,} {each.table}" for count, each in zip(size.rows, RESOLUTIONS, strict=True))
    return f"day {size.day:5.2f}: file {size.file / _MEBIBYTE:6.1f} MiB, log {size.log / _MEBIBYTE:5.1f} MiB; {rows}"


def table_of(found: list[Look], title: str) -> Table:
    """What the looks took."""
    shown = Table(title=title, caption=f"load {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    for name in ("window", "cpu ms", "median ms", "longest ms", "promised", "verdict"):
        shown.add_column(name, justify="left" if name in {"window", "promised", "verdict"} else "right")
    for each in found:
        figures = (f"{1000 * value:.1f}" for value in (each.cpu, each.median, each.longest))
        kept = "kept" if each.longest < TARGET_SECONDS else "missed"
        shown.add_row(each.name, *figures, f"< {1000 * TARGET_SECONDS:.0f} ms", kept)
    return shown


async def run(directory: Path, days: int, series: int) -> None:
    """Live the month, and print what it came to."""
    path = directory / "month.duckdb"
    store = await AsyncStore.open(path)
    began = time.perf_counter()
    try:
        end = await live(store, path, days, series, lambda size: print(day_line(size), flush=True))
        print(day_line(end), f"; after {time.perf_counter() - began:.0f} s", flush=True)
        title = f"{days} days, {series:,} series, each measured once a second at the end"
        Console(width=120).print(table_of(await looks(store, NOW + days * DAY + _AT_FULL_RATE, series), title))
    finally:
        await store.close()


def main(arguments: list[str]) -> None:
    """Of so many days and series."""
    days = int(arguments[0]) if arguments else 30
    series = int(arguments[1]) if len(arguments) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="flowdeck-bench-month-") as directory:
        asyncio.run(run(Path(directory), days, series))


if __name__ == "__main__":
    main(sys.argv[1:])
