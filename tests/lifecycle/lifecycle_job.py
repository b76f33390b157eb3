"""The jobs of the lifecycle model: deterministic rows at a limited rate into part files, and the look at what is written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

import duckdb

from runner.connectors.fake.columns import MakerFactory
from runner.connectors.fake.settings import read_settings
from runner.connectors.options import Options
from runner.connectors.table_schema import declared_columns
from runner.requests import SubmitRequest

ROWS = 2_400
SPLITS = 4
SLOW = 150
"""Rows each second and reader: a job takes some seconds, so that there is something to interrupt."""
FAST = 1_000_000
QUEUE = "shared"
SIDE = "aside"
"""The queue that jobs are moved to, and back from."""
KEY = "one"
PINNED_JOBS = frozenset({"delta", "epsilon"})
"""The names of those that are pinned to the key where they are at home: one of them runs at a time."""
VARIANTS = 6
_ALIAS = "-too"


@dataclass(frozen=True, slots=True)
class LifecycleJob:
    """One job by the name in its text. The file of a watched one is in the directory that the daemon watches. One that
    ``renames`` is called something else at times, and stays the job of its file."""

    name: str
    directory: Path
    sink_format: str = "json"
    watched: bool = False
    renames: bool = False

    @property
    def file(self) -> Path:
        """Its job file, when it has one."""
        return (self.directory / "watched" if self.watched else self.directory) / f"{self.name}.conf"

    @property
    def alias(self) -> str:
        """The other name that it may be given."""
        return self.name + _ALIAS

    def queue(self, *, aside: bool = False) -> str:
        """The queue that it waits in, as the daemon calls it; ``aside``: once it is moved."""
        if aside:
            return SIDE
        return f"pinned:{KEY}" if self.name in PINNED_JOBS else QUEUE

    @property
    def target(self) -> Path:
        """Where its rows go."""
        return self.directory / "out" / self.name

    def text(self, variant: int, *, aside: bool = False) -> str:
        """The job file. Variants differ in settings of the supervisor, in the number of workers, and in what is written;
        ``aside``, in the queue."""
        return dedent(
            f"""
            env {{
              job.name = "{self.name}", job.mode = "BATCH", {self._place(aside=aside)}
              workers = {1 + variant % 2}
              checkpoint.interval = {100 + 50 * (variant % 3)}, checkpoint.retained = 1000
              read_limit.rows_per_second = {SLOW}
              restart.attempts = 100000, restart.delay = 0
            }}
            source {{ FakeSource {{
              plugin_output = "made", row.num = {ROWS}, split.num = {SPLITS}, seed = 11
              schema {{ fields {{ id = bigint, word = string }} }}
            }} }}
            transform {{ Sql {{
              plugin_input = "made", plugin_output = "shaped", query = "SELECT id, word, {variant // 3} AS variant FROM made"
            }} }}
            sink {{ LocalFile {{
              plugin_input = "shaped", path = "{self.target}", file_format_type = "{self.sink_format}"
              data_save_mode = "DROP_DATA"
            }} }}
            """
        )

    def _place(self, *, aside: bool) -> str:
        if aside:
            return f'job.queue = "{SIDE}"'
        return f'job.queue.key = "{KEY}"' if self.name in PINNED_JOBS else f'job.queue = "{QUEUE}"'

    def request(self, variant: int, *, aside: bool = False) -> SubmitRequest:
        """The request that submits it."""
        text = self.text(variant, aside=aside)
        if self.watched or self.renames:
            return SubmitRequest(text=text, file=str(self.file))
        return SubmitRequest(text=text, base_directory=str(self.directory))

    def trouble(self, *, may_repeat: bool, may_lack: bool) -> list[str]:
        """What is wrong with the output of the finished job; ``may_repeat``: rows may be there more than once; ``may_lack``:
        or not at all."""
        found = [f"left behind: {path.relative_to(self.target)}" for path in self.staged()]
        counts, expected = Counter(self._written()), expected_rows()
        missing, strange = expected - counts.keys(), counts.keys() - expected
        repeated = [row for row, count in counts.items() if count > 1]
        if missing and not may_lack:
            found.append(f"{len(missing)} of {ROWS} rows are missing")
        if strange:
            found.append(f"{len(strange)} rows were never made, such as {next(iter(strange))}")
        if repeated and not may_repeat:
            found.append(f"{len(repeated)} rows are there more than once")
        return found

    def staged(self) -> list[Path]:
        """Files of the target that are not visible output."""
        if not self.target.exists():
            return []
        return [path for path in self.target.rglob("*") if path.is_file() and path.suffix != f".{self.sink_format}"]

    def _written(self) -> Iterable[tuple[int, str]]:
        files = sorted(self.target.glob(f"*.{self.sink_format}"))
        if not files:
            return []
        if self.sink_format == "json":
            rows = (json.loads(line) for file in files for line in file.read_text().splitlines())
            return [(row["id"], row["word"]) for row in rows]
        return duckdb.sql(f"SELECT id, word FROM read_parquet('{self.target}/*.parquet')").fetchall()


def own_name(name: str) -> str:
    """The name in the text of the job that is called so."""
    return name.removesuffix(_ALIAS)


@cache
def expected_rows() -> frozenset[tuple[int, str]]:
    """What an undisturbed job writes, told by the source itself."""
    options = Options({"seed": 11, "schema": {"fields": {"id": "bigint", "word": "string"}}}, "FakeSource")
    factory = MakerFactory(read_settings(options))
    ids, words = (factory.column(column).make(0, ROWS).to_pylist() for column in declared_columns(options) or ())
    rows = frozenset(zip(ids, words, strict=True))
    assert len(rows) == ROWS, "two rows are the same: choose another seed"
    return rows
