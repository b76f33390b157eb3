"""``make bench-load``: a daemon with 10,000 executions behind it and 100 jobs at work, asked for everything: one table
with what was promised.

    python -P tests/benchmarks/load.py [calls] [submits] [streams]

The past is written through the store, with the daemon's own records (load_home.py), and kept for a few hours in the directory
for temporary files: that takes minutes. Nothing here fails because of a time; the table says what was kept and what was not.
``FLOWDECK_BENCH_LIVE`` (100), ``FLOWDECK_BENCH_CALLS`` (200 of each kind), ``FLOWDECK_BENCH_SUBMITS`` (500),
``FLOWDECK_BENCH_STREAMS`` (500), ``FLOWDECK_BENCH_SECONDS`` (60, of the streams) change the sizes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from load_calls import CALLS, TARGET_SECONDS, Timing, look_around, measure_call
from load_home import Past, fill
from load_streams import Streamed, stream
from load_submits import Submitted, empty_queue, fill_queue, queued, stored, submit_many

from runner.client import Client
from runner.home import Home
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from runner.transport import ApiError

PARTS = ("calls", "submits", "streams")
LIVE = int(os.environ.get("FLOWDECK_BENCH_LIVE", "100"))
ASKED = int(os.environ.get("FLOWDECK_BENCH_CALLS", "200"))
SUBMITS = int(os.environ.get("FLOWDECK_BENCH_SUBMITS", "500"))
STREAMS = int(os.environ.get("FLOWDECK_BENCH_STREAMS", "500"))
SECONDS = float(os.environ.get("FLOWDECK_BENCH_SECONDS", "60"))
SUBMITS_PER_SECOND = 100
_FRESH_SECONDS = 6 * 3600
_PATIENCE = 600.0
_REST = 5.0
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon that is measured."""

    process: psutil.Process

    def cpu(self) -> float:
        """Its CPU seconds; those of workers and of their fork server are others'."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Its resident memory."""
        return int(self.process.memory_info().rss)

    def idle(self) -> float:
        """CPU seconds in a second in which nobody asks."""
        began, before = time.perf_counter(), self.cpu()
        time.sleep(_REST)
        return (self.cpu() - before) / (time.perf_counter() - began)


def home_with_a_past(directory: Path) -> Home:
    """A copy of the past, which is written when there is none or it is too long ago."""
    kept = Path(tempfile.gettempdir()) / "flowdeck-bench" / "load-home"
    if not kept.exists() or time.time() - kept.stat().st_mtime > _FRESH_SECONDS:
        say(f"writing the past: {Past()}")
        unfinished = Path(tempfile.mkdtemp(prefix="load-home-", dir=_made(kept.parent)))
        asyncio.run(fill(Home(unfinished), Past()))
        shutil.rmtree(kept, ignore_errors=True)
        unfinished.rename(kept)
    shutil.copytree(kept, directory / "home")
    return Home(directory / "home")


