"""A job that copies numbered rows exactly once, and the look at its output that tells whether it has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

import duckdb

from runner.client import Client
from runner.model import Job
from runner.requests import SubmitRequest

FILES = 12
"""How many files the input has: as many splits."""

_COLUMNS = "{'number': 'BIGINT', 'label': 'VARCHAR'}"
_READERS = {
    "parquet": "read_parquet('FILES')",
    "json": f"read_json('FILES', columns = {_COLUMNS}, format = 'newline_delimited')",
    "csv": f"read_csv('FILES', columns = {_COLUMNS}, header = false)",
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The input: ``rows`` numbered rows (id, word, amount) in files of each format, in order."""

    directory: Path
    rows: int

    def write(self) -> None:
        """Make the files."""
        share = self.rows // FILES
        for file_format, options in (("csv", ", HEADER"), ("json", ""), ("parquet", "")):
            directory = self.directory / file_format
            directory.mkdir(parents=True)
            for number in range(FILES):
                first, last = number * share, self.rows if number == FILES - 1 else (number + 1) * share
                duckdb.sql(
                    f"""
                    COPY (SELECT range AS id, 'word-' || range AS word, range / 4 AS amount FROM range({first}, {last}))
                    TO '{directory}/{number:02}.{file_format}' (FORMAT {file_format}{options})
                    """
                )


@dataclass(frozen=True, slots=True)
class CopyJob:
    """Numbers in one format -> Sql, Filter, FieldMapper -> part files in another, a checkpoint every 100 ms."""

    name: str
    numbers: Numbers
    target: Path
    source_format: str = "csv"
    sink_format: str = "parquet"
    workers: int = 1
    parallelism: int = 1
    seconds: float = 3.0
    """How long it takes when nobody disturbs it, by its rate."""

    @property
    def kind(self) -> str:
        """What tells its results from those of others in a table."""
        return f"{self.source_format} to {self.sink_format}, workers {self.workers}, readers {self.parallelism}"

    def text(self) -> str:
        """The job file."""
        readers = max(self.workers, self.parallelism)
        return dedent(
            f"""
            env {{
              job.name = "{self.name}"
              job.mode = "BATCH"
              workers = {self.workers}
              parallelism = {self.parallelism}
              checkpoint.interval = 100
              checkpoint.retained = 1000
              read_limit.rows_per_second = {int(self.numbers.rows / self.seconds / readers)}
              restart.strategy = "fixed_delay"
              restart.attempts = 100000
              restart.delay = 0
            }}
            source {{
              LocalFile {{
                plugin_output = "numbers"
                path = "{self.numbers.directory / self.source_format}"
                file_format_type = "{self.source_format}"
                {"skip_header_row_number = 1" if self.source_format == "csv" else ""}
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
              LocalFile {{ plugin_input = "named", path = "{self.target}", file_format_type = "{self.sink_format}" }}
            }}
            """
        )

    def submit(self, client: Client) -> Job:
        """Hand the job to the daemon."""
        return client.submit(SubmitRequest(text=self.text(), base_directory=str(self.numbers.directory)))

    def rows_expected(self) -> int:
        """How many rows the output has in the end."""
        return self.numbers.rows - (self.numbers.rows + 2) // 3

    def repeated(self) -> int:
        """How many rows of what is visible now are there more than once. None may be at any time."""
        files = self._relation()
        if files is None:
            return 0
        return _figures(f"SELECT count(*) - count(DISTINCT number) FROM {files}")[0]

    def mismatches(self) -> list[str]:
        """What is wrong with the output of the finished job."""
        found = [
            f"left behind: {path.relative_to(self.target)}" for path in self.target.rglob("*") if _is_hidden(path, self.target)
        ]
        files = self._relation()
        if files is None:
            return [*found, "there is no output"]
        rows, distinct, total, wrong = _figures(
            f"""
            SELECT count(*), count(DISTINCT number), sum(number),
                   count(*) FILTER (WHERE label IS DISTINCT FROM upper('word-' || number) OR number % 3 = 0)
            FROM {files}
            """
        )
        expected = (self.rows_expected(), self.rows_expected(), _sum_expected(self.numbers.rows), 0)
        if (rows, distinct, total, wrong) != expected:
            found.append(f"(rows, distinct, sum, wrong) is {(rows, distinct, total, wrong)}, not {expected}")
        return found

    def _relation(self) -> str | None:
        if not any(self.target.glob(f"*.{self.sink_format}")):
            return None
        return _READERS[self.sink_format].replace("FILES", f"{self.target}/*.{self.sink_format}")


@cache
def _sum_expected(rows: int) -> int:
    return _figures(f"SELECT sum(range) FROM range({rows}) WHERE range % 3 <> 0")[0]


def _figures(query: str) -> tuple[int, ...]:
    with duckdb.connect() as connection:
        (row,) = connection.execute(query).fetchall()
        return row


def _is_hidden(path: Path, target: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(target).parts)
