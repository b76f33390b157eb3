"""A real daemon in a process of its own, a job that copies a CSV exactly once, and the means to kill either at any instant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeVar

import duckdb

from runner.client import Client, DaemonUnreachable
from runner.home import Home
from runner.model import Job
from runner.requests import SubmitRequest

FLOWDECK = Path(sys.executable).parent / "flowdeck"
TIMEOUT = 30.0
T = TypeVar("T")


class ChaosDaemon:
    """Starts, kills and restarts the daemon of one home."""

    def __init__(self, directory: Path) -> None:
        self.home = Home(directory)
        self.client = Client(self.home)
        self._process: subprocess.Popen[bytes] | None = None
        self._output = directory.with_suffix(".output")

    def start(self) -> None:
        """Start the daemon and wait until ``client`` reaches it."""
        with self._output.open("ab") as output:
            command = [str(FLOWDECK), "--home", str(self.home.path), "up", "--foreground"]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        eventually(self._answers, f"the daemon does not answer; see {self._output}")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._output.read_text()
        try:
            self.client.status()
        except DaemonUnreachable:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL, and wait for the process to be gone."""
        assert self._process is not None
        self.client.close()
        self._process.kill()
        self._process.wait(TIMEOUT)

    def stop(self) -> None:
        """SIGTERM, and expect a clean exit."""
        assert self._process is not None
        self.client.close()
        self._process.terminate()
        assert self._process.wait(TIMEOUT) == 0, self._output.read_text()


@dataclass(frozen=True)
class CopyJob:
    """A CSV of ``rows`` numbered rows -> Sql, Filter, FieldMapper -> part files, checkpoint every 200 ms."""

    name: str
    source: Path
    target: Path
    rows: int
    file_format: str = "parquet"
    rows_per_second: int = 150_000
    workers: int = 1

    def text(self) -> str:
        """The job file."""
        return dedent(
            f"""
            env {{
              job.name = "{self.name}"
              job.mode = "BATCH"
              workers = {self.workers}
              checkpoint.interval = 200
              read_limit.rows_per_second = {self.rows_per_second}
              restart.strategy = "fixed_delay"
              restart.attempts = 100000
              restart.delay = 0
            }}
            source {{
              LocalFile {{
                plugin_output = "numbers"
                path = "{self.source}"
                file_format_type = "csv"
                skip_header_row_number = 1
                schema {{ fields {{ id = bigint, word = string, amount = double }} }}
              }}
            }}
            transform {{
              Sql {{
                plugin_input = "numbers"
                plugin_output = "kept"
                query = "SELECT id, upper(word) AS word, amount * 2 AS doubled FROM numbers WHERE id % 3 <> 0"
              }}
              Filter {{ plugin_input = "kept", plugin_output = "narrow", include_fields = [id, word] }}
              FieldMapper {{ plugin_input = "narrow", plugin_output = "named", field_mapper {{ id = number, word = label }} }}
            }}
            sink {{
              LocalFile {{ plugin_input = "named", path = "{self.target}", file_format_type = "{self.file_format}" }}
            }}
            """
        )

    def submit(self, client: Client, restore: str = "none") -> Job:
        """Hand the job to the daemon."""
        return client.submit(SubmitRequest(text=self.text(), base_directory=str(self.source.parent), restore=restore))

    def output_is_exact_prefix(self) -> bool:
        """True when the visible output is the expected rows of some prefix of the input, each exactly once.

        Only for one worker. Committing renames part files one by one, so a look in between may see a gap: ask again. A row
        that was lost or written twice stays so, and no later look is true.
        """
        count, distinct, highest = self._figures()
        return count == distinct and count == _expected_rows(highest + 1)

    def assert_output_is_complete(self) -> None:
        """Every expected row is there once, with the right value, and nothing else."""
        assert self._figures() == (_expected_rows(self.rows),) * 2 + (self._last_number(),)
        assert _rows(f"FROM {self._reader()} WHERE label <> upper('word-' || number) OR number % 3 = 0") == []

    def assert_nothing_staged(self) -> None:
        """No hidden file or directory is left beside the output."""
        hidden = [
            path for path in self.target.rglob("*") if any(part.startswith(".") for part in path.relative_to(self.target).parts)
        ]
        assert hidden == []

    def _last_number(self) -> int:
        last = self.rows - 1
        return last if last % 3 else last - 1

    def _figures(self) -> tuple[int, int, int]:
        if not any(self.target.glob(f"*.{self.file_format}")):
            return 0, 0, -1
        (figures,) = _rows(f"SELECT count(*), count(DISTINCT number), coalesce(max(number), -1) FROM {self._reader()}")
        return figures[0], figures[1], figures[2]

    def _reader(self) -> str:
        function = {"parquet": "read_parquet", "json": "read_json", "csv": "read_csv"}[self.file_format]
        columns = {
            "parquet": "",
            "json": ", columns = {'number': 'BIGINT', 'label': 'VARCHAR'}, format = 'newline_delimited'",
            "csv": ", columns = {'number': 'BIGINT', 'label': 'VARCHAR'}, header = false",
        }[self.file_format]
        return f"{function}('{self.target}/*.{self.file_format}'{columns})"


def write_numbers(path: Path, rows: int) -> Path:
    """The input: ``id,word,amount`` with ids 0 to ``rows - 1`` in order."""
    duckdb.sql(
        f"""
        COPY (SELECT range AS id, 'word-' || range AS word, range / 4 AS amount FROM range({rows}))
        TO '{path}' (FORMAT csv, HEADER)
        """
    )
    return path


def eventually(probe: Callable[[], T | None], complaint: str, timeout: float = TIMEOUT) -> T:
    """The first truthy answer of ``probe``, asked every 20 ms."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(complaint)


def kill_hard(pid: int) -> bool:
    """SIGKILL a process that may be gone already; True when it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _expected_rows(rows: int) -> int:
    """How many of ids 0 to ``rows - 1`` are not divisible by three."""
    return rows - (rows + 2) // 3


def _rows(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()
