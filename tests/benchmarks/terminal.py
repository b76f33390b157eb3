"""``make bench-terminal``: the terminal UI in a real pseudo terminal, over a staged daemon with very many jobs.

    python -P tests/benchmarks/terminal.py [--jobs 10000] [--changes 200] [--seconds 20] [--keys 200] [--soak MINUTES]
    python -P tests/benchmarks/terminal.py --soak 30 --only-soak         as ``make soak-terminal`` does

Prints a table of what was measured beside the budget. Exit code 1 when something was wrong (a terminal that was not restored);
a figure over its budget is marked, not an error: machines differ.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from pseudo_terminal import NotInTime, Painted, PseudoTerminal

from runner.home import Home

HERE = Path(__file__).parent
MEBIBYTE = 1024 * 1024
PROGRAM = "import sys; from tui.cli.main import main; sys.argv = ['flowdeck', '--home', sys.argv[1]]; main()"
CRASHING = (
    "import tui.app\ndef fail(self): raise RuntimeError('as a defect would')\ntui.app.FlowdeckApp.action_retry = fail\n"
) + PROGRAM
_PRESSED_EVERY = 0.045


SOAKED = (
    """import asyncio, os, signal, sys
place = sys.argv[1] + ".tasks"
def note(*_):
    with open(place + ".new", "w") as file:
        file.write(str(len(asyncio.all_tasks())))
    os.replace(place + ".new", place)
signal.signal(signal.SIGUSR1, note)
"""
    + PROGRAM
)
"""Says how many tasks its event loop has when it is asked with a signal."""
_STROLL = (
    *"jjjjkkG12345678", "1", "\r", "2", "\x1b", "g", "!", " ", "\x1b", "/", *"job-01", "\r", "j", "c",
    "?", "\x1b", ":", *"sav", "\x1b", "a", "\x1b", "o", "o", "O", "]", "[", "\x1b[D", "\x1b[F", "\x1b[6~", "\x1b[5~", "g", "1",
)  # fmt: skip
"""Keys: every tab, the whole screen, filter, help, palette, menu, order, window, moments."""
_TO_CHANGING = "\x1b[6~" * 4
"""Page down: past the jobs that failed, which come first and do not change."""
_SETTLING = 180.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; ``budget`` is what it may be at most (None: it is only told)."""

    what: str
    value: float
    unit: str
    budget: float | None = None


class Held(NamedTuple):
    """What the program has taken of the machine."""

    mebibytes: float
    files: int
    threads: int
    tasks: int

    def __str__(self) -> str:
        return f"{self.mebibytes:.1f} MiB, {self.files} files, {self.threads} threads, {self.tasks} tasks"


