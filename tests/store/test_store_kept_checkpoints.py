"""Which checkpoints stay: exactly as many as are retained, whoever else writes, and none that an execution may need."""

from __future__ import annotations

import asyncio
import itertools

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.model import CheckpointKind, CheckpointStatus, SavepointOrigin, SavepointPlace
from runner.states import ExecutionState
from runner.store.errors import StoreError

NUMBERS = itertools.count()
PERIODIC, SAVEPOINT = CheckpointKind.PERIODIC, CheckpointKind.SAVEPOINT
COMMITTED, COMPLETED = CheckpointStatus.COMMITTED, CheckpointStatus.COMPLETED
STEPS = st.lists(st.sampled_from(["fail", "complete", "commit", "savepoint"]), max_size=14)


def take(session, checkpoint, how: str) -> None:
    """Bring a checkpoint in progress as far as ``how`` says."""
    session.insert_checkpoint(checkpoint)
    if how == "fail":
        session.fail_checkpoint(checkpoint.job_id, checkpoint.id, "for the test", 1.0)
        return
    session.complete_checkpoint(msgspec.structs.replace(checkpoint, status=COMPLETED), b"state")
    if how != "complete":
        session.mark_committed(checkpoint.job_id, checkpoint.id, 2.0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, retained=st.integers(0, 3), begins=st.integers(0, 13), running=st.booleans())
async def test_pruning_keeps_what_may_be_needed(
    store, make_job, make_execution, make_checkpoint, steps, retained, begins, running
):
    """Over any history of two executions, the second of which began at one of the first's, pruned after every step: savepoints,
    what is not committed, the newest to restore, what the running one began with are there; of the rest the newest retained."""
    job = f"job-{next(NUMBERS)}"

    def begin(session):
        session.insert_job(make_job(job))
        session.insert_execution(make_execution(f"{job}-one", job_id=job, state=ExecutionState.FINISHED))

    await store.write(begin)
    began: list[int] = []
    complete: list[tuple[int, str, str]] = []
    for number, (execution, how) in enumerate(zip(["one"] * begins + ["two"] * len(steps), steps, strict=False), 1):
        kind = SAVEPOINT if how == "savepoint" else PERIODIC

        def step(session, number=number, execution=execution, how=how, kind=kind, complete=complete):
            if execution == "two" and session.execution(f"{job}-two") is None:
                began[:] = [complete[0][0]] if complete else []
                state = ExecutionState.RUNNING if running else ExecutionState.FAILED
                fields = {"restored_from": began[0] if began else None, "state": state}
                session.insert_execution(make_execution(f"{job}-two", job_id=job, **fields))
            take(session, make_checkpoint(number, job, execution_id=f"{job}-{execution}", kind=kind), how)
            session.prune_checkpoints(job, retained)
            return {found.id for found in session.checkpoints(job, limit=1000)}

        there = await store.write(step)
        if how != "fail":
            complete.append((number, execution, how))
        newest = complete[-1][0] if complete else None
        own = any(each == "two" for _, each, _ in complete)
        needed = {each for each, _, how in complete if how in {"savepoint", "complete"}} | {newest} - {None}
        if began and running and not own:
            needed |= {began[0]} & {each for each, _, _ in complete}
        assert needed <= there, (needed, there)
        rest = sorted((each for each, _, how in complete if how == "commit"), reverse=True)
        assert set(rest[: max(retained, 1)]) <= there
        assert len({each for each in rest if each in there} - needed) <= max(retained, 1)
        complete[:] = [each for each in complete if each[0] in there]


async def test_the_retained_number_is_exact_while_many_jobs_write(store, make_job, make_checkpoint):
    """Eight jobs take checkpoints at the same time: after every commit each has its newest two, neither more nor less."""

    async def run(job: str) -> None:
        await store.write(lambda session: session.insert_job(make_job(job)))
        for number in range(1, 7):
            begun = make_checkpoint(number, job)
            await store.write(lambda session, begun=begun: session.insert_checkpoint(begun))
            await store.write(
                lambda session, begun=begun: session.complete_checkpoint(msgspec.structs.replace(begun, status=COMPLETED), b"s")
            )

            def commit(session, number=number) -> None:
                session.mark_committed(job, number, 2.0)
                session.prune_checkpoints(job, 2)

            await store.write(commit)
            kept = await store.read(lambda session: [found.id for found in session.checkpoints(job)])
            assert kept == list(range(number, max(0, number - 2), -1))

    await asyncio.gather(*(run(f"job-{number}") for number in range(8)))


async def test_a_savepoint_from_elsewhere_is_kept_like_any_other(store, make_job, make_checkpoint):
    """It is committed, has its state and origin, and its number is not given out again; a place is remembered, and one that is
    lost is no restore point any more."""
    origin = SavepointOrigin(
        path="/brought", digest="d", job_id="other", job_name="o", number=9, flowdeck_version="1", imported_at=3.0
    )
    found = make_checkpoint(4, kind=SAVEPOINT, status=COMMITTED, committed_at=2.0, origin=origin)

    def work(session):
        session.insert_job(make_job())
        session.insert_complete_checkpoint(found, b"carried")
        session.set_savepoint_place("job-1", 4, SavepointPlace(path="/kept", written_at=5.0))
        session.set_savepoint_place("job-1", 99, SavepointPlace(path="/nowhere"))
        return session.next_checkpoint_id("job-1")

    assert await store.write(work) == 5
    (kept,) = await store.read(lambda session: session.savepoints())
    assert (kept.origin, kept.place.path, kept.status) == (origin, "/kept", COMMITTED)
    assert await store.read(lambda session: session.checkpoint_state("job-1", 4)) == b"carried"
    assert await store.read(lambda session: session.savepoint_ids()) == {("job-1", 4)}
    await store.write(lambda session: session.condemn_checkpoint("job-1", 4, "its state is damaged"))
    assert await store.read(lambda session: session.savepoints()) == []
    assert (await store.read(lambda session: session.checkpoint("job-1", 4))).failure == "its state is damaged"
    with pytest.raises(StoreError):
        await store.write(lambda session: session.insert_complete_checkpoint(found, b"again"))


async def test_releasing_keeps_what_the_running_execution_began_with(store, make_job, make_execution, make_checkpoint):
    """A savepoint that is not the newest, but that the running execution needs until it has a checkpoint of its own."""

    def work(session):
        session.insert_job(make_job())
        take(session, make_checkpoint(1, kind=SAVEPOINT), "savepoint")
        take(session, make_checkpoint(2), "commit")
        session.insert_execution(make_execution("e-2", state=ExecutionState.RUNNING, restored_from=1))
        first = session.release_savepoint("job-1", 1)
        kept = session.checkpoint("job-1", 1)
        session.prune_checkpoints("job-1", 1)
        needed = session.checkpoint("job-1", 1)
        take(session, make_checkpoint(3, execution_id="e-2"), "commit")
        session.prune_checkpoints("job-1", 1)
        return first, kept.kind, needed is not None, session.checkpoint("job-1", 1)

    assert await store.write(work) == (False, PERIODIC, True, None)
