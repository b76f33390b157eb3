"""What the writer remembers between its transactions says nothing that a transaction has not stored."""

from __future__ import annotations

import re

import msgspec
import pytest

from runner.audit import AuditEntry, AuditFilter, AuditOutcome
from runner.model import CheckpointStatus
from runner.states import ExecutionState, IllegalTransition
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.store.idempotency import RecordedAnswer
from runner.store.metrics import MetricSample
from runner.store.pages import JobFilter

START = 1_763_761_000.0
ENTRY = AuditEntry(at=1.0, who="unix:0", action="POST /jobs", outcome=AuditOutcome.DONE)


class Broken(Exception):
    """A transaction that does not come about."""


def fail(store):
    """Store something of everything that is remembered, and then do not."""
    store.append_audit([ENTRY] * 3)
    store.begin_request("unix:0", "lost", "f", START)
    raise Broken


async def audit_ids(store):
    """The ids of all entries, newest first."""
    return [entry.id for entry in await store.read(lambda s: s.audit_page(AuditFilter(), 100))]


async def test_the_audit_trail_counts_on_after_what_was_not_stored(store, database):
    """Ids follow each other, whatever was rolled back in between and however often the file was opened."""
    await store.write(lambda s: s.append_audit([ENTRY]))
    with pytest.raises(Broken):
        await store.write(fail)
    await store.write(lambda s: s.append_audit([ENTRY, ENTRY]))
    await store.close()
    again = await AsyncStore.open(database)
    await again.write(lambda s: s.append_audit([ENTRY]))
    assert await audit_ids(again) == [4, 3, 2, 1]
    await again.close()


async def test_a_request_that_was_rolled_back_begins_anew(store):
    """Nothing is known of it, and answers are kept as before."""
    with pytest.raises(Broken):
        await store.write(fail)
    assert await store.write(lambda s: s.begin_request("unix:0", "lost", "f", START)) is None
    answer = RecordedAnswer(status=200, headers=(), body=b"{}")
    await store.write(lambda s: s.finish_request("unix:0", "lost", answer))
    found = await store.write(lambda s: s.begin_request("unix:0", "lost", "f", START + 1))
    assert found.answer == answer


async def test_a_job_is_found_by_the_whole_of_its_name_only(store, make_job):
    """An id, a part of a name and the name of a deleted job are no names."""
    await store.write(lambda s: [s.insert_job(make_job("a1", name="first")), s.insert_job(make_job("b2", name="second"))])
    await store.write(lambda s: s.delete_job("b2"))
    found = [await store.read(lambda s, name=name: s.named_job(name)) for name in ("first", "a1", "fir", "second")]
    assert [job.id if job else None for job in found] == ["a1", None, None, None]


async def test_executions_whose_series_lie_apart_are_read_together(store):
    """The series of a third one lie between those of two: only the two are read, and drawn is what is asked for."""

    def samples(execution, value):
        return [
            MetricSample(START + second, execution, plugin, name, value)
            for second in range(4)
            for plugin, name in (("", "cpu_percent"), ("Sql[0]", "cpu_percent"), ("", "lag_rows"))
        ]

    for execution, value in (("e-1", 10.0), ("e-2", 1000.0), ("e-3", 20.0)):
        batch = samples(execution, value)
        await store.write(lambda s, batch=batch: s.append_metrics(batch))
    found = await store.read(lambda s: s.metric_window(["e-1", "e-3"], START, START + 4, 1, {"cpu_percent"}))
    assert [(series.name, series.plugin, series.points[0].value) for series in found.series] == [("cpu_percent", "", 15.0)]
    assert {key: (whole.mean, whole.lowest, whole.highest) for key, whole in found.sums.items()} == dict.fromkeys(
        [("cpu_percent", ""), ("cpu_percent", "Sql[0]"), ("lag_rows", "")], (15.0, 10.0, 20.0)
    )


async def test_a_name_is_free_exactly_when_no_job_has_it(store, database, make_job):
    """Through renaming, deleting, bringing back and forgetting jobs, what was rolled back, and opening anew."""

    async def owner(name):
        with pytest.raises((StoreError, Broken)) as caught:
            await store.write(lambda s: (s.insert_job(make_job("probe", name=name)), fail(s)))
        found = re.fullmatch(r"there is already a job named .* \((.*)\)", str(caught.value))
        return found[1] if found else None

    await store.write(lambda s: [s.insert_job(make_job("a")), s.insert_job(make_job("b"))])
    assert [await owner(name) for name in ("a", "b", "c")] == ["a", "b", None]
    await store.write(lambda s: s.update_job(make_job("a", name="c")))
    assert [await owner(name) for name in ("a", "b", "c")] == [None, "b", "a"]
    await store.write(lambda s: s.delete_job("b"))
    assert await owner("b") is None
    await store.write(lambda s: s.insert_job(make_job("d", name="b")))
    with pytest.raises(StoreError, match="already a job named 'b'"):
        await store.write(lambda s: s.undelete_job("b"))
    await store.write(lambda s: [s.delete_job("d"), s.undelete_job("b")])
    with pytest.raises(Broken):
        await store.write(lambda s: (s.delete_job("b"), fail(s)))
    assert await owner("b") == "b"
    await store.write(lambda s: [s.delete_job("b"), s.purge_job("b")])
    await store.write(lambda s: s.insert_job(make_job("b", name="new")))
    await store.close()
    again = await AsyncStore.open(database)
    with pytest.raises(StoreError) as caught:
        await again.write(lambda s: s.insert_job(make_job("e", name="new")))
    assert caught.value.code == "name-taken"
    with pytest.raises(StoreError) as caught:
        await again.write(lambda s: s.insert_job(make_job("d", name="other")))
    assert caught.value.code == "already-exists"
    await again.close()


