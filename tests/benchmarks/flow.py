"""``make bench``: one table, one run, of flowdeck against the plain DuckDB and pyarrow programs for the same work.

CPU seconds cover the whole process tree, start-up and imports included. The runs take turns, so that a machine whose speed
drifts slows all of them alike; the figures are medians. ``FLOWDECK_BENCH_ROWS`` and ``FLOWDECK_BENCH_RUNS`` change the size.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from measure import Measurement, measure, median
from workload import duckdb_program, fake_job, file_job, orders_csv, pyarrow_program

ROWS = int(os.environ.get("FLOWDECK_BENCH_ROWS", "10000000"))
RUNS = int(os.environ.get("FLOWDECK_BENCH_RUNS", "3"))
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table: how to run it, and how many rows it reads."""

    name: str
    rows: int
    run: Callable[[], Measurement]


class Bench:
    """The cases, over one scratch directory."""

    def __init__(self, directory: Path, inputs: Path) -> None:
        self._directory = directory
        self._inputs = inputs
        self._log = directory / "output.log"

    def cases(self) -> list[Case]:
        """What is compared, the plain programs first."""
        return [
            Case("duckdb COPY, csv -> parquet", ROWS, self._duckdb),
            Case("pyarrow, csv -> parquet", ROWS, self._pyarrow),
            Case("flowdeck, checkpoints off", ROWS, lambda: self._file_job(ROWS, None)),
            Case("flowdeck, checkpoint each second", ROWS, lambda: self._file_job(ROWS, 1000)),
            Case("flowdeck, a tenth of the rows", ROWS // 10, lambda: self._file_job(ROWS // 10, 1000)),
            Case("flowdeck, FakeSource -> Console (silent)", ROWS, self._fake_job),
        ]

    def _duckdb(self) -> Measurement:
        target = self._directory / "duckdb.parquet"
        return self._checked(duckdb_program(orders_csv(self._inputs, ROWS), target), ROWS, str(target))

    def _pyarrow(self) -> Measurement:
        target = self._directory / "pyarrow.parquet"
        return self._checked(pyarrow_program(orders_csv(self._inputs, ROWS), target), ROWS, str(target))

    def _file_job(self, rows: int, checkpoint_milliseconds: int | None) -> Measurement:
        target = self._directory / "flowdeck"
        job = self._write("orders.conf", file_job(orders_csv(self._inputs, rows), target, checkpoint_milliseconds))
        return self._checked(self._flowdeck(job), rows, f"{target}/*.parquet")

    def _fake_job(self) -> Measurement:
        return measure(self._flowdeck(self._write("fake.conf", fake_job(ROWS))), self._log)

    def _flowdeck(self, job: Path) -> list[str]:
        return [str(Path(sys.executable).parent / "flowdeck"), "--home", str(self._directory / "home"), "run", str(job)]

    def _write(self, name: str, text: str) -> Path:
        path = self._directory / name
        path.write_text(text)
        return path

    def _checked(self, command: list[str], rows: int, output: str) -> Measurement:
        """Measure, and refuse a fast wrong answer."""
        result = measure(command, self._log)
        source = orders_csv(self._inputs, rows)
        found = duckdb.sql(f"SELECT count(*), sum(id) FROM read_parquet('{output}')").fetchall()
        expected = duckdb.sql(f"SELECT count(*), sum(id) FROM read_csv('{source}') WHERE amount > 500").fetchall()
        if found != expected:
            raise SystemExit(f"wrong output in {output}: {found}, expected {expected}")
        return result


def table(results: list[tuple[Case, Measurement]]) -> Table:
    """The figures, with CPU per row relative to the plain DuckDB program."""
    base_case, base = results[0]
    reference = base.cpu / base_case.rows
    shown = Table("", "rows", "wall s", "cpu s", "M rows/s", "cpu per row / duckdb", "peak MiB", title=f"median of {RUNS}")
    for column in shown.columns[1:]:
        column.justify = "right"
    for case, result in results:
        shown.add_row(
            case.name,
            f"{case.rows:,}",
            f"{result.wall:.2f}",
            f"{result.cpu:.2f}",
            f"{case.rows / result.wall / 1e6:.2f}",
            f"{result.cpu / case.rows / reference:.2f}",
            f"{result.memory / MEBIBYTE:.0f}",
        )
    return shown


def main() -> None:
    """Run every case ``RUNS`` times in turn and print the table."""
    inputs = Path(tempfile.gettempdir()) / "flowdeck-bench"
    inputs.mkdir(exist_ok=True)
    for rows in (ROWS, ROWS // 10):
        orders_csv(inputs, rows)
    directory = Path(tempfile.mkdtemp(prefix="flowdeck-bench-run-"))
    cases = Bench(directory, inputs).cases()
    results: dict[str, list[Measurement]] = {case.name: [] for case in cases}
    for turn in range(RUNS):
        for case in cases:
            print(f"run {turn + 1}/{RUNS}: {case.name}", file=sys.stderr, flush=True)
            results[case.name].append(case.run())
    Console(width=120).print(table([(case, median(results[case.name])) for case in cases]))
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
