"""Every way to an attempt asks the same function where to start: over random histories, and one by one in a real home."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from runner.requests import RestartRequest, StopRequest
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.errors import CheckpointDamaged
from runner.supervisor.restore import LATEST, NONE, choose_restore_point, require_left_off
from runner.supervisor.snapshot import Snapshot, encode_snapshot
from spec.errors import FlowdeckError
from spec.job import CheckpointSettings, DamagePolicy
from spec.plan.compatibility import identities

FINISHED, STOPPED = ExecutionState.FINISHED, ExecutionState.STOPPED
COMPLETE = {CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}

HISTORIES = st.lists(
    st.tuples(
        st.sampled_from([CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED, CheckpointStatus.FAILED]),
        st.booleans(),  # of the execution itself, or of one before it
        st.sampled_from([CheckpointKind.PERIODIC, CheckpointKind.SAVEPOINT]),
        st.sampled_from(["", "", "bytes", "meaning"]),  # what is damaged
    ),
    max_size=6,
)


@pytest.fixture
async def history(flow, copy):
    """Makes the checkpoints of a job whose execution is over be exactly those of a history."""
    job = await flow.service.submit(copy.but(rows=1).request())
    await flow.reach(job.id, FINISHED)
    execution = await flow.service.execution(job.execution.id)
    spec, _ = await flow.service._lifecycle.generation(job, 1)
    state = encode_snapshot(
        Snapshot(plugins=identities(spec), sources=[source.id for source in spec.sources], splits=[], tokens=[], states=[])
    )
    last = 0

    async def rewrite(steps) -> tuple[list[Checkpoint], set[int]]:
        nonlocal last
        damaged = set()

        def work(entry) -> None:
            nonlocal last
            for found in entry.store.checkpoints(job.id, limit=1000):
                entry.store.delete_checkpoint(job.id, found.id)
            for status, own, kind, harm in steps:
                last = entry.store.next_checkpoint_id(job.id)
                found = Checkpoint(
                    id=last, job_id=job.id, execution_id=execution.id if own else "before", generation=1, kind=kind,
                    status=CheckpointStatus.IN_PROGRESS, triggered_at=1.0,
                )  # fmt: skip
                entry.store.insert_checkpoint(found)
                if status is CheckpointStatus.FAILED:
                    entry.store.fail_checkpoint(job.id, last, "for the test", 2.0)
                    continue
                content = b"\xc1" if harm == "meaning" else state
                complete = msgspec.structs.replace(found, status=CheckpointStatus.COMPLETED)
                entry.store.complete_checkpoint(complete, content)
                if status is CheckpointStatus.COMMITTED:
                    entry.store.mark_committed(job.id, last, 3.0)
                if harm == "bytes":
                    entry.store._session.change('UPDATE "checkpoints" SET "state" = ? WHERE "id" = ?', b"other", last)
                if harm:
                    damaged.add(last)

        await flow.service._journal.write(work)
        return await flow.service.checkpoints(job.id, limit=1000), damaged

    rewrite.job, rewrite.execution, rewrite.flow = job, execution, flow
    return rewrite


async def outcome(choice: Awaitable) -> tuple:
    """The id that was chosen, or the error."""
    try:
        return ("chosen", await choice)
    except FlowdeckError as error:
        return (type(error), error.code)


@settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=HISTORIES, wanted=st.sampled_from([NONE, LATEST, "newest", "oldest", "999999"]), policy=st.sampled_from(DamagePolicy)
)
async def test_all_paths_choose_the_same(history, steps, wanted, policy):
    """After a crash, by hand and for a successor: what the one function chooses for those records, with the states that are
    really in the store; what it refuses, all refuse with the same error."""
    checkpoints, damaged = await history(steps)
    ids = [found.id for found in checkpoints]
    wanted = {"newest": str(max(ids, default=1)), "oldest": str(min(ids, default=1))}.get(wanted, wanted)
    flow, job, execution = history.flow, history.job, history.execution

    async def expected(wish: str, own: str | None, rule: DamagePolicy = policy) -> int | None:
        if wish == LATEST and own is None:
            require_left_off(checkpoints, [execution])
        choice = choose_restore_point(
            checkpoints, wish, own, policy=rule, damage=lambda found: "damaged" if found.id in damaged else ""
        )
        pending = [found.id for found in checkpoints if found.status is CheckpointStatus.COMPLETED and found.id in damaged]
        if any(number < (choice.id or 0) for number in pending):
            raise CheckpointDamaged("output that cannot be committed")
        return choice.id

    async def by_hand() -> int | None:
        return (await flow.service._lifecycle.prepare_current(job, wanted)).choice.id

    async def successor() -> int | None:
        return (await flow.service._lifecycle.prepare_successor(job, 1, execution)).choice.id

    async def after_a_crash() -> int | None:  # last: what is passed over is condemned
        records = CheckpointRecords(flow.service._journal, execution, CheckpointSettings(on_damage=policy))
        restored = await records.restored(wanted)
        assert restored.choice.checkpoint is None or restored.snapshot is not None
        return restored.choice.id

    assert await outcome(by_hand()) == await outcome(expected(wanted, None, DamagePolicy.REFUSE))
    assert await outcome(successor()) == await outcome(expected(NONE, execution.id, DamagePolicy.REFUSE))
    expectation = await outcome(expected(wanted, execution.id))
    assert await outcome(after_a_crash()) == expectation
    if expectation[0] == "chosen":
        again = await outcome(after_a_crash())
        assert again == expectation, "what was passed over stays so"


async def test_the_next_checkpoint_after_every_restore_succeeds(flow, copy):
    """Crash, savepoint by number, savepoint by directory, other parallelism and number of workers, one after the other: each
    time the next checkpoint is committed, its number is higher than all before, and in the end every row is there once."""
    copy = copy.but(rows=48_000, rows_per_second=16_000)
    job = await flow.service.submit(copy.request())
    highest = 0

    async def goes_on() -> None:
        """The execution that runs now has committed a checkpoint of its own, with a new number, and read on."""
        nonlocal highest
        seen = await flow.until(
            job.id,
            lambda seen: (
                seen.last_checkpoint is not None
                and seen.last_checkpoint.execution_id == seen.execution.id
                and seen.last_checkpoint.id > highest
                and seen.last_checkpoint.committed_at is not None
            ),
        )
        assert seen.last_checkpoint.kind is not CheckpointKind.FINAL, "the input is too short for this test"
        highest = max(found.id for found in await flow.service.checkpoints(job.id, limit=1000))

    async def stopped() -> Checkpoint:
        await flow.service.stop(job.id, StopRequest())
        number = (await flow.reach(job.id, STOPPED)).savepoint_id
        async with flow.waiting():
            while True:
                (found,) = [found for found in await flow.service.savepoints(job.id) if found.id == number]
                if found.place is not None and found.place.written_at is not None:
                    return found
                await flow.a_moment()

    await goes_on()
    (worker,) = await flow.running_workers(job.id)
    os.kill(worker, signal.SIGKILL)
    await flow.until(job.id, lambda seen: seen.execution.attempt == 2)
    await goes_on()
    savepoint = await stopped()
    execution = (await flow.service.restart(job.id, RestartRequest(restore=str(savepoint.id)))).execution
    assert (execution.restored_from, execution.restore_reason) == (
        savepoint.id,
        f"savepoint checkpoint {savepoint.id}: asked for by its number",
    )
    await goes_on()
    savepoint = await stopped()
    execution = (await flow.service.restart(job.id, RestartRequest(restore=savepoint.place.path))).execution
    assert execution.restored_from == savepoint.id + 1
    assert f"imported from {savepoint.place.path}" in execution.restore_reason
    await goes_on()
    assert (await flow.service.execution(execution.id)).restore_reason == execution.restore_reason
    await stopped()
    wide = copy.but(workers=2, settings=f"parallelism = 4, {copy.settings}")
    execution = (await flow.service.submit(wide.request(restore="latest"))).execution
    assert execution.generation == 2
    await flow.reach(job.id, FINISHED)
    final = (await flow.service.checkpoints(job.id))[0]
    assert (final.kind, final.id > highest) == (CheckpointKind.FINAL, True)
    copy.assert_exact()


async def test_a_damaged_checkpoint_is_refused_or_passed_over(opened, copy, home):
    """The newest state differs from what was saved: the execution fails and says which and why; with checkpoint.on_damage =
    fall_back it goes on from the one before, its record says so, and the damaged one is no restore point any more."""
    async with opened() as flow:
        job = await flow.service.submit(copy.request())
        await flow.progressed(job.id)
        seen = await flow.until(job.id, lambda seen: (seen.last_checkpoint.id if seen.last_checkpoint else 0) >= 3)
        await flow.service.stop(job.id, StopRequest())
        savepoint = (await flow.reach(job.id, STOPPED)).savepoint_id
    store = await AsyncStore.open(home.store_path)
    await store.write(
        lambda opened_store: opened_store._session.change(
            'UPDATE "checkpoints" SET "state" = ? WHERE "id" = ?', b"other", savepoint
        )
    )
    await store.close()
    async with opened() as flow:
        with pytest.raises(CheckpointDamaged, match=f"checkpoint {savepoint}, .* is not the one that was saved"):
            await flow.service.restart(job.id, RestartRequest())
        verdict = await flow.service.verify_savepoint(job.id, savepoint)
        assert "in the store" in verdict.problems[0]
        tolerant = copy.but(settings=f'checkpoint.on_damage = "fall_back", {copy.settings}')
        execution = (await flow.service.submit(tolerant.request(restore="latest"))).execution
        assert execution.restored_from < savepoint
        assert f"passed over: {savepoint} (" in execution.restore_reason
        await flow.reach(job.id, FINISHED)
        lost = [found for found in await flow.service.checkpoints(job.id, limit=1000) if found.id == savepoint]
        assert (lost[0].status, lost[0].failure[:20]) == (CheckpointStatus.FAILED, "its state is damaged")
        assert seen.execution.id != execution.id


async def test_a_fresh_restart_survives_the_death_of_its_daemon(opened, copy):
    """A restart from the beginning is cut off while the old execution is being stopped, and again after it was: the next daemon
    begins at the first row all the same, not where the old execution left off."""
    for cut_while_stopping in (True, False):
        job_copy = copy.but(name=f"fresh-{cut_while_stopping}".lower(), save_mode="DROP_DATA")
        async with opened(grace=0.3, parking=0.3) as flow:
            job = await flow.service.submit(job_copy.request())
            await flow.progressed(job.id)
            if cut_while_stopping:
                (worker,) = await flow.running_workers(job.id)
                os.kill(worker, signal.SIGSTOP)
            else:
                await flow.service.stop(job.id, StopRequest())
                await flow.reach(job.id, STOPPED)
                await flow.service._lifecycle.set_desired(job.id, job.desired_state)
            await flow.service._lifecycle.set_restarting(job, "none")
        async with opened() as flow:
            done = await flow.until(
                job.id, lambda seen, old=job: seen.execution.id != old.execution.id and seen.execution.state is FINISHED
            )
            assert done.execution.restored_from is None
            assert done.restarting_from == ""
            job_copy.assert_exact()
