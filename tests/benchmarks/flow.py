"""``make bench``: one table, one run, of flowdeck against plain programs and its peers doing the same work.

    python -P tests/benchmarks/flow.py [csv] [json] [parquet] [fake] [small] [memory] [crowd]

CPU seconds and memory are those of the whole process tree, start-up and imports included; every output is checked. The runs
take turns, so that a machine whose speed drifts slows all of them alike: what is compared is compared within a turn, and the
figures are medians. ``FLOWDECK_BENCH_SCALE`` (0.01 for a quick look) changes the sizes, ``FLOWDECK_BENCH_RUNS`` the turns,
``FLOWDECK_BENCH_PEERS`` names an interpreter that has polars, bytewax and PySpark; those that are missing are said to be.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from cases import Bench, Case, Sizes, missing
from daemons import Crowd, WarmDaemon
from measure import Measurement, median

RUNS = int(os.environ.get("FLOWDECK_BENCH_RUNS", "3"))
SCALE = float(os.environ.get("FLOWDECK_BENCH_SCALE", "1"))
MEBIBYTE = 1024 * 1024
GROUPS = ("csv", "json", "parquet", "fake", "small", "memory", "crowd")


@dataclass(slots=True)
class Results:
    """The measurements of one group's cases, by turn."""

    cases: list[Case]
    turns: list[dict[str, Measurement]] = field(default_factory=list)

    def of(self, case: Case) -> list[Measurement]:
        """The runs of one case."""
        return [turn[_key(case)] for turn in self.turns if _key(case) in turn]

    def relative(self, case: Case) -> float | None:
        """CPU seconds per row over those of the best plain program of the same turn, the median of the turns."""
        ratios = []
        for turn in self.turns:
            plain = [turn[_key(other)].cpu / other.rows for other in self.cases if other.plain and _key(other) in turn]
            if plain and _key(case) in turn:
                ratios.append(turn[_key(case)].cpu / case.rows / min(plain))
        return statistics.median(ratios) if ratios else None


def _key(case: Case) -> str:
    return f"{case.name}, {case.rows}, {case.checkpoints}"


def run_group(cases: list[Case]) -> Results:
    """Run the cases in turns; those that are slow once."""
    results = Results(cases)
    for turn in range(RUNS):
        measured: dict[str, Measurement] = {}
        for case in cases:
            if missing(case) or (case.slow and turn):
                continue
            print(f"run {turn + 1}/{RUNS}: {case.group}, {_key(case)}", file=sys.stderr, flush=True)
            measured[_key(case)] = case.run()
        results.turns.append(measured)
    return results


def empty_table() -> Table:
    """The table's head."""
    shown = Table(title=f"median of {RUNS} runs in turns", caption="cpu / best: per row, over the best plain program")
    for name in ("work", "by", "checkpoints", "rows", "wall s", "cpu s", "M rows/s", "cpu / best", "peak MiB"):
        shown.add_column(name, justify="left" if name in {"work", "by", "checkpoints"} else "right")
    return shown


def add_group(shown: Table, results: Results) -> None:
    """The lines of one group."""
    for number, case in enumerate(results.cases):
        group = "" if number else case.group
        runs = results.of(case)
        if not runs:
            shown.add_row(group, f"{case.name}: not installed", "", f"{case.rows:,}")
            continue
        result, relative = median(runs), results.relative(case)
        shown.add_row(
            group,
            case.name,
            case.checkpoints,
            f"{case.rows:,}",
            f"{result.wall:.2f}",
            f"{result.cpu:.2f}",
            f"{case.rows / result.wall / 1e6:.2f}",
            "" if relative is None else f"{relative:.2f}",
            f"{result.memory / MEBIBYTE:.0f}",
        )
    shown.add_section()


def add_crowd(shown: Table, crowd: Crowd, how: str) -> None:
    """The line of the many small jobs."""
    shown.add_row(
        f"{crowd.jobs} jobs, {how}",
        f"flowdeck: {crowd.finished} finished, {crowd.together} at once, {crowd.jobs / crowd.seconds:.1f} a second, the slowest"
        f" {crowd.slowest:.1f} s; half of them started within {statistics.median(crowd.starts):.2f} s, all within"
        f" {crowd.starts[-1]:.2f} s; {crowd.silences} missed heartbeats, {crowd.restarts} restarts",
        "at the end",
        f"{100 * crowd.jobs:,}",
        f"{crowd.seconds:.2f}",
        f"{crowd.cpu:.2f}",
        "",
        "",
        f"{crowd.memory / MEBIBYTE:.0f}",
    )


def main(arguments: Sequence[str] = ()) -> None:
    """Run what is asked for, else everything, and print the table."""
    chosen = [name for name in GROUPS if name in arguments] if arguments else list(GROUPS)
    if unknown := set(arguments) - set(GROUPS):
        raise SystemExit(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    inputs = Path(tempfile.gettempdir()) / "flowdeck-bench"
    inputs.mkdir(exist_ok=True)
    sizes = Sizes().scaled(SCALE)
    directory = Path(tempfile.mkdtemp(prefix="flowdeck-bench-run-"))
    bench, shown = Bench(directory, inputs, sizes), empty_table()
    daemon = WarmDaemon(directory / "crowd")
    try:
        for name in chosen:
            if name == "crowd":
                add_crowd(shown, daemon.crowd(sizes.crowd), "as fast as they come")
                add_crowd(shown, daemon.crowd(sizes.crowd, stay=1 + sizes.crowd // 4), "staying")
            else:
                add_group(shown, run_group(bench.groups()[name]()))
        Console(width=160).print(shown)
    finally:
        daemon.close()
        bench.close()


if __name__ == "__main__":
    main(sys.argv[1:])
