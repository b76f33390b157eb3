"""A worker process runs jobs from their sources to files on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from coordinator import Coordinator
from jobs import job, sink, source

Coordinate = Callable[..., Coordinator]


def write_csv(path: Path, rows: int) -> None:
    """``id,name,amount`` with a header."""
    lines = ["id,name,amount"]
    lines += [f'{number},"name, {number}",{number}.25' for number in range(rows)]
    path.write_text("\n".join(lines) + "\n")


CSV_OPTIONS = {
    "file_format_type": "csv",
    "skip_header_row_number": 1,
    "schema": {"fields": {"id": "bigint", "name": "string", "amount": "double"}},
}


def test_csv_becomes_parquet(tmp_path: Path, coordinate: Coordinate) -> None:
    """Every row of a csv file arrives once; nothing is left in staging."""
    write_csv(tmp_path / "in.csv", 1000)
    spec = job(
        source("LocalFile", "rows", {"path": "in.csv", **CSV_OPTIONS}),
        sink("LocalFile", "rows", {"path": "out", "file_format_type": "parquet"}),
    )
    coordinator = coordinate(spec)
    coordinator.start()
    coordinator.run()
    table = pq.read_table(tmp_path / "out")
    assert table.column("id").to_pylist() == list(range(1000))
    assert table.column("name")[7].as_py() == "name, 7"
    assert coordinator.exit_statuses == [0]
    assert [entry.name for entry in (tmp_path / "out").iterdir() if not entry.name.endswith(".parquet")] == []


def test_fake_rows_become_json_lines(tmp_path: Path, coordinate: Coordinate) -> None:
    """FakeSource makes row.num rows per parallel reader, whatever the number of workers."""
    spec = job(
        source("FakeSource", "rows", {"row.num": 500, "split.num": 3, "schema": {"fields": {"a": "int"}}}, parallelism=2),
        sink("LocalFile", "rows", {"path": "out", "file_format_type": "json"}),
    )
    coordinator = coordinate(spec, workers=2)
    coordinator.start()
    coordinator.run()
    lines = [line for file in (tmp_path / "out").glob("*.json") for line in file.read_text().splitlines()]
    assert len(lines) == 1000
    assert coordinator.checkpoint.rows_out == 1000
