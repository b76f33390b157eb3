"""Rows of structs inside structs survive wherever the worker cuts a batch in two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from coordinator import Coordinator
from jobs import job, sink, source


def test_structs_inside_structs_survive_parts_that_end_inside_a_batch(
    tmp_path: Path, coordinate: Callable[..., Coordinator]
) -> None:
    """The engine refuses a slice of such a column, so what is left over of a batch is given to it from its start."""
    fields = {"id": "int", "row": {"inner": {"number": "int", "words": "array<string>"}}}
    rows = [{"kind": "INSERT", "fields": [n, {"inner": {"number": n, "words": [str(n)]}}]} for n in range(10)]
    fake = source("FakeSource", "rows", {"rows": rows, "schema": {"fields": fields}})
    parquet = {"path": "out", "file_format_type": "parquet", "batch_size": 4}
    coordinator = coordinate(job(fake, sink("LocalFile", "rows", parquet)))
    coordinator.start()
    coordinator.run()
    found = sorted(pq.read_table(tmp_path / "out").to_pylist(), key=lambda row: row["id"])
    assert found == [{"id": n, "row": {"inner": {"number": n, "words": [str(n)]}}} for n in range(10)]
