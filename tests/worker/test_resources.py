"""What a worker may take: memory is shared out, SQL that needs more spills, and too much for too long is a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from coordinator import Coordinator
from hypothesis import given
from hypothesis import strategies as st
from jobs import job, sink, source

from runner.dataset.engine import Engine, EngineLimits
from runner.worker.budget import MEBIBYTE, MINIMUM_MEMORY, PROCESS_MEMORY, share_out
from runner.worker.failure import describe_failure
from runner.worker.memory import PATIENCE, MemoryExceeded, MemoryWatch
from runner.worker.pace import read_pace
from spec.job import EnvSpec, JobSpec, ResourceSettings

Coordinate = Callable[..., Coordinator]

GIGABYTE = 1 << 30


@given(
    memory=st.integers(128 * MEBIBYTE, 64 * GIGABYTE) | st.none(),
    machine=st.integers(GIGABYTE, 512 * GIGABYTE),
    workers=st.integers(1, 64),
    gates=st.integers(1, 50),
    readers=st.integers(1, 64),
)
def test_the_parts_stay_within_the_whole(memory: int | None, machine: int, workers: int, gates: int, readers: int) -> None:
    """Whatever the shape of the job, unless there are so many readers that even the smallest batches are too much."""
    made = share_out(ResourceSettings(memory=memory), machine, workers=workers, gates=gates, readers=readers)
    assert made.memory >= MINIMUM_MEMORY
    if memory is not None and memory // workers >= MINIMUM_MEMORY:
        assert made.memory == memory // workers
    batches = 4 * made.batch_bytes * readers
    assert made.engine_bytes + made.gate_bytes * gates + min(batches, 16 * MEBIBYTE) <= made.memory - PROCESS_MEMORY
    assert made.limit >= made.memory
    assert read_pace(EnvSpec(), made.batch_bytes).bytes == made.batch_bytes


def test_a_job_that_says_nothing_gets_what_it_always_got() -> None:
    """Queues of 32 MiB and batches of 4 MiB."""
    made = share_out(ResourceSettings(), 8 * GIGABYTE, workers=3, gates=2, readers=2)
    assert (made.memory, made.gate_bytes, made.batch_bytes) == (GIGABYTE, 32 * MEBIBYTE, 4 * MEBIBYTE)
    assert made.limit == 4 * GIGABYTE


def test_too_much_memory_for_too_long_is_a_retriable_failure() -> None:
    """A peak is none; the message names the budget and the option."""
    budget = share_out(ResourceSettings(memory=400 * MEBIBYTE), 8 * GIGABYTE, workers=1, gates=1, readers=1)
    watch = MemoryWatch(budget)
    watch.look(budget.limit, 0.0)
    watch.look(budget.limit + 1, 1.0)
    watch.look(budget.limit - 1, 3.0)
    watch.look(budget.limit + 1, 4.0)
    watch.look(budget.limit + 1, 4.0 + PATIENCE - 0.1)
    with pytest.raises(MemoryExceeded) as caught:
        watch.look(600 * MEBIBYTE, 4.0 + PATIENCE)
    info, retriable = describe_failure(caught.value)
    assert (info.code, retriable) == ("memory", True)
    assert info.message == "the worker has held 600 MiB for 5 s, more than the 500 MiB that a budget of 400 MiB allows"
    assert "resources.memory" in info.hint


def pieces(count: int) -> Iterator[pa.RecordBatch]:
    """Batches of 50,000 rows in random order."""
    for number in range(count):
        keys = np.random.default_rng(number).integers(0, 1 << 40, 50_000)
        yield pa.record_batch({"k": pa.array(keys), "s": pa.array(["x" * 40] * 50_000)})


def sort(engine: Engine, count: int) -> tuple[int, bool]:
    """Sort so many pieces; the number of rows, and whether they are in order."""
    schema = next(pieces(1)).schema
    cursor = engine.cursor()
    cursor.register("pieces", pa.RecordBatchReader.from_batches(schema, pieces(count)))
    rows, last, ordered = 0, -1, True
    for batch in cursor.sql("select * from pieces order by k").to_arrow_reader(65_536):
        keys = batch.column(0).to_numpy()
        ordered = ordered and bool((np.diff(keys) >= 0).all()) and int(keys[0]) >= last
        rows, last = rows + batch.num_rows, int(keys[-1])
    return rows, ordered


def test_a_sort_larger_than_the_memory_spills_and_finishes(tmp_path: Path) -> None:
    """80 MB in 24 MB; where nothing may be put aside it fails as out of memory."""
    spill = tmp_path / "spill"
    spill.mkdir()
    engine = Engine([], EngineLimits(memory=24 * MEBIBYTE, spill=spill, spill_bytes=GIGABYTE))
    engine.lock()
    assert sort(engine, 30) == (1_500_000, True)
    assert list(spill.iterdir())
    small = Engine([], EngineLimits(memory=24 * MEBIBYTE, spill=spill, spill_bytes=MEBIBYTE))
    with pytest.raises(duckdb.OutOfMemoryException):
        sort(small, 30)


def spilling_job(resources: ResourceSettings) -> JobSpec:
    """A job that does nothing special."""
    fake = source("FakeSource", "rows", {"row.num": 1000, "schema": {"fields": {"id": "bigint"}}}, parallelism=2)
    return job(fake, sink("LocalFile", "rows", {"path": "out", "file_format_type": "json"}), resources=resources)


_STAND_BACK = """
import os, pathlib
from runner.worker.priority import stand_back
before = os.getpriority(os.PRIO_PROCESS, 0)
stand_back(4)
group = pathlib.Path("/proc/self/autogroup")
print(os.getpriority(os.PRIO_PROCESS, 0) - before, group.read_text().split()[-1] if group.exists() else "none")
"""


@pytest.mark.parametrize(("own_session", "of_session"), [(True, "4"), (False, "0")])
def test_a_nice_worker_stands_back_as_a_session(own_session: bool, of_session: str) -> None:
    """Where the kernel weighs sessions, its own counts as little as itself; nobody else's is touched."""
    command = [sys.executable, "-c", _STAND_BACK]
    outer = [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:], check=True)"]  # has another's session
    found = subprocess.run(
        command if own_session else outer + command,
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    nicer, session = found.stdout.split()
    assert nicer == "4"
    assert session in {of_session, "none"}


def test_spill_directories_are_removed(tmp_path: Path, coordinate: Coordinate) -> None:
    """A worker's own at its end, those of killed ones by the next attempt, and all when an execution is put in order."""
    spill = tmp_path / "execution.jsonl.spill"
    coordinator = coordinate(spilling_job(ResourceSettings(memory=256 * MEBIBYTE, threads=2, nice=3)), workers=2)
    coordinator.start()
    assert sorted(path.name for path in spill.iterdir()) == ["1-1-0", "1-1-1"]
    assert [path.stat().st_mode & 0o777 for path in spill.iterdir()] == [0o700, 0o700]
    assert [os.getpriority(os.PRIO_PROCESS, handle.pid) for handle in coordinator.handles] == [
        os.getpriority(os.PRIO_PROCESS, 0) + 3
    ] * 2
    coordinator.kill()
    (spill / "1-1-0" / "left.tmp").write_bytes(b"x")
    coordinator.start()
    assert sorted(path.name for path in spill.iterdir()) == ["2-2-0", "2-2-1"]
    coordinator.run()
    assert not spill.exists()
    coordinator.start()
    coordinator.kill()
    assert spill.exists()
    assert coordinator.settle() == 0
    assert not spill.exists()