async def test_a_state_that_was_not_stored_does_not_count(store, make_job, make_execution):
    """What may follow is what may follow the stored one."""
    await store.write(lambda s: [s.insert_job(make_job()), s.insert_execution(make_execution())])
    with pytest.raises(Broken):
        await store.write(lambda s: (s.update_execution(make_execution(state=ExecutionState.CANCELED)), fail(s)))
    await store.write(lambda s: s.update_execution(make_execution(state=ExecutionState.STARTING)))
    with pytest.raises(IllegalTransition):
        await store.write(lambda s: s.update_execution(make_execution(state=ExecutionState.QUEUED)))
    assert (await store.read(lambda s: s.execution("e-1"))).state is ExecutionState.STARTING


async def test_a_checkpoint_that_was_not_stored_does_not_count(store, make_job, make_checkpoint):
    """What may become of it is what may become of the stored one."""
    checkpoint = make_checkpoint(1)
    complete = msgspec.structs.replace(checkpoint, status=CheckpointStatus.COMPLETED)
    await store.write(lambda s: s.insert_job(make_job()))
    with pytest.raises(Broken):
        await store.write(lambda s: (s.insert_checkpoint(checkpoint), fail(s)))
    with pytest.raises(StoreError, match="there is no checkpoint 1"):
        await store.write(lambda s: s.complete_checkpoint(complete, b"state"))
    await store.write(lambda s: s.insert_checkpoint(checkpoint))
    with pytest.raises(Broken):
        await store.write(lambda s: (s.complete_checkpoint(complete, b"lost"), fail(s)))
    with pytest.raises(StoreError, match="is in_progress, it cannot become committed"):
        await store.write(lambda s: s.mark_committed("job-1", 1, 5.0))
    await store.write(lambda s: s.complete_checkpoint(complete, b"state"))
    await store.write(lambda s: s.mark_committed("job-1", 1, 5.0))
    assert await store.read(lambda s: s.checkpoint_state("job-1", 1)) == b"state"
    await store.write(lambda s: s.delete_checkpoint("job-1", 1))
    with pytest.raises(StoreError, match="there is no checkpoint 1"):
        await store.write(lambda s: s.mark_committed("job-1", 1, 5.0))


async def test_a_lease_that_was_rolled_back_is_nobodys(store):
    """The next epoch is higher than any that somebody may have seen, and the only one of the execution."""
    with pytest.raises(Broken):
        await store.write(lambda s: (s.take_lease("e-1", "one", 1.0), fail(s)))
    assert await store.write(lambda s: s.lease_epoch("e-1")) == 0
    first = await store.write(lambda s: s.take_lease("e-1", "one", 1.0))
    second = await store.write(lambda s: s.take_lease("e-1", "two", 1.0))
    third = await store.write(lambda s: s.take_lease("e-2", "two", 1.0))
    assert first < second < third
    found = await store.read(lambda s: [(lease.execution_id, lease.owner, lease.epoch) for lease in s.leases()])
    assert found == [("e-1", "two", second), ("e-2", "two", third)]


async def test_many_rows_of_a_transaction_arrive_as_they_are(store, make_job, make_execution):
    """However many they are, and whichever of them lack a value or have another kind of it first."""
    labels = [{}, {"team": "a'b"}, {"x": "1", "y": "2"}]
    finished = [None, 5.5, 7]

    def work(s):
        for number in range(250):
            s.insert_job(make_job(f"j{number}", labels=labels[number % 3], created_at=number))
            s.insert_execution(make_execution(f"e{number}", f"j{number}", finished_at=finished[number % 3]))
            s.append_event("made", f"j{number}", message="'\\\n")

    await store.write(work)
    jobs, total = await store.read(lambda s: s.jobs(limit=1000))
    assert total == 250
    for number, job in enumerate(reversed(jobs)):
        assert (job.id, job.labels, job.execution.id, job.version) == (f"j{number}", labels[number % 3], f"e{number}", 2)
        assert job.execution.finished_at == finished[number % 3]
    assert [event.job_id for event in await store.read(lambda s: s.events_since(0))] == [f"j{n}" for n in range(250)]
    found, _ = await store.read(lambda s: s.jobs(limit=1, name_contains="j7"))
    assert found
    wanted = JobFilter(labels={"team": "a'b"})
    assert len(await store.read(lambda s: s.job_page(wanted, 1000))) == 83


async def test_a_job_that_a_transaction_makes_is_as_it_will_be_found(store, make_job, make_execution):
    """With its execution and its version; nothing is known so of one that was there before."""

    def work(s):
        s.insert_job(make_job())
        s.insert_execution(make_execution())
        return s.added_job("job-1")

    made = await store.write(work)
    assert made == await store.read(lambda s: s.job("job-1"))
    assert await store.write(lambda s: s.added_job("job-1")) is None
