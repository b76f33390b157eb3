"""Made the archives beside it, each with the flowdeck of its time: ``PYTHONPATH=TREE python make_home.py ARCHIVE`` with TREE a
checkout of the last commit whose store had that version. The records are those that tests/store/test_store_versions.py expects.
"""

from __future__ import annotations

import asyncio
import sys
import tarfile
import tempfile
from pathlib import Path

from runner.model import Attempt, Checkpoint, CheckpointKind, CheckpointStatus, DesiredState, Execution, Generation, Job
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.metrics import MetricSample

START = 1_763_762_400.0


def fill(store):
    """One of everything, and metrics of an hour."""
    common = {"mode": "STREAMING", "desired_state": DesiredState.RUNNING, "generation": 1}
    store.insert_job(Job(id="job-1", name="orders", created_at=START, updated_at=START, **common))
    store.insert_generation(
        Generation(job_id="job-1", number=1, content_hash="abc", created_at=START, text="env {}", spec={"env": {}}),
        b"the job",
        b"the request",
    )
    store.insert_execution(
        Execution(
            id="e-1",
            job_id="job-1",
            job_name="orders",
            generation=1,
            state=ExecutionState.RUNNING,
            state_since=START,
            created_at=START,
        )
    )
    store.insert_attempt(Attempt(execution_id="e-1", number=1, started_at=START))
    for number, state in ((1, b"small"), (2, b"large" * 300_000)):
        common = {"id": number, "job_id": "job-1", "execution_id": "e-1", "generation": 1, "triggered_at": START}
        common["kind"] = CheckpointKind.SAVEPOINT if number == 1 else CheckpointKind.PERIODIC
        store.insert_checkpoint(Checkpoint(status=CheckpointStatus.IN_PROGRESS, **common))
        store.complete_checkpoint(Checkpoint(status=CheckpointStatus.COMPLETED, **common), state)
        store.mark_committed("job-1", number, START)
    store.append_event("state", "job-1", "e-1", "RUNNING")
    store.append_metrics([MetricSample(START + at, "e-1", "", "rows_in", 10.0 * at) for at in range(0, 3601, 10)])


async def make(database):
    """Fill a new store."""
    store = await AsyncStore.open(database)
    await store.write(fill)
    if hasattr(await store.read(lambda opened: opened), "limit_queue"):
        await store.write(lambda opened: opened.limit_queue("nightly", 2))
    await store.close()


def main():
    """Make the home and pack it."""
    with tempfile.TemporaryDirectory() as directory, tarfile.open(sys.argv[1], "w:xz") as archive:
        asyncio.run(make(Path(directory) / "home" / "control.duckdb"))
        archive.add(Path(directory) / "home", "home")


if __name__ == "__main__":
    main()
