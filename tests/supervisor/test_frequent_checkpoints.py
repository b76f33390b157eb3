"""Checkpoints that come many times a second: what is written down when, and that it is true whenever somebody reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runner.home import Home
from runner.model import CheckpointKind, CheckpointStatus, DesiredState, Execution, Job
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.checkpoint_times import CheckpointTimes
from runner.supervisor.coordinator import Trigger
from runner.supervisor.event_bus import EventBus
from runner.supervisor.execution_log import ExecutionLog
from runner.supervisor.journal import Journal
from runner.supervisor.lease import Leases
from runner.supervisor.snapshot import Snapshot
from spec.job import CheckpointSettings

SETTINGS = CheckpointSettings(interval=0.1, retained=2)
EXECUTION = Execution(
    id="e", job_id="j", job_name="job", generation=1, state=ExecutionState.RUNNING, state_since=0, created_at=0
)
STATE = Snapshot(plugins={}, sources=[], splits=[], tokens=[], states=[], rows_in=1)
TIMES = CheckpointTimes(0.0, 1.0)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """A store with one running job."""
    home = Home(tmp_path)
    home.create()
    store = await AsyncStore.open(home.store_path)
    found = Journal(store, EventBus(), ExecutionLog(home))
    job = Job(id="j", name="job", mode="BATCH", desired_state=DesiredState.RUNNING, generation=1, created_at=0, updated_at=0)
    await found.write(lambda entry: (entry.store.insert_job(job), entry.store.insert_execution(EXECUTION)))
    yield found
    await store.close()


async def stored(journal: Journal) -> dict[int, CheckpointStatus]:
    """The checkpoints that the store knows, by number."""
    found = await journal.read(lambda store: store.checkpoints("j", limit=100))
    return {each.id: each.status for each in found}


async def told(journal: Journal) -> list[int]:
    """The checkpoints that events call committed."""
    events = await journal.read(lambda store: store.events_since(0))
    return [event.data["checkpoint"] for event in events if event.kind == "checkpoint.committed"]


async def take(records: CheckpointRecords, *, kind: CheckpointKind = CheckpointKind.PERIODIC, commit: bool = True) -> int:
    """One whole checkpoint."""
    begun = await records.begin(Trigger(kind))
    complete = await records.complete(begun, STATE, TIMES)
    if commit:
        committed = await records.committed(complete, TIMES)
        assert (committed.status, records.view(complete).status) == (
            CheckpointStatus.COMMITTED,
            CheckpointStatus.COMMITTED if kind is CheckpointKind.PERIODIC else CheckpointStatus.COMPLETED,
        )
    return begun.id


async def test_each_is_durable_at_once_and_its_commit_is_told_with_others(journal):
    """Complete before any sink commits; what a crash would leave is committed again; a reader, a savepoint or the end has
    everything written down, each commit told once, and exactly as many kept as are to be."""
    records = CheckpointRecords(journal, EXECUTION, SETTINGS)
    numbers = [await take(records) for _ in range(4)]
    assert numbers == [1, 2, 3, 4]
    assert await stored(journal) == dict.fromkeys(numbers, CheckpointStatus.COMPLETED)
    assert (await CheckpointRecords(journal, EXECUTION, SETTINGS).uncommitted()).numbers == tuple(numbers)
    await records.write_down()
    await records.write_down()
    assert await stored(journal) == dict.fromkeys([3, 4], CheckpointStatus.COMMITTED)
    await take(records)
    savepoint = await take(records, kind=CheckpointKind.SAVEPOINT)
    assert await stored(journal) == dict.fromkeys([4, 5, savepoint], CheckpointStatus.COMMITTED)
    assert await told(journal) == [1, 2, 3, 4, 5, savepoint]


async def test_what_is_cut_off_is_recorded_with_its_reason(journal):
    """Though nothing had been written when it began; the numbers that were reserved are free again, and none comes twice."""
    records = CheckpointRecords(journal, EXECUTION, SETTINGS)
    await take(records)
    begun = await records.begin(Trigger(CheckpointKind.PERIODIC))
    assert begun.id not in await stored(journal)
    await records.fail(begun, "it was late", (1,))
    cut_off = await records.begin(Trigger(CheckpointKind.PERIODIC))
    await records.fail_unfinished("the worker died")
    found = {each.id: each for each in await journal.read(lambda store: store.checkpoints("j", limit=100))}
    assert [found[number].failure for number in (begun.id, cut_off.id)] == ["it was late", "the worker died"]
    assert (found[begun.id].late_workers, found[1].status) == ((1,), CheckpointStatus.COMMITTED)
    assert await take(CheckpointRecords(journal, EXECUTION, SETTINGS)) == cut_off.id + 1


async def test_one_that_takes_its_time_is_shown_in_progress(journal):
    """Once it is written down that it has begun, it is completed in its place; also when whoever wrote it did not hear so."""
    records = CheckpointRecords(journal, EXECUTION, SETTINGS)
    await take(records)
    begun = await records.begin(Trigger(CheckpointKind.PERIODIC))
    await records.write_down()
    assert (await stored(journal))[begun.id] is CheckpointStatus.IN_PROGRESS
    await records.complete(begun, STATE, TIMES)
    unheard = await records.begin(Trigger(CheckpointKind.PERIODIC))
    await journal.write(lambda entry: entry.store.insert_checkpoint(unheard))
    await records.complete(unheard, STATE, TIMES)
    assert (await stored(journal))[begun.id] is (await stored(journal))[unheard.id] is CheckpointStatus.COMPLETED


async def test_a_stale_epoch_completes_nothing(journal):
    """Who has lost the lease can begin a checkpoint in memory, but neither completes it nor tells of a commit."""
    first, second = Leases(journal, 30.0).of("e"), Leases(journal, 30.0).of("e")
    records = CheckpointRecords(first.journal, EXECUTION, SETTINGS)
    await take(records)
    await second.next_epoch()
    begun = await records.begin(Trigger(CheckpointKind.PERIODIC))
    for refused in (records.complete(begun, STATE, TIMES), records.write_down(), records.fail_unfinished()):
        with pytest.raises(StoreError) as caught:
            await refused
        assert caught.value.code == "lease-lost"
    assert (await stored(journal), await told(journal)) == ({1: CheckpointStatus.COMPLETED}, [])
