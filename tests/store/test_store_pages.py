"""Pages of what belongs to jobs and executions: each record once and in order, whatever the length of a page."""

import hashlib

from runner.model import Attempt, CheckpointKind, CheckpointStatus, Generation
from runner.store.checkpoints import savepoint_place
from runner.store.pages import CheckpointFilter, Place


def pages(read, place_of):
    """The records of pages of two, each after the last one of the page before."""
    found, after = [], None
    while page := read(after):
        assert len(page) <= 2
        found += page
        after = place_of(page[-1])
    return found


async def test_savepoints_of_all_jobs_come_page_by_page(store, make_job, make_checkpoint):
    """Newest first, whosever they are; those of one moment by job, the deleted jobs' by themselves, incomplete ones never."""

    def prepare(transaction):
        for job_id in ("a", "b", "gone"):
            transaction.insert_job(make_job(job_id))
            for number, at in ((1, 100.0), (2, 200.1), (10, 200.1), (11, 50.0)):
                saved = make_checkpoint(
                    number, job_id, kind=CheckpointKind.SAVEPOINT, status=CheckpointStatus.COMPLETED, triggered_at=at
                )
                transaction.insert_complete_checkpoint(saved, b"state")
            transaction.insert_checkpoint(make_checkpoint(12, job_id, kind=CheckpointKind.SAVEPOINT))
        transaction.delete_job("gone")

    await store.write(prepare)
    every = await store.read(lambda transaction: transaction.savepoints())
    newest = [("a", 10), ("a", 2), ("b", 10), ("b", 2)]
    assert [(one.job_id, one.id) for one in every] == [*newest, ("a", 1), ("b", 1), ("a", 11), ("b", 11)]
    walked = await store.read(lambda one: pages(lambda after: one.savepoints(limit=2, after=after), savepoint_place))
    assert walked == every
    assert await store.read(lambda transaction: transaction.savepoints(limit=3, offset=2)) == every[2:5]
    assert {one.job_id for one in await store.read(lambda transaction: transaction.savepoints(deleted=True))} == {"gone"}


async def test_checkpoints_of_a_job_come_page_by_page(store, make_job, make_checkpoint):
    """Of a kind, of an execution, only complete ones, or all; also beyond those that are remembered."""

    def prepare(transaction):
        transaction.insert_job(make_job("a"))
        for number in range(1, 61):
            kind = CheckpointKind.SAVEPOINT if number % 10 == 0 else CheckpointKind.PERIODIC
            taken = make_checkpoint(number, "a", kind=kind, execution_id="odd" if number % 2 else "even")
            transaction.insert_checkpoint(taken)

    await store.write(prepare)

    def numbers(**wanted):
        def read(transaction):
            def page(after):
                return transaction.checkpoint_page("a", CheckpointFilter(after=after, **wanted), 2)

            return [one.id for one in pages(page, lambda one: Place(one.id, ""))]

        return store.read(read)

    assert await numbers() == list(range(60, 0, -1))
    assert await numbers(kind=CheckpointKind.SAVEPOINT) == [60, 50, 40, 30, 20, 10]
    assert await numbers(execution_id="odd") == list(range(59, 0, -2))
    assert await numbers(complete=True) == []
    shifted = await store.read(lambda one: one.checkpoint_page("a", CheckpointFilter(offset=3), 2))
    assert [one.id for one in shifted] == [57, 56]


async def test_generations_and_attempts_come_page_by_page(store, make_job, make_execution):
    """Oldest first."""

    def prepare(transaction):
        transaction.insert_job(make_job("a"))
        transaction.insert_execution(make_execution("e", "a"))
        for number in range(1, 6):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            transaction.insert_generation(
                Generation(job_id="a", number=number, content_hash=digest, created_at=1.0, text="", spec={}), b"{}", b"{}"
            )
            transaction.insert_attempt(Attempt(execution_id="e", number=number, started_at=1.0))

    await store.write(prepare)

    def numbered(one):
        return Place(one.number, "")

    walked = await store.read(lambda one: pages(lambda after: one.generations("a", 2, 0, after), numbered))
    assert [one.number for one in walked] == [1, 2, 3, 4, 5]
    walked = await store.read(lambda one: pages(lambda after: one.attempts("e", 2, 0, after), numbered))
    assert [one.number for one in walked] == [1, 2, 3, 4, 5]
    assert [one.number for one in await store.read(lambda one: one.generations("a", 2, 3))] == [4, 5]
    assert [one.number for one in await store.read(lambda one: one.attempts("e", 2, 1))] == [2, 3]
