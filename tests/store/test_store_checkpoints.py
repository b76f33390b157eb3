"""Checkpoints, savepoints and their states through the store's surface."""

from __future__ import annotations

import msgspec
import pytest

from runner.model import CheckpointKind, CheckpointStatus
from runner.store.asynchronous import AsyncStore
from runner.store.checkpoints import INLINE_LIMIT
from runner.store.errors import StoreError

LARGE = bytes(range(256)) * (INLINE_LIMIT // 256) + b"!"


def complete(session, checkpoint, state=b"state"):
    """Trigger and complete a checkpoint."""
    session.insert_checkpoint(checkpoint)
    session.complete_checkpoint(msgspec.structs.replace(checkpoint, status=CheckpointStatus.COMPLETED), state)


def commit(session, checkpoint, state=b"state"):
    """Trigger, complete and commit a checkpoint."""
    complete(session, checkpoint, state)
    session.mark_committed(checkpoint.job_id, checkpoint.id, 200.0)


@pytest.fixture
async def job_store(store, make_job):
    """A store with the job that the checkpoints belong to."""
    await store.write(lambda s: s.insert_job(make_job()))
    return store


def state_files(database):
    """The names of all files in the directory of states."""
    directory = database.parent / "checkpoints"
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


async def test_checkpoint_ids_grow_and_are_never_used_again(database, make_job, make_checkpoint):
    """Neither deletion nor a restart brings an id back; each job counts for itself."""
    opened = await AsyncStore.open(database)

    def begin(s):
        s.insert_job(make_job("a"))
        s.insert_job(make_job("b"))
        return s.next_checkpoint_id("a"), s.next_checkpoint_id("a"), s.next_checkpoint_id("b")

    assert await opened.write(begin) == (1, 2, 1)
    await opened.write(lambda s: commit(s, make_checkpoint(7, "a")))
    await opened.write(lambda s: s.delete_checkpoint("a", 7))
    await opened.close()
    again = await AsyncStore.open(database)
    assert await again.write(lambda s: (s.next_checkpoint_id("a"), s.next_checkpoint_id("b"))) == (8, 2)
    with pytest.raises(StoreError) as caught:
        await again.write(lambda s: s.next_checkpoint_id("ghost"))
    assert caught.value.code == "not-found"
    await again.close()


async def test_a_checkpoint_goes_from_triggered_to_committed(job_store, make_checkpoint):
    """The record follows the protocol; only what is completed and not committed awaits its commit."""
    begun = make_checkpoint(1)
    completed = msgspec.structs.replace(
        begun, status=CheckpointStatus.COMPLETED, completed_at=101.5, duration=1.5, size=5, rows_in=10, rows_out=9
    )
    await job_store.write(lambda s: s.insert_checkpoint(begun))
    assert await job_store.read(lambda s: s.checkpoint("job-1", 1)) == begun
    assert await job_store.read(lambda s: s.uncommitted_checkpoints("job-1")) == []
    await job_store.write(lambda s: s.complete_checkpoint(completed, b"state"))
    assert await job_store.read(lambda s: s.uncommitted_checkpoints("job-1")) == [completed]
    for _ in range(2):
        await job_store.write(lambda s: s.mark_committed("job-1", 1, 102.0))
    assert await job_store.read(lambda s: s.uncommitted_checkpoints("job-1")) == []
    committed = msgspec.structs.replace(completed, status=CheckpointStatus.COMMITTED, committed_at=102.0)
    assert await job_store.read(lambda s: s.checkpoint("job-1", 1)) == committed


async def test_a_failed_checkpoint_says_why(job_store, make_checkpoint):
    """A checkpoint that did not happen keeps the reason, and has no state."""
    await job_store.write(lambda s: s.insert_checkpoint(make_checkpoint(1)))
    await job_store.write(lambda s: s.fail_checkpoint("job-1", 1, "worker 2 did not answer", 160.0))
    found = await job_store.read(lambda s: s.checkpoint("job-1", 1))
    assert (found.status, found.failure, found.duration) == (CheckpointStatus.FAILED, "worker 2 did not answer", 60.0)
    with pytest.raises(StoreError) as caught:
        await job_store.read(lambda s: s.checkpoint_state("job-1", 1))
    assert caught.value.code == "not-found"


async def test_steps_out_of_order_are_refused(job_store, make_checkpoint):
    """A commit before the completion, a completion after a failure, a failure after the completion: all conflicts."""

    def prepare(s):
        s.insert_checkpoint(make_checkpoint(1))
        s.insert_checkpoint(make_checkpoint(2))
        s.fail_checkpoint("job-1", 2, "no", 1.0)
        complete(s, make_checkpoint(3))

    await job_store.write(prepare)
    done = CheckpointStatus.COMPLETED
    for step in (
        lambda s: s.mark_committed("job-1", 1, 1.0),
        lambda s: s.complete_checkpoint(make_checkpoint(1), b""),
        lambda s: s.complete_checkpoint(make_checkpoint(2, status=done), b""),
        lambda s: s.complete_checkpoint(make_checkpoint(3, status=done), b"other"),
        lambda s: s.fail_checkpoint("job-1", 3, "late", 1.0),
    ):
        with pytest.raises(StoreError) as caught:
            await job_store.write(step)
        assert caught.value.code == "conflict"
    with pytest.raises(StoreError) as caught:
        await job_store.write(lambda s: s.insert_checkpoint(make_checkpoint(1)))
    assert caught.value.code == "already-exists"
    assert await job_store.read(lambda s: s.checkpoint_state("job-1", 3)) == b"state"


@pytest.mark.parametrize("state", [b"", b"small\0\xff", LARGE[:INLINE_LIMIT]], ids=["empty", "small", "limit"])
async def test_a_small_state_is_in_the_database(job_store, database, make_checkpoint, state):
    """Up to 1 MB there is no file beside the database."""
    await job_store.write(lambda s: complete(s, make_checkpoint(1), state))
    assert await job_store.read(lambda s: s.checkpoint_state("job-1", 1)) == state
    assert state_files(database) == []


async def test_a_large_state_is_a_file_beside_the_database(database, make_job, make_checkpoint):
    """More than 1 MB goes to a private file, which outlives a restart and goes with its row."""
    opened = await AsyncStore.open(database)
    await opened.write(lambda s: s.insert_job(make_job()))
    await opened.write(lambda s: complete(s, make_checkpoint(1), LARGE))
    (name,) = state_files(database)
    assert name.startswith("job-1-1-")
    assert (database.parent / "checkpoints").stat().st_mode & 0o077 == 0
    await opened.close()
    again = await AsyncStore.open(database)
    assert await again.read(lambda s: s.checkpoint_state("job-1", 1)) == LARGE
    await again.write(lambda s: s.delete_checkpoint("job-1", 1))
    assert state_files(database) == []
    await again.close()


async def test_a_large_state_of_a_failed_transaction_leaves_no_file(job_store, database, make_checkpoint):
    """What is rolled back is gone from the disk too."""

    def work(s):
        complete(s, make_checkpoint(1), LARGE)
        assert len(state_files(database)) == 1
        raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        await job_store.write(work)
    assert state_files(database) == []
    assert await job_store.read(lambda s: s.checkpoint("job-1", 1)) is None


async def test_a_deletion_that_is_rolled_back_keeps_the_state(job_store, database, make_checkpoint):
    """The file goes only after the row has."""
    await job_store.write(lambda s: complete(s, make_checkpoint(1), LARGE))

    def work(s):
        s.delete_checkpoint("job-1", 1)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        await job_store.write(work)
    assert await job_store.read(lambda s: s.checkpoint_state("job-1", 1)) == LARGE


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
async def test_a_damaged_state_file_is_noticed(job_store, database, make_checkpoint, damage):
    """A state is either the one that was saved or an error; never something else."""
    await job_store.write(lambda s: complete(s, make_checkpoint(1), LARGE))
    (name,) = state_files(database)
    path = database.parent / "checkpoints" / name
    content = bytearray(path.read_bytes())
    content[12345] ^= 1
    {"flip": lambda: path.write_bytes(content), "cut": lambda: path.write_bytes(LARGE[:-1]), "gone": path.unlink}[damage]()
    with pytest.raises(StoreError) as caught:
        await job_store.read(lambda s: s.checkpoint_state("job-1", 1))
    assert caught.value.code == "checkpoint-corrupt"


async def test_orphaned_state_files_go_when_the_store_opens(database, make_job, make_checkpoint):
    """A kill between file and row leaves a file that the next opening removes; strangers' files stay."""
    opened = await AsyncStore.open(database)
    await opened.write(lambda s: s.insert_job(make_job()))
    await opened.write(lambda s: complete(s, make_checkpoint(1), LARGE))
    await opened.close()
    (kept,) = state_files(database)
    directory = database.parent / "checkpoints"
    for name in ("job-1-2-0123456789abcdef.bin", "job-1-3-0123456789abcdef.bin.tmp", "notes.txt"):
        (directory / name).write_bytes(b"x")
    again = await AsyncStore.open(database)
    assert state_files(database) == sorted([kept, "notes.txt"])
    assert len(again.report.removed_orphans) == 2
    assert await again.read(lambda s: s.checkpoint_state("job-1", 1)) == LARGE
    await again.close()


async def test_state_files_outlive_a_database_that_was_moved_aside(database, make_job, make_checkpoint):
    """A new database knows none of the old states: they are kept under another name, not removed."""
    opened = await AsyncStore.open(database)
    await opened.write(lambda s: s.insert_job(make_job()))
    await opened.write(lambda s: complete(s, make_checkpoint(1), LARGE))
    await opened.close()
    database.rename(database.with_name("old.duckdb"))
    again = await AsyncStore.open(database)
    ((_, kept),) = again.report.moved
    assert [path.read_bytes() for path in kept.iterdir()] == [LARGE]
    assert again.report.messages()
    await again.close()


async def test_checkpoints_are_listed_newest_first(job_store, make_checkpoint):
    """A list is filtered by kind and cut at its limit."""

    def insert(s):
        for number in range(1, 6):
            kind = CheckpointKind.SAVEPOINT if number in (2, 4) else CheckpointKind.PERIODIC
            s.insert_checkpoint(make_checkpoint(number, kind=kind))

    await job_store.write(insert)

    async def ids(*arguments, **options):
        return [found.id for found in await job_store.read(lambda s: s.checkpoints("job-1", *arguments, **options))]

    assert await ids() == [5, 4, 3, 2, 1]
    assert await ids(limit=2) == [5, 4]
    assert await ids(CheckpointKind.SAVEPOINT) == [4, 2]
    assert await ids("periodic") == [5, 3, 1]


async def test_pruning_keeps_what_somebody_may_restore_from(job_store, make_checkpoint):
    """Old committed periodic and final checkpoints go; savepoints, uncommitted ones and the newest restorable one stay."""

    def insert(s):
        commit(s, make_checkpoint(1))
        commit(s, make_checkpoint(2, kind=CheckpointKind.SAVEPOINT))
        commit(s, make_checkpoint(3), LARGE)
        complete(s, make_checkpoint(4))
        commit(s, make_checkpoint(5, kind=CheckpointKind.FINAL))
        commit(s, make_checkpoint(6))
        commit(s, make_checkpoint(7))
        s.insert_checkpoint(make_checkpoint(8))

    await job_store.write(insert)
    assert await job_store.write(lambda s: s.prune_checkpoints("job-1", 2)) == [1, 3, 5]
    assert [found.id for found in await job_store.read(lambda s: s.checkpoints("job-1"))] == [8, 7, 6, 4, 2]
    assert await job_store.write(lambda s: s.prune_checkpoints("job-1", 0)) == [6]
    assert await job_store.read(lambda s: s.checkpoint_state("job-1", 7)) == b"state"


async def test_pruning_bounds_the_failed_ones(job_store, make_checkpoint):
    """A sink that fails every checkpoint for a day does not fill the store."""

    def insert(s):
        commit(s, make_checkpoint(1))
        for number in range(2, 40):
            s.insert_checkpoint(make_checkpoint(number))
            s.fail_checkpoint("job-1", number, "no", 1.0)

    await job_store.write(insert)
    await job_store.write(lambda s: s.prune_checkpoints("job-1", 3))
    assert [found.id for found in await job_store.read(lambda s: s.checkpoints("job-1"))] == [*range(39, 19, -1), 1]


async def test_pruning_one_job_leaves_the_others(store, make_job, make_checkpoint):
    """Retention is counted per job."""

    def insert(s):
        for job in ("a", "b"):
            s.insert_job(make_job(job))
            for number in (1, 2, 3):
                commit(s, make_checkpoint(number, job))

    await store.write(insert)
    await store.write(lambda s: s.prune_checkpoints("a", 1))
    assert [found.id for found in await store.read(lambda s: s.checkpoints("a"))] == [3]
    assert [found.id for found in await store.read(lambda s: s.checkpoints("b"))] == [3, 2, 1]