@contextlib.contextmanager
def staged(home: Path, jobs: int, changes: int) -> Iterator[None]:
    """A daemon in a process of its own, for the time of the block."""
    command = [sys.executable, "-P", str(HERE / "crowd_daemon.py"), str(Home(home).socket_path), str(jobs), str(changes)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    try:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            raise RuntimeError("the staged daemon did not start")
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def opened(home: Path, program: str = PROGRAM) -> Iterator[PseudoTerminal]:
    """The program on that daemon, with its jobs on the screen."""
    terminal = PseudoTerminal(program, str(home))
    try:
        terminal.until(b"job-")
        yield terminal
    finally:
        terminal.close()


def paints(home: Path, times: int = 5) -> Iterator[Figure]:
    """From the start to the first byte of the interface, and to the jobs."""
    walls, costs, jobs = [], [], []
    for _ in range(times):
        terminal = PseudoTerminal(PROGRAM, str(home))
        try:
            walls.append(terminal.until(b"flowdeck"))
            costs.append(terminal.cpu())
            jobs.append(terminal.until(b"job-"))
        finally:
            terminal.close()
    yield Figure("first paint", statistics.median(walls) * 1000, "ms", 500)
    yield Figure("first paint, CPU", statistics.median(costs) * 1000, "ms", 350)
    yield Figure("the jobs are there", statistics.median(jobs) * 1000, "ms")


def keys(terminal: PseudoTerminal, name: str, pressed: str, count: int, budget: float | None) -> Iterator[Figure]:
    """From a key to the first byte that is written after it."""
    took = []
    for number in range(count):
        terminal.drain(_PRESSED_EVERY)
        took.append(terminal.answer(pressed[number % len(pressed)]) * 1000)
    took.sort()
    yield Figure(f"{name} to first byte, p50", statistics.median(took), "ms", budget)
    yield Figure(f"{name} to first byte, p99", took[min(int(len(took) * 0.99), len(took) - 1)], "ms")


def watching(terminal: PseudoTerminal, seconds: float) -> Iterator[Figure]:
    """What it costs to look on."""
    painted = Painted()
    began, cpu, written = time.perf_counter(), terminal.cpu(), 0
    while time.perf_counter() - began < seconds:
        data = terminal.read(0.1)
        written += len(data)
        painted.take(data)
    took = time.perf_counter() - began
    yield Figure("share of a core, looking on", (terminal.cpu() - cpu) / took * 100, "%", 6)
    yield Figure("memory", terminal.memory() / MEBIBYTE, "MiB", 80)
    yield Figure("written", written / took / 1000, "kB/s")
    yield Figure("lines painted", painted.lines / took, "a second")
    yield Figure("lines painted though they were the same", painted.same / took, "a second", 0)


def looking_on(home: Path, seconds: float, count: int) -> Iterator[Figure]:
    """Somebody looks on, then moves the cursor, then filters."""
    with opened(home) as terminal:
        terminal.drain(5)
        terminal.type(_TO_CHANGING)
        terminal.drain(2)
        yield from watching(terminal, seconds)
        yield from keys(terminal, "a cursor key", "jjjjjjk", count, 10)
        terminal.type("/")
        terminal.drain(1)
        yield from keys(terminal, "a letter of a filter", "job-0\x7f\x7f\x7f\x7f\x7f", min(count, 60), None)


def leaving(home: Path) -> Iterator[Figure]:
    """How long quitting takes, and whether the terminal is as it was, however the program ends."""
    endings: tuple[tuple[str, str, Callable[[PseudoTerminal], None]], ...] = (
        ("q", PROGRAM, lambda terminal: terminal.type("q")),
        ("SIGTERM", PROGRAM, lambda terminal: terminal.process.send_signal(signal.SIGTERM)),
        ("a crash", CRASHING, lambda terminal: terminal.type("r")),
    )
    for name, program, end in endings:
        with opened(home, program) as terminal:
            terminal.drain(1.5)
            end(terminal)
            _, took = terminal.ended()
            if not terminal.is_restored:
                raise RuntimeError(f"after {name} the terminal is not as it was: {terminal.output[-300:]!r}")
            yield Figure(f"ended after {name}, the terminal as it was", took * 1000, "ms", 100 if name != "a crash" else None)


def soak(home: Path, minutes: float) -> Iterator[Figure]:
    """Whether it grows, while somebody moves about all the time. What it holds is read when every tab and screen was open once
    and the two minutes that trends show are full; in a short soak that is not yet so, and the figure is larger."""
    with opened(home, SOAKED) as terminal:
        began = time.monotonic()
        first = last = _strolled(terminal, home)
        while (passed := time.monotonic() - began) < minutes * 60:
            if passed < min(_SETTLING, minutes * 20):
                first = last
            last = _strolled(terminal, home)
            print(f"soak: {minutes - (time.monotonic() - began) / 60:.1f} min left, {last}", file=sys.stderr, flush=True)
    for what, before, after, unit, budget in zip(
        ("memory", "open files", "threads", "tasks"), first, last, ("MiB", "", "", ""), (4.0, 0.0, 0.0, 0.0), strict=True
    ):
        yield Figure(f"{what} more after {minutes:g} minutes of moving about (from {before:.1f})", after - before, unit, budget)


def _strolled(terminal: PseudoTerminal, home: Path) -> Held:
    """What it holds after a turn through everything there is, back where it began."""
    for pressed in _STROLL:
        terminal.type(pressed)
        terminal.drain(0.3)
        if terminal.process.poll() is not None:
            raise NotInTime(f"it has ended after {pressed!r}: {terminal.output[-2000:]!r}")
    terminal.drain(1.5)
    return held(terminal, home)


def held(terminal: PseudoTerminal, home: Path) -> Held:
    """Resident memory, open files, threads, tasks of the event loop. Something under way is more, so the least of a few."""
    told = Path(f"{home}.tasks")
    seen = []
    for _ in range(5):
        terminal.process.send_signal(signal.SIGUSR1)
        terminal.drain(0.4)
        seen.append(
            Held(terminal.memory() / MEBIBYTE, terminal.seen.num_fds(), terminal.seen.num_threads(), int(told.read_text()))
        )
    return Held(*map(min, zip(*seen, strict=True)))


def shown(figures: list[Figure], jobs: int, changes: int) -> Table:
    """The table."""
    table = Table(title=f"the terminal UI, {jobs:,} jobs, {changes:,} of them changing each second, 160x45")
    for name in ("what", "measured", "", "budget"):
        table.add_column(name, justify="right" if name in {"measured", "budget"} else "left")
    for figure in figures:
        over = figure.budget is not None and figure.value > figure.budget
        budget = "" if figure.budget is None else f"{figure.budget:g}"
        table.add_row(figure.what, f"{figure.value:.1f}", figure.unit, f"{budget}{' over' if over else ''}")
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure the terminal UI in a pseudo terminal")
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to look on")
    parser.add_argument("--keys", type=int, default=200, help="how many keys to press")
    parser.add_argument("--soak", type=float, default=1.5, metavar="MINUTES", help="how long to look for growth")
    parser.add_argument("--only-soak", action="store_true", help="measure nothing else")
    chosen = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "h"
        with staged(home, chosen.jobs, chosen.changes):
            if not chosen.only_soak:
                figures += paints(home)
                figures += looking_on(home, chosen.seconds, chosen.keys)
                figures += leaving(home)
            if chosen.soak:
                figures += soak(home, chosen.soak)
    Console().print(shown(figures, chosen.jobs, chosen.changes))


if __name__ == "__main__":
    main()
