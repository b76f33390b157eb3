"""What the store forgets by itself: the oldest executions and generations of a job, never what something depends on."""

from __future__ import annotations

import time

import pytest

from runner.model import Attempt, CheckpointKind, CheckpointStatus, Generation
from runner.states import ExecutionState
from runner.store.metrics import MetricSample


@pytest.fixture
async def filled(store, make_job, make_execution):
    """A store with two jobs of ten finished executions, each with a generation, an attempt and a metric of its own."""

    def insert(s):
        for job in ("a", "b"):
            s.insert_job(make_job(job, generation=10))
            for number in range(1, 11):
                execution = make_execution(
                    f"{job}-{number}", job, created_at=float(number), generation=number, state=ExecutionState.FINISHED
                )
                s.insert_generation(
                    Generation(job_id=job, number=number, content_hash="", created_at=1.0, text="", spec={}), b"", b""
                )
                s.insert_execution(execution)
                s.insert_attempt(Attempt(execution_id=execution.id, number=1, started_at=1.0))
                s.append_metrics([MetricSample(1000.0, execution.id, "", "lag_rows", 1.0)])

    await store.write(insert)
    return store


async def test_the_newest_executions_stay(filled):
    """Of each job the newest three stay whole; of the others nothing is left; a second time there is nothing to do."""
    gone = await filled.write(lambda s: s.prune_executions(3))
    assert sorted(gone) == sorted(f"{job}-{number}" for job in ("a", "b") for number in range(1, 8))
    assert [found.id for found in await filled.read(lambda s: s.executions("a"))] == ["a-10", "a-9", "a-8"]
    assert await filled.read(lambda s: s.execution_ids()) == {f"{job}-{number}" for job in "ab" for number in (8, 9, 10)}
    assert [await filled.read(lambda s, e=e: len(s.attempts(e))) for e in ("a-7", "a-8")] == [0, 1]
    assert await filled.read(lambda s: s.metric_series(["a-7"], None, 999.0, 1001.0, 1)) == []
    assert await filled.write(lambda s: s.prune_executions(3)) == []


async def test_pruning_is_bounded_and_leaves_at_least_one(filled):
    """At most so many at once; and a job always keeps its newest execution."""
    assert len(await filled.write(lambda s: s.prune_executions(0, limit=5))) == 5
    await filled.write(lambda s: s.prune_executions(0))
    assert await filled.read(lambda s: s.execution_ids()) == {"a-10", "b-10"}


async def test_unfinished_and_unsettled_executions_stay(filled, make_execution):
    """What still runs, or has left something in its targets, is not forgotten; a deleted job with such a one neither."""

    def change(s):
        s.insert_execution(make_execution("a-11", "a", created_at=20.0, state=ExecutionState.RUNNING))
        s.insert_execution(make_execution("a-12", "a", created_at=21.0, state=ExecutionState.FINISHED))
        tricky = '"unsettled":"x" \\"unsettled\\":\\"x\\"'
        settled = make_execution("b-1", "b", created_at=1.0, state=ExecutionState.FINISHED, phase=tricky, job_name=tricky)
        s.update_execution(settled)
        s.update_execution(make_execution("b-2", "b", created_at=2.0, state=ExecutionState.FINISHED, unsettled='said "no"'))
        s.prune_executions(1)

    await filled.write(change)
    assert await filled.read(lambda s: s.execution_ids()) == {"a-11", "a-12", "b-2", "b-10"}
    assert [found.id for found in await filled.read(lambda s: s.unsettled_executions())] == ["b-2"]
    assert await filled.read(lambda s: s.unsettled_executions("a")) == []
    await filled.write(lambda s: s.delete_job("b"))
    assert await filled.write(lambda s: s.purge_jobs(time.time() + 60)) == []
    assert [found.id for found in await filled.read(lambda s: s.unsettled_executions("b"))] == ["b-2"]
    await filled.write(lambda s: s.update_execution(make_execution("b-2", "b", created_at=2.0, state=ExecutionState.FINISHED)))
    assert await filled.write(lambda s: s.purge_jobs(time.time() + 60)) == ["b"]


async def test_generations_stay_that_something_refers_to(filled, make_checkpoint):
    """Beyond the newest two, only the generation of an execution, of a checkpoint and of the job itself stay."""

    def change(s):
        s.prune_executions(1)
        s.insert_checkpoint(make_checkpoint(1, "a", generation=4, execution_id="a-4", kind=CheckpointKind.SAVEPOINT))
        return s.prune_generations(2)

    assert await filled.write(change) == 7 + 8
    assert [found.number for found in await filled.read(lambda s: s.generations("a"))] == [4, 9, 10]
    assert [found.number for found in await filled.read(lambda s: s.generations("b"))] == [9, 10]


async def test_savepoints_of_all_jobs_are_read_at_once(filled, make_checkpoint):
    """Complete savepoints of jobs that are not deleted, newest first; nothing else."""

    def insert(s):
        for number, (job, kind, complete) in enumerate(
            [
                ("a", CheckpointKind.SAVEPOINT, True),
                ("b", CheckpointKind.SAVEPOINT, True),
                ("a", CheckpointKind.PERIODIC, True),
                ("a", CheckpointKind.SAVEPOINT, False),
                ("a", CheckpointKind.SAVEPOINT, True),
            ],
            1,
        ):
            begun = make_checkpoint(number, job, kind=kind, triggered_at=float(number))
            s.insert_checkpoint(begun)
            if complete:
                done = make_checkpoint(number, job, kind=kind, triggered_at=float(number), status=CheckpointStatus.COMPLETED)
                s.complete_checkpoint(done, b"state")

    await filled.write(insert)
    assert [found.id for found in await filled.read(lambda s: s.savepoints())] == [5, 2, 1]
    await filled.write(lambda s: s.delete_job("b"))
    assert [found.id for found in await filled.read(lambda s: s.savepoints())] == [5, 1]


async def test_the_newest_savepoint_is_released_not_removed(filled, make_checkpoint):
    """A savepoint that is deleted is gone, unless the job has nothing newer to go on from: then it is kept until it has."""

    def insert(s):
        for number in (1, 2):
            s.insert_checkpoint(make_checkpoint(number, "a", kind=CheckpointKind.SAVEPOINT))
            done = make_checkpoint(number, "a", kind=CheckpointKind.SAVEPOINT, status=CheckpointStatus.COMPLETED)
            s.complete_checkpoint(done, b"state")
            s.mark_committed("a", number, 200.0)

    await filled.write(insert)
    assert await filled.write(lambda s: [s.release_savepoint("a", 1), s.release_savepoint("a", 2)]) == [True, False]
    (kept,) = await filled.read(lambda s: s.checkpoints("a"))
    assert (kept.id, kept.kind, kept.status) == (2, CheckpointKind.PERIODIC, CheckpointStatus.COMMITTED)
    assert await filled.read(lambda s: s.checkpoint_state("a", 2)) == b"state"
    assert await filled.read(lambda s: s.checkpoints("a", CheckpointKind.SAVEPOINT)) == []
