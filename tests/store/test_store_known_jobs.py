"""What is remembered of jobs says what the database does, whatever was written meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus
from runner.states import ExecutionState
from runner.store import known_jobs
from runner.store.known_jobs import Due, IndexedJob, KnownJobs
from runner.store.pages import JobFilter, Place
from runner.store.store import Store

_QUEUES = ("default", "night")


class _Author:
    """Writes anything that may be written of a few jobs."""

    def __init__(self, make_job: Callable, make_execution: Callable, make_checkpoint: Callable) -> None:
        self.chance = random.Random(7)
        self.made = 0
        self.there: dict[str, bool] = {}  # by id, whether it is deleted
        self.job, self.execution, self.checkpoint = make_job, make_execution, make_checkpoint

    def write(self, store: Store) -> None:
        """One change."""
        steps = [self._add, self._change, self._run, self._save, self._settle, self._hide, self._show, self._purge]
        self.chance.choices(steps, (4, 3, 3, 3, 3, 1, 1, 1))[0](store)

    def _some(self, *, deleted: bool = False) -> str | None:
        found = [job_id for job_id, is_deleted in self.there.items() if is_deleted is deleted]
        return self.chance.choice(found) if found else None

    def _make(self, job_id: str):
        labels = {"team": self.chance.choice("ab")} if self.chance.random() < 0.5 else {}
        number, at = self.made, 1000.0 + self.made // 3
        return self.job(job_id, name=f"Job-{number}-{job_id}", created_at=at, queue=self.chance.choice(_QUEUES), labels=labels)

    def _add(self, store: Store) -> None:
        self.made += 1
        job_id = f"{self.chance.randrange(1 << 24):06x}{self.made}"
        store.insert_job(self._make(job_id))
        self.there[job_id] = False

    def _change(self, store: Store) -> None:
        if (job_id := self._some()) is not None:
            self.made += 1
            store.update_job(self._make(job_id))

    def _run(self, store: Store) -> None:
        if (job_id := self._some()) is not None:
            self.made += 1
            state = self.chance.choice((ExecutionState.RUNNING, ExecutionState.FAILED, ExecutionState.FINISHED))
            store.insert_execution(self.execution(f"e-{self.made}", job_id, state=state))

    def _save(self, store: Store) -> None:
        if (job_id := self._some()) is not None:
            fields = {"status": CheckpointStatus.COMPLETED, "kind": CheckpointKind.PERIODIC, "completed_at": 1.0}
            store.insert_complete_checkpoint(self.checkpoint(store.next_checkpoint_id(job_id), job_id, **fields), b"state")

    def _settle(self, store: Store) -> None:
        if (job_id := self._some()) is None:
            return
        store.insert_checkpoint(self.checkpoint(store.next_checkpoint_id(job_id), job_id))
        for found in store.checkpoints(job_id):
            if found.status is CheckpointStatus.IN_PROGRESS:
                store.fail_checkpoint(job_id, found.id, "late", 2.0)
            elif found.status is CheckpointStatus.COMPLETED:
                self._end(store, found)
        if self.chance.random() < 0.5:
            store.prune_checkpoints(job_id, 1)

    def _end(self, store: Store, found: Checkpoint) -> None:
        committed = msgspec.structs.replace(found, status=CheckpointStatus.COMMITTED, committed_at=3.0)
        steps = [
            lambda: store.mark_committed(found.job_id, found.id, 4.0),
            lambda: store.commit_checkpoints(found.job_id, [committed]),
            lambda: store.keep_checkpoint(found.job_id, found.id, "kept"),
            lambda: store.condemn_checkpoint(found.job_id, found.id, "damaged"),
            lambda: store.delete_checkpoint(found.job_id, found.id),
        ]
        self.chance.choice(steps)()

    def _hide(self, store: Store) -> None:
        if (job_id := self._some()) is not None:
            store.delete_job(job_id)
            self.there[job_id] = True

    def _show(self, store: Store) -> None:
        if (job_id := self._some(deleted=True)) is not None:
            store.undelete_job(job_id)
            self.there[job_id] = False

    def _purge(self, store: Store) -> None:
        if (job_id := self._some(deleted=True)) is not None:
            store.purge_job(job_id)
            del self.there[job_id]


def _everything(store: Store) -> list[object]:
    """All that can be asked about jobs."""
    first = store.job_page(JobFilter(), 3)
    after = Place(first[-1].created_at, first[-1].id) if first else None
    found: list[object] = [first, store.job_page(JobFilter(), 4, 2, after), store.job_page(JobFilter(), 5, 3)]
    for wanted in (
        JobFilter(),
        JobFilter(states=(ExecutionState.RUNNING, ExecutionState.FAILED)),
        JobFilter(name="job-1", queue="night"),
        JobFilter(labels={"team": "a"}),
        JobFilter(deleted=True),
    ):
        found += [store.count_jobs(wanted), store.job_page(wanted, 100)]
    for job in first:
        found += [store.job(job.id), store.named_job(job.name), store.find_jobs(job.name), store.find_jobs(job.id[:2])]
        found += [store.checkpoints(job.id), store.checkpoints(job.id, limit=1)]
    return [*found, store.job("nobody"), store.named_job("nobody"), store.find_jobs("")]


async def test_what_is_remembered_is_what_the_database_says(store, make_job, make_execution, make_checkpoint, monkeypatch):
    """After each of many changes a reader, who remembers, and the writer, who looks, say the same of everything."""
    monkeypatch.setattr(known_jobs, "RECORDS", 4)
    author = _Author(make_job, make_execution, make_checkpoint)
    for _ in range(20):
        for _ in range(author.chance.randrange(1, 7)):
            await store.write(author.write)
        remembered, looked_up = await store.read(_everything), await store.write(_everything)
        assert remembered == looked_up


async def test_a_reader_sees_what_was_written_a_moment_ago(store, make_job):
    """Once a write has returned, nobody is told what was before it."""
    job = make_job()
    await store.write(lambda s: s.insert_job(job))
    for number in range(5):
        changed = msgspec.structs.replace(job, name=f"name-{number}")
        await store.write(lambda s, changed=changed: s.update_job(changed))
        assert [found.name for found in (await store.read(lambda s: s.find_jobs("job-1")))] == [changed.name]
        assert await store.read(lambda s, before=number - 1: s.named_job(f"name-{before}")) is None


async def test_what_was_not_stored_is_not_remembered(store, make_job):
    """A write that fails changes nothing of what readers are told."""
    await store.write(lambda s: s.insert_job(make_job()))

    def fail(found: Store) -> None:
        found.delete_job("job-1")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.write(fail)
    assert (await store.read(lambda s: s.job("job-1"))).name == "job-1"


def _row(job_id: str, name: str = "orders", *, deleted: bool = False) -> IndexedJob:
    return IndexedJob(job_id, name, 1.0, "default", frozenset(), "", deleted)


def test_an_older_snapshot_does_not_replace_what_a_newer_one_has_told():
    """Of two readers that look at a job again, the one whose snapshot is older may come last."""
    known = KnownJobs()
    known.learn_index(known.mark(), [_row("a")], None)
    old = known.mark()
    known.touch(["a", "b"])
    assert set(known.due().ids) == {"a", "b"}
    known.learn_index(known.mark(), [_row("a", "renamed")], ["a", "b"])
    known.learn_index(old, [_row("a"), _row("b")], ["a", "b"])
    assert known.named("renamed") == "a"
    assert known.named("orders") is None
    assert not known.has("b")
    assert not known.due()


def test_what_changes_while_somebody_looks_is_looked_at_again():
    """A change that a snapshot may not have stays due."""
    known = KnownJobs()
    begun = known.mark()
    known.touch(["a"])
    known.learn_index(begun, [], None)
    assert known.due() == Due(("a",))
    known.learn_index(known.mark(), [_row("a")], ["a"])
    assert known.has("a")
    assert not known.due()


def test_memory_is_bounded_when_nobody_looks(monkeypatch):
    """When very many jobs have changed, all are looked at again, and those that are gone are found to be so."""
    monkeypatch.setattr(known_jobs, "UNSEEN", 10)
    known = KnownJobs()
    known.learn_index(known.mark(), [_row("a")], None)
    begun = known.mark()
    for number in range(12):
        known.touch([f"job-{number}"])
    assert known.due().everything
    known.learn_index(begun, [_row("a")], None)
    assert known.due().everything
    known.learn_index(known.mark(), [], None)
    assert not known.has("a")
    for number in range(100):
        known.touch([f"gone-{number}"])
        assert known.learn_index(known.mark(), [], [f"gone-{number}"])
    assert not known.learn_index(begun, [_row("gone-1")], ["gone-1"])


async def test_a_job_that_is_known_is_told_at_once(store, make_job, make_checkpoint):
    """By its id or its name, as it is; never when it has changed since somebody looked, nor by a part of its id."""
    await store.write(lambda s: s.insert_job(make_job(name="orders")))
    assert store.known_job("job-1") is None
    found = await store.read(lambda s: s.job("job-1"))
    assert (store.known_job("job-1"), store.known_job("orders"), store.known_job("job")) == (found, found, None)
    complete = make_checkpoint(1, status=CheckpointStatus.COMPLETED)
    await store.write(lambda s: s.insert_complete_checkpoint(complete, b"state"))
    assert store.known_job("orders").last_checkpoint.id == 1
    await store.write(lambda s: s.delete_job("job-1"))
    assert store.known_job("orders") is None
    assert await store.read(lambda s: s.job("job-1")) is None
    assert (store.known_job("job-1"), store.known_job("orders")) == (None, None)
    await store.write(lambda s: s.undelete_job("job-1"))
    assert (await store.read(lambda s: s.named_job("orders"))) == store.known_job("job-1")
    await store.close()
    assert store.known_job("job-1") is None
