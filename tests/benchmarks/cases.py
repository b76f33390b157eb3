"""What is measured: groups of cases that do the same work, so that their figures can be compared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import job_files
import programs
from daemons import WarmDaemon
from measure import Measurement, measure
from orders import digest, expected, orders, read

PEERS = os.environ.get("FLOWDECK_BENCH_PEERS", sys.executable)
"""The interpreter whose environment has the peers: polars, bytewax, PySpark."""

FLOWDECK = str(Path(sys.executable).parent / "flowdeck")
NO_CHECKPOINTS = "has none"
SMALL_ROWS = 100


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of each group; ``memory``: three sizes whose peaks are compared."""

    csv: int = 10_000_000
    json: int = 5_000_000
    parquet: int = 10_000_000
    fake: int = 50_000_000
    memory: tuple[int, ...] = (1_000_000, 10_000_000, 50_000_000)
    crowd: int = 200

    def scaled(self, factor: float) -> Sizes:
        """All of them smaller or larger, the crowd excepted unless it shrinks."""

        def times(rows: int) -> int:
            return max(1000, int(rows * factor))

        return Sizes(
            csv=times(self.csv),
            json=times(self.json),
            parquet=times(self.parquet),
            fake=times(self.fake),
            memory=tuple(map(times, self.memory)),
            crowd=max(2, int(self.crowd * min(1.0, factor))),
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table. ``plain``: a program without a runner, which the others of the group are compared with;
    ``slow``: run once only."""

    group: str
    name: str
    rows: int
    run: Callable[[], Measurement]
    checkpoints: str = NO_CHECKPOINTS
    plain: bool = False
    slow: bool = False


@cache
def installed(library: str) -> bool:
    """Whether the peers' interpreter can import ``library``."""
    try:
        return subprocess.run([PEERS, "-c", f"import {library}"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


class Bench:
    """Makes the cases, over one scratch directory; inputs are kept in another. Use :meth:`close` at the end."""

    def __init__(self, directory: Path, inputs: Path, sizes: Sizes) -> None:
        self._directory = directory
        self._inputs = inputs
        self._sizes = sizes
        self._log = directory / "output.log"
        self._warm = WarmDaemon(directory / "warm")

    def close(self) -> None:
        """End the warm daemon and remove what was written."""
        self._warm.close()
        shutil.rmtree(self._directory)

    def groups(self) -> dict[str, Callable[[], list[Case]]]:
        """The cases of each group, made when asked for: that writes the inputs."""
        sizes = self._sizes
        return {
            "csv": lambda: self._files("csv", "parquet", sizes.csv, (None, 1000, 100)),
            "json": lambda: self._files("json", "json", sizes.json, (None, 1000)),
            "parquet": lambda: self._files("parquet", "parquet", sizes.parquet, (None, 1000)),
            "fake": self._fake,
            "small": self._small,
            "memory": self._memory,
        }

    def _files(self, source: str, target: str, rows: int, intervals: tuple[int | None, ...]) -> list[Case]:
        group = f"{source} -> {target}"
        cases = [
            Case(group, "duckdb", rows, self._program(programs.DUCKDB, source, target, rows), plain=True),
            Case(group, "pyarrow", rows, self._program(programs.PYARROW, source, target, rows), plain=True),
            *self._peers(group, source, target, rows),
        ]
        cases = [case for case in cases if case.name != "pyarrow" or source in programs.PYARROW]
        cases.extend(self._flowdeck(group, source, target, rows, interval) for interval in intervals)
        cases.append(self._flowdeck(group, source, target, rows, 1000, parallelism=2))
        cases.append(self._flowdeck(group, source, target, rows, 1000, warm=True))
        return cases

    def _peers(self, group: str, source: str, target: str, rows: int) -> Iterator[Case]:
        if source in programs.POLARS:
            run = self._program(programs.POLARS, source, target, rows, PEERS)
            yield Case(group, "polars streaming", rows, run, plain=True)
        if source in programs.BYTEWAX_ARROW:
            run = self._program(programs.BYTEWAX_ARROW, source, target, rows, PEERS)
            yield Case(group, "bytewax, arrow batches", rows, run, "off")
            few = max(1000, rows // 10)
            run = self._program(programs.BYTEWAX_ROWS, source, target, few, PEERS)
            yield Case(group, "bytewax, row by row", few, run, "off", slow=True)
        run = self._program(programs.SPARK, source, target, rows, PEERS)
        yield Case(group, "pyspark", rows, run, "off", slow=True)

    def _program(
        self, texts: Mapping[str, str], source: str, target: str, rows: int, interpreter: str = sys.executable
    ) -> Callable[[], Measurement]:
        def run() -> Measurement:
            made = self._directory / f"made.{target}"
            _remove(made)
            path = orders(self._inputs, rows, source)
            result = measure(programs.command(interpreter, texts[source], str(path), str(made)), self._log)
            self._check(path, source, f"{made}/*.{target}" if made.is_dir() else str(made), target)
            return result

        return run

    def _flowdeck(
        self,
        group: str,
        source: str,
        target: str,
        rows: int,
        interval: int | None,
        parallelism: int = 1,
        *,
        warm: bool = False,
    ) -> Case:
        """``warm``: through a daemon that is up, whose CPU seconds for the job count too."""

        def run() -> Measurement:
            made = self._directory / "flowdeck"
            _remove(made)
            path = orders(self._inputs, rows, source)
            text = job_files.file_job(path, made, (source, target), interval, parallelism)
            result = self._warm.run(FLOWDECK, self._write("warm.conf", text), self._log) if warm else self._measured(text)
            self._check(path, source, f"{made}/*.{target}", target)
            return result

        kind = f", {parallelism} readers" if parallelism > 1 else ", daemon is up" if warm else ""
        return Case(group, f"flowdeck{kind}", rows, run, f"each {interval} ms" if interval else "at the end")

    def _measured(self, text: str) -> Measurement:
        return measure(self._job(text), self._log)

    def _check(self, path: Path, source: str, output: str, target: str) -> None:
        """Refuse a fast wrong answer."""
        found, wanted = digest(f"SELECT id, name, amount FROM {read(output, target)}"), _expected(path, source)
        if found != wanted:
            raise SystemExit(f"wrong output in {output}: {found}, expected {wanted}")

    def _fake(self) -> list[Case]:
        rows = self._sizes.fake
        plain = programs.command(sys.executable, programs.NUMPY, str(rows))
        job = self._job(job_files.fake_job(rows), "fake.conf")
        return [
            Case("FakeSource -> null", "numpy to arrow", rows, lambda: measure(plain, self._log), plain=True),
            Case("FakeSource -> null", "flowdeck", rows, lambda: measure(job, self._log), "at the end"),
        ]

    def _small(self) -> list[Case]:
        group, rows = f"{SMALL_ROWS} rows", SMALL_ROWS
        cases = [Case(group, "duckdb", rows, self._program(programs.DUCKDB, "csv", "parquet", rows), plain=True)]
        cases += [case for case in self._peers(group, "csv", "parquet", rows) if "row by row" not in case.name]
        cold = self._flowdeck(group, "csv", "parquet", rows, None)
        made = self._directory / "warm-made"
        text = job_files.file_job(orders(self._inputs, rows, "csv"), made, ("csv", "parquet"), None)
        job = self._write("warm.conf", text)
        return [
            *cases,
            Case(group, "flowdeck run, cold", rows, cold.run, "at the end"),
            Case(group, "flowdeck run, warm daemon", rows, lambda: self._warm.run(FLOWDECK, job, self._log), "at the end"),
            Case(group, "submit to finished, warm", rows, lambda: self._warm.submit(job), "at the end"),
        ]

    def _memory(self) -> list[Case]:
        return [self._flowdeck("memory: csv -> parquet", "csv", "parquet", rows, 1000) for rows in self._sizes.memory]

    def _job(self, text: str, name: str = "job.conf") -> list[str]:
        return [FLOWDECK, "--home", str(self._directory / "home"), "run", str(self._write(name, text))]

    def _write(self, name: str, text: str) -> Path:
        path = self._directory / name
        path.write_text(text)
        return path


def missing(case: Case) -> str:
    """The library that a case needs and that is not there, else nothing."""
    for library in ("polars", "bytewax", "pyspark"):
        if case.name.startswith(library) and not installed(library):
            return library
    return ""


@cache
def _expected(path: Path, source: str) -> list[tuple[object, ...]]:
    return expected(path, source)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
