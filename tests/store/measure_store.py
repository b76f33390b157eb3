"""Measures the store with a year's worth of records; run by hand: ``python tests/store/measure_store.py [DIRECTORY]``.

10,000 jobs with a finished execution and three checkpoints each, one job with 10,000 executions, 10,000 events, 1,000 samples a
second for an hour. Prints milliseconds: CPU time per call, median, 99th percentile, maximum.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, DesiredState, Execution, Job
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.metrics import MetricSample
from runner.store.store import Store

JOBS = 10_000
NOW = 1_763_761_000.0
NAMES = ("rows_in", "rows_out", "bytes_in", "bytes_out", "cpu_percent")


def job(number: int) -> Job:
    """Job ``number``."""
    common = {"mode": "BATCH", "desired_state": DesiredState.RUNNING, "generation": 1, "updated_at": NOW}
    return Job(id=f"job{number:08x}", name=f"orders-{number}", created_at=NOW + number, **common)


def execution(identity: str, owner: Job, number: int, state: ExecutionState = ExecutionState.FINISHED) -> Execution:
    """An execution of a job."""
    return Execution(
        id=identity,
        job_id=owner.id,
        job_name=owner.name,
        generation=1,
        state=state,
        state_since=NOW,
        created_at=NOW + number,
        finished_at=NOW + number + 1,
    )


def fill_jobs(store: Store, numbers: range) -> None:
    """Jobs with what belongs to them."""
    for number in numbers:
        one = job(number)
        store.insert_job(one)
        store.insert_execution(execution(f"e{number:08x}", one, number))
        for identity in (1, 2, 3):
            checkpoint(store, one.id, identity, b"state" * 100)
        store.append_event("state", one.id, message="FINISHED")


def checkpoint(store: Store, job_id: str, identity: int, state: bytes) -> None:
    """One checkpoint from trigger to commit."""
    common = {"id": identity, "job_id": job_id, "execution_id": "e", "generation": 1, "kind": CheckpointKind.PERIODIC}
    store.insert_checkpoint(Checkpoint(status=CheckpointStatus.IN_PROGRESS, triggered_at=NOW, **common))
    store.complete_checkpoint(Checkpoint(status=CheckpointStatus.COMPLETED, triggered_at=NOW, **common), state)
    store.mark_committed(job_id, identity, NOW)


def fill_metrics(store: Store, second: int) -> None:
    """A thousand samples of one second."""
    at = NOW + second
    store.append_metrics([MetricSample(at, f"e{n // 5:08x}", "p", NAMES[n % 5], float(second * n)) for n in range(1000)])


async def measure(
    label: str, call: Callable[[Callable[[Store], Any]], Any], work: Callable[[Store], Any], rounds: int = 100
) -> None:
    """Run ``work`` again and again and print how long it took."""
    taken, used = [], time.process_time()
    for _ in range(rounds):
        started = time.perf_counter()
        await call(work)
        taken.append((time.perf_counter() - started) * 1000)
    used = (time.process_time() - used) / rounds * 1000
    taken.sort()
    print(f"{label:58} {used:8.1f} {statistics.median(taken):8.1f} {taken[int(len(taken) * 0.99)]:8.1f} {taken[-1]:8.1f}")


async def fill(store: AsyncStore) -> None:
    """Put everything in."""
    started = time.perf_counter()
    for first in range(0, JOBS, 500):
        await store.write(lambda s, first=first: fill_jobs(s, range(first, first + 500)), timeout=600)
    print(f"{JOBS} jobs after {time.perf_counter() - started:.0f} s")
    await store.write(lambda s: s.insert_job(Job(**{**_fields(job(JOBS)), "id": "busy", "name": "busy"})))
    busy = await store.read(lambda s: s.job("busy"))
    for first in range(0, 10_000, 1000):

        def executions(s: Store, first: int = first) -> None:
            for number in range(first, first + 1000):
                s.insert_execution(execution(f"busy{number}", busy, number))

        await store.write(executions, timeout=600)
    print(f"10,000 executions of one job after {time.perf_counter() - started:.0f} s")
    for second in range(3600):
        await store.write(lambda s, second=second: fill_metrics(s, second))
    print(f"3.6 million samples after {time.perf_counter() - started:.0f} s")


def _fields(one: Job) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


async def reads(store: AsyncStore) -> None:
    """What screens ask for."""
    end = NOW + 3600
    for label, work in (
        ("jobs(): first page of 100", lambda s: s.jobs()),
        ("jobs(): page at offset 9,000", lambda s: s.jobs(offset=9000)),
        ("jobs(): state FINISHED", lambda s: s.jobs(state="FINISHED")),
        ("jobs(): state RUNNING (none)", lambda s: s.jobs(state="RUNNING")),
        ("jobs(): name contains 99", lambda s: s.jobs(name_contains="99")),
        ("jobs(): all 10,000", lambda s: s.jobs(limit=20_000)),
        ("job(id)", lambda s: s.job("job00000fff")),
        ("find_jobs(name)", lambda s: s.find_jobs("orders-77")),
        ("find_jobs(prefix)", lambda s: s.find_jobs("job00000ff")),
        ("executions(job) of 10,000", lambda s: s.executions("busy", 100)),
        ("unfinished_executions()", lambda s: s.unfinished_executions()),
        ("checkpoints(job)", lambda s: s.checkpoints("job00000fff")),
        ("checkpoint_state(job, id)", lambda s: s.checkpoint_state("job00000fff", 3)),
        ("events_since(newest - 10)", lambda s: s.events_since(JOBS - 10)),
        ("metric_series(): 5 min, 5 series, 120 buckets", lambda s: s.metric_series(["e00000007"], NAMES, end - 300, end, 120)),
        ("metric_series(): 1 h, 5 series, 120 buckets", lambda s: s.metric_series(["e00000007"], NAMES, end - 3600, end, 120)),
    ):
        await measure(label, store.read, work)


async def writes(store: AsyncStore) -> None:
    """What a running daemon does all day."""
    busy = await store.read(lambda s: s.job("busy"))
    running = execution("running", busy, 20_000, ExecutionState.RUNNING)
    await store.write(lambda s: s.insert_execution(running))
    numbers, seconds = iter(range(10**6)), iter(range(3600, 10**6))
    await measure("update_execution()", store.write, lambda s: s.update_execution(running), 200)
    await measure("append_event()", store.write, lambda s: s.append_event("x", message="y"), 200)
    await measure("append_metrics(): 1,000 samples", store.write, lambda s: fill_metrics(s, next(seconds)), 200)
    small, large = bytes(2000), bytes(5_000_000)

    def whole(s: Store, state: bytes) -> None:
        checkpoint(s, "busy", s.next_checkpoint_id("busy"), state)
        s.prune_checkpoints("busy", 3)

    await measure("a whole checkpoint, 2 kB, with pruning", store.write, lambda s: whole(s, small), 200)
    await measure("a whole checkpoint, 5 MB, with pruning", store.write, lambda s: whole(s, large), 20)
    await measure("tidy_metrics(): a minute", store.write, lambda s: s.tidy_metrics(NOW + 60 * next(numbers)), 100)
    await measure("housekeeping: events, jobs, executions, generations", store.write, housekeeping, 10)


def housekeeping(store: Store) -> None:
    """What the daemon drops each minute, beside metrics."""
    store.prune_events(20_000)
    store.purge_jobs(NOW - 7 * 86_400)
    store.prune_executions(100)
    store.prune_generations(50)


async def main() -> None:
    """Fill, measure, close, measure opening."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as directory:
        path = Path(directory) / "control.duckdb"
        store = await AsyncStore.open(path)
        await fill(store)
        await reads(store)
        await writes(store)
        await store.close()
        print(f"file {path.stat().st_size / 1e6:.0f} MB")
        started = time.perf_counter()
        store = await AsyncStore.open(path)
        print(f"reopened in {(time.perf_counter() - started) * 1000:.0f} ms")
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
