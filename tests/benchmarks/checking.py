"""How long `flowdeck check` takes: a thousand job files, and one file from the start of the process to its end.

    python -P tests/benchmarks/checking.py

Every figure is the median of several runs of the installed command, with the slowest beside it.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from measure import measure

FILES = 1000
RUNS = 5
COMMAND = Path(sys.executable).parent / "flowdeck"
SAMPLE = Path(__file__).parents[2] / "samples" / "flights.conf"


def with_sql(number: int) -> str:
    """The sample of 2.4 kB, with names and a query of its own, so that nothing can be looked up instead of checked."""
    text = SAMPLE.read_text().replace('"flights"', f'"flights{number}"').replace("FROM flights", f"FROM flights{number}")
    return text.replace("* 60.0", f"* {number}.0")


def without_sql(number: int) -> str:
    """The same without its query, for what a check costs without DuckDB."""
    text = with_sql(number)
    start, end = text.index("  Sql {"), text.index("  Filter {")
    text = text[:start] + text[end:].replace('plugin_input = "arrived"', f'plugin_input = "flights{number}"')
    return re.sub(r",\s*speed\b|speed = miles_per_hour\n", "", text)


def write(directory: Path, files: int, text: Callable[[int], str]) -> Path:
    """A directory of job files."""
    directory.mkdir()
    for number in range(1, files + 1):
        (directory / f"job{number}.conf").write_text(text(number))
    return directory


def report(name: str, path: Path, log: Path, promise: float) -> None:
    """Measure one check and print its line."""
    runs = [measure([str(COMMAND), "check", str(path)], log) for _ in range(RUNS)]
    wall, cpu = statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs)
    slowest = max(run.wall for run in runs)
    memory = max(run.memory for run in runs) / 1e6
    verdict = "kept" if wall < promise else "MISSED"
    print(f"{name:34} {wall:7.3f} s  {slowest:7.3f} s  {cpu:7.3f} s  {memory:5.0f} MB   {promise:g} s {verdict}")


def main() -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="flowdeck-bench-") as folder:
        base = Path(folder)
        log = base / "log"
        print(f"{'':34} {'median':>9}  {'slowest':>9}  {'cpu':>9}  {'memory':>8}   promised")
        report("one file, without SQL", write(base / "one", 1, without_sql), log, 0.25)
        report("one file, with SQL (loads DuckDB)", write(base / "one-sql", 1, with_sql), log, 0.25)
        report(f"{FILES} files, without SQL", write(base / "many", FILES, without_sql), log, 3)
        report(f"{FILES} files, with SQL", write(base / "many-sql", FILES, with_sql), log, 3)


if __name__ == "__main__":
    main()