def _made(directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    return directory


def start_live(client: Client) -> None:
    """Submit the jobs that run all the while, and wait until all do."""
    say(f"starting {LIVE} jobs")
    for number in range(LIVE):
        client.submit(SubmitRequest(text=_live(number)))
    deadline = time.monotonic() + _PATIENCE
    while (client.jobs(state=ExecutionState.RUNNING, limit=1).total or 0) < LIVE:
        if time.monotonic() > deadline:
            raise SystemExit("the jobs do not get to run")
        time.sleep(0.5)


def _live(number: int) -> str:
    return f"""
    env {{ job.mode = "STREAMING", job.name = "live-{number}", checkpoint.interval = 10000, read_limit.rows_per_second = 5 }}
    source {{ FakeSource {{ plugin_output = "rows", schema {{ fields {{ id = bigint, name = string, amount = double }} }} }} }}
    transform {{ Sql {{ plugin_input = "rows", plugin_output = "large", query = "SELECT id, upper(name) AS name FROM rows" }} }}
    sink {{ Console {{ plugin_input = "large", log.print.data = false }} }}
    """


def say(text: str) -> None:
    """What is going on."""
    print(text, file=sys.stderr, flush=True)


def verdict(kept: bool) -> str:
    """For the table's last column."""
    return "kept" if kept else "[bold]missed[/bold]"


def empty_table(idle: float, memory: int) -> Table:
    """The table's head."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    shown = Table(
        title=f"{Past().executions:,} executions on record, {LIVE} jobs at work",
        caption=f"one client; daemon otherwise {100 * idle:.0f} % of a core and {memory / _MEBIBYTE:.0f} MiB; load {load}",
    )
    for name in ("what", "p50 ms", "p99 ms", "slowest ms", "client cpu ms", "daemon cpu ms", "promised", "verdict"):
        shown.add_column(name, justify="left" if name in {"what", "promised", "verdict"} else "right")
    return shown


def add_call(shown: Table, timing: Timing) -> None:
    """The line of one call."""
    p99 = timing.percentile(0.99)
    figures = (timing.percentile(0.5), p99, max(timing.seconds), timing.client, timing.daemon)
    promised = f"p99 < {1000 * TARGET_SECONDS:.0f} ms"
    shown.add_row(timing.name, *(f"{1000 * value:.1f}" for value in figures), promised, verdict(p99 < TARGET_SECONDS))


def add_submits(shown: Table, what: str, result: Submitted) -> None:
    """The line of one kind of submit."""
    shown.add_row(
        f"submits, {what}: {result.rate:.0f} a second",
        "",
        "",
        f"{1000 * result.slowest:.0f}",
        "",
        f"{1000 * result.cpu:.1f}",
        f"{SUBMITS_PER_SECOND} a second",
        verdict(result.rate >= SUBMITS_PER_SECOND),
    )


def add_streams(shown: Table, result: Streamed) -> None:
    """The lines of the event streams."""
    shown.add_row(
        f"{result.streams} event streams, {result.seconds:.0f} s: {result.lost} lost, {result.least} to {result.most} events"
        f" each, {result.bytes / _MEBIBYTE:.0f} MiB; daemon {100 * result.cpu:.0f} % of a core (before"
        f" {100 * result.cpu_before:.0f} %), this program {100 * result.own_cpu:.0f} %; status in"
        f" {1000 * result.answer:.0f} ms at most",
        *[""] * 5,
        "none lost",
        verdict(result.lost == 0 and result.least > 0),
    )
    before, most, after = (value / _MEBIBYTE for value in (result.memory_before, result.memory_most, result.memory_after))
    shown.add_row(
        f"the daemon's memory: {before:.0f} MiB before, {most:.0f} at most, {after:.0f} after",
        *[""] * 5,
        "bounded: 1 MiB a stream",
        verdict(most - before < result.streams),
    )


def measured(home: Home, chosen: Sequence[str]) -> Table:
    """Everything that is asked for, of a daemon that ends with it."""
    with Client.connect(home, start=True, timeout=120.0) as client:
        try:
            daemon = Daemon(psutil.Process(client.status().pid))
            start_live(client)
            idle = daemon.idle()
            shown = empty_table(idle, daemon.memory())
            if "calls" in chosen:
                known = look_around(client)
                for name in CALLS:
                    say(name)
                    add_call(shown, measure_call(name, client, known, ASKED, daemon.cpu, idle))
                shown.add_section()
            if "streams" in chosen:
                say("event streams")
                add_streams(shown, stream(home, client, STREAMS, SECONDS, daemon.cpu, daemon.memory))
                shown.add_section()
            if "submits" in chosen:
                say("submits")
                add_submits(shown, "only stored", submit_many(home, SUBMITS, stored, daemon.cpu, idle))
                fill_queue(client)
                add_submits(shown, "into a full queue", submit_many(home, SUBMITS, queued, daemon.cpu, idle))
                empty_queue(client)
            return shown
        finally:
            with contextlib.suppress(ApiError):  # it ends, but a hundred workers take longer than its answer may
                client.shutdown()


def main(arguments: Sequence[str] = ()) -> None:
    """Measure what is asked for, else everything, and print the table."""
    if unknown := set(arguments) - set(PARTS):
        raise SystemExit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    directory = Path(tempfile.mkdtemp(prefix="flowdeck-bench-run-"))
    try:
        Console(width=170).print(measured(home_with_a_past(directory), arguments or PARTS))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
