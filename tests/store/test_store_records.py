"""Jobs, generations, executions, attempts and events through the store's surface."""

from __future__ import annotations

import time

import msgspec
import pytest

from runner.model import Attempt, CheckpointStatus, ErrorInfo, Generation, ReloadStatus, Totals
from runner.states import ExecutionState, IllegalTransition
from runner.store.asynchronous import AsyncStore
from runner.store.errors import StoreError
from runner.store.metrics import MetricSample


async def test_a_job_comes_back_as_it_was_stored(store, make_job):
    """Every field of a job survives the round trip, nested ones too."""
    job = make_job(
        file="/x/y.conf", reload=ReloadStatus(outcome="invalid", at=3.25, message="no", diagnostics=({"code": "x"},))
    )
    await store.write(lambda s: s.insert_job(job))
    assert await store.read(lambda s: s.job("job-1")) == job


async def test_a_missing_job_is_none(store):
    """Reading what is not there gives None, not an error."""
    assert await store.read(lambda s: s.job("nobody")) is None


async def test_updating_a_job_replaces_its_record(store, make_job):
    """What was written last is read, and counted as a change."""
    job = make_job()
    await store.write(lambda s: s.insert_job(job))
    changed = msgspec.structs.replace(job, name="renamed", generation=7, updated_at=2000.0, version=2)
    await store.write(lambda s: s.update_job(changed))
    assert await store.read(lambda s: s.job("job-1")) == changed
    assert await store.read(lambda s: s.find_jobs("renamed")) == [changed]


async def test_updating_a_missing_job_is_refused(store, make_job):
    """An update never creates."""
    with pytest.raises(StoreError) as caught:
        await store.write(lambda s: s.update_job(make_job("ghost")))
    assert caught.value.code == "not-found"


@pytest.mark.parametrize("identity", ["", "../evil", "a/b", "a\0b", "x" * 101, ".hidden", "a b"])
async def test_an_id_that_could_not_be_a_file_name_is_refused(store, make_job, identity):
    """Ids become parts of file names, so hostile ones do not get in."""
    with pytest.raises(StoreError) as caught:
        await store.write(lambda s: s.insert_job(make_job(identity, name="fine")))
    assert caught.value.code == "invalid-id"


async def test_a_name_belongs_to_one_job(store, make_job):
    """Neither a new job nor a renamed one takes the name of another."""
    await store.write(lambda s: s.insert_job(make_job("a", name="orders")))
    await store.write(lambda s: s.insert_job(make_job("b", name="other")))
    for attempt in (lambda s: s.insert_job(make_job("c", name="orders")), lambda s: s.update_job(make_job("b", name="orders"))):
        with pytest.raises(StoreError) as caught:
            await store.write(attempt)
        assert caught.value.code == "name-taken"


async def test_deleting_a_job_frees_its_name_and_hides_it(store, make_job):
    """A deleted job is found by nobody; another may take its name."""
    await store.write(lambda s: s.insert_job(make_job("a", name="orders")))
    await store.write(lambda s: s.delete_job("a"))
    assert await store.read(lambda s: (s.job("a"), s.find_jobs("orders"), s.find_jobs("a"), s.jobs())) == (
        None,
        [],
        [],
        ([], 0),
    )
    await store.write(lambda s: s.insert_job(make_job("b", name="orders")))
    assert [job.id for job in await store.read(lambda s: s.find_jobs("orders"))] == ["b"]


async def test_purging_forgets_what_was_deleted_long_ago(store, database, make_job, make_execution, make_checkpoint):
    """Of a job deleted before the given time nothing is left, not even its large states; other jobs keep everything."""
    large = bytes(2 * 2**20)

    def insert(s):
        for job in ("gone", "kept"):
            s.insert_job(make_job(job))
            s.insert_execution(make_execution(f"e-{job}", job, state=ExecutionState.FINISHED))
            s.insert_attempt(Attempt(execution_id=f"e-{job}", number=1, started_at=1.0))
            s.insert_generation(Generation(job_id=job, number=1, content_hash="", created_at=1.0, text="", spec={}), b"", b"")
            s.insert_checkpoint(make_checkpoint(1, job))
            s.complete_checkpoint(make_checkpoint(1, job, status=CheckpointStatus.COMPLETED), large)
            s.append_metrics([MetricSample(1000.0, f"e-{job}", "", "lag_rows", 1.0)])
        s.delete_job("gone")

    def everything(s, job):
        series = s.metric_series([f"e-{job}"], None, 999.0, 1001.0, 1)
        return s.executions(job), s.attempts(f"e-{job}"), s.generations(job), s.checkpoints(job), series

    await store.write(insert)
    assert await store.write(lambda s: s.purge_jobs(before=time.time() - 60)) == []
    kept = await store.read(lambda s: everything(s, "kept"))
    assert all(await store.read(lambda s: everything(s, "gone")))
    assert await store.write(lambda s: s.purge_jobs(before=time.time() + 60)) == ["gone"]
    assert await store.read(lambda s: everything(s, "gone")) == ([], [], [], [], [])
    assert await store.read(lambda s: everything(s, "kept")) == kept
    assert await store.read(lambda s: s.checkpoint_state("kept", 1)) == large
    assert len(list((database.parent / "checkpoints").iterdir())) == 1
    await store.write(lambda s: s.insert_job(make_job("gone")))


async def test_a_reference_is_an_id_before_a_name_before_a_prefix(store, make_job):
    """The exact id wins over the exact name, which wins over prefixes; an ambiguous prefix gives all it may mean."""

    def insert(s):
        s.insert_job(make_job("abc1", name="abc2"))
        s.insert_job(make_job("abc2", name="x"))
        s.insert_job(make_job("abd", name="abc"))

    await store.write(insert)

    async def ids(reference):
        return sorted(job.id for job in await store.read(lambda s: s.find_jobs(reference)))

    assert await ids("abc2") == ["abc2"]
    assert await ids("abc") == ["abd"]
    assert await ids("ab") == ["abc1", "abc2", "abd"]
    assert await ids("abc1") == ["abc1"]
    assert await ids("%") == await ids("") == []


async def test_jobs_come_in_pages_newest_first(store, make_job):
    """Pages follow one order and carry the total of all."""

    def insert(s):
        for number in range(7):
            s.insert_job(make_job(f"j{number}", created_at=float(number)))

    await store.write(insert)
    page, total = await store.read(lambda s: s.jobs(limit=3, offset=2))
    assert ([job.id for job in page], total) == (["j4", "j3", "j2"], 7)
    assert await store.read(lambda s: s.jobs(limit=3, offset=50)) == ([], 7)


async def test_jobs_are_filtered_by_state_and_name(store, make_job, make_execution):
    """The state is that of the latest execution; a part of the name matches in any case, wildcards mean themselves."""

    def insert(s):
        for identity, name in (("a", "Orders_EU"), ("b", "orders-us"), ("c", "users")):
            s.insert_job(make_job(identity, name=name))
        s.insert_execution(make_execution("e1", "a", state=ExecutionState.FAILED))
        s.insert_execution(make_execution("e2", "a", state=ExecutionState.RUNNING))
        s.insert_execution(make_execution("e3", "b", state=ExecutionState.FAILED))

    await store.write(insert)

    async def ids(**filters):
        page, total = await store.read(lambda s: s.jobs(**filters))
        assert total == len(page)
        return sorted(job.id for job in page)

    assert await ids(state=ExecutionState.FAILED) == ["b"]
    assert await ids(state="RUNNING") == ["a"]
    assert await ids(name_contains="ORDERS") == ["a", "b"]
    assert await ids(name_contains="_") == ["a"]
    assert await ids(name_contains="%") == []
    assert await ids(state="RUNNING", name_contains="us") == []


async def test_a_job_carries_its_latest_execution_and_restorable_checkpoint(store, make_job, make_execution, make_checkpoint):
    """One read joins what a list shows; a failed or unfinished checkpoint is not the last one."""

    def insert(s):
        s.insert_job(make_job())
        s.insert_execution(make_execution("e-1", state=ExecutionState.FAILED, created_at=5.0))
        s.insert_execution(make_execution("e-2", state=ExecutionState.RUNNING, created_at=4.0))
        for number in (1, 2, 3, 4):
            s.insert_checkpoint(make_checkpoint(number))
        for number in (1, 2):
            s.complete_checkpoint(make_checkpoint(number, status=CheckpointStatus.COMPLETED), b"state")
        s.fail_checkpoint("job-1", 3, "too slow", 200.0)

    await store.write(insert)
    job = await store.read(lambda s: s.job("job-1"))
    listed, _ = await store.read(lambda s: s.jobs())
    assert job.execution.id == "e-2"
    assert job.last_checkpoint.id == 2
    assert listed == [job]


async def test_a_job_shows_its_newest_checkpoint_whatever_happens_to_it(store, make_job, make_checkpoint):
    """Completion, commit, late completion of an older one and deletion: the job shows the newest one that can be restored."""

    async def shown():
        last = (await store.read(lambda s: s.job("job-1"))).last_checkpoint
        return (last.id, str(last.status)) if last else None

    def insert(s):
        s.insert_job(make_job())
        for number in (1, 2, 3):
            s.insert_checkpoint(make_checkpoint(number))

    def complete(number):
        return lambda s: s.complete_checkpoint(make_checkpoint(number, status=CheckpointStatus.COMPLETED), b"")

    await store.write(insert)
    assert await shown() is None
    await store.write(complete(2))
    assert await shown() == (2, "completed")
    await store.write(complete(1))
    assert await shown() == (2, "completed")
    await store.write(lambda s: s.mark_committed("job-1", 2, 5.0))
    assert await shown() == (2, "committed")
    await store.write(lambda s: s.delete_checkpoint("job-1", 2))
    assert await shown() == (1, "completed")
    await store.write(complete(3))
    await store.write(lambda s: s.delete_checkpoint("job-1", 1))
    assert await shown() == (3, "completed")
    await store.write(lambda s: s.delete_checkpoint("job-1", 3))
    assert await shown() is None


async def test_a_late_change_to_an_earlier_execution_does_not_show(store, make_job, make_execution):
    """A job shows its latest execution, also while an older one is still being tidied up."""

    def work(s):
        s.insert_job(make_job())
        s.insert_execution(make_execution("e-1", state=ExecutionState.CANCELING))
        s.insert_execution(make_execution("e-2", state=ExecutionState.RUNNING))
        s.update_execution(make_execution("e-1", state=ExecutionState.CANCELED))
        s.update_execution(make_execution("e-2", state=ExecutionState.RUNNING, attempt=2))

    await store.write(work)
    job = await store.read(lambda s: s.job("job-1"))
    assert (job.execution.id, job.execution.attempt) == ("e-2", 2)
    assert (await store.read(lambda s: s.execution("e-1"))).state is ExecutionState.CANCELED


async def test_updating_a_job_keeps_what_is_joined(store, make_job, make_execution):
    """A job read, changed and written back does not freeze the execution it was read with."""

    def insert(s):
        s.insert_job(make_job())
        s.insert_execution(make_execution(state=ExecutionState.RUNNING))

    await store.write(insert)

    def change(s):
        job = s.job("job-1")
        s.update_execution(make_execution(state=ExecutionState.FINISHED))
        s.update_job(msgspec.structs.replace(job, generation=2))

    await store.write(change)
    job = await store.read(lambda s: s.job("job-1"))
    assert (job.generation, job.execution.state) == (2, ExecutionState.FINISHED)


async def test_generations_keep_the_job_and_the_request(store, make_job):
    """A generation comes back with its two documents, and cannot be overwritten."""
    first = Generation(job_id="job-1", number=1, content_hash="00", created_at=1.0, text="env {}", spec={"a": [1, None]})
    second = msgspec.structs.replace(first, number=2, text="é\0")

    def insert(s):
        s.insert_job(make_job())
        s.insert_generation(first, b'{"job":1}', b"source\0\xff")
        s.insert_generation(second, b"2", b"")

    await store.write(insert)
    assert await store.read(lambda s: s.generations("job-1")) == [first, second]
    assert await store.read(lambda s: s.generation("job-1", 2)) == second
    assert await store.read(lambda s: s.generation("job-1", 3)) is None
    assert await store.read(lambda s: (s.generation_job("job-1", 1), s.generation_source("job-1", 1))) == (
        b'{"job":1}',
        b"source\0\xff",
    )
    with pytest.raises(StoreError) as caught:
        await store.write(lambda s: s.insert_generation(first, b"", b""))
    assert caught.value.code == "already-exists"
    with pytest.raises(StoreError) as caught:
        await store.read(lambda s: s.generation_job("job-1", 9))
    assert caught.value.code == "not-found"


async def test_an_execution_comes_back_as_it_was_stored(store, make_job, make_execution):
    """Every field of an execution survives insert and update."""
    execution = make_execution()
    full = msgspec.structs.replace(
        execution,
        state=ExecutionState.FAILED,
        started_at=2.5,
        finished_at=1763761000.123456,
        attempt=3,
        restarts=2,
        restored_from=9,
        restore_reason="crash",
        savepoint_id=10,
        error=ErrorInfo(code="x", message="broken", hint="mend", plugin="p", position="f:1:2"),
        totals=Totals(rows_in=2**60, rows_out=1, lag_seconds=0.5),
        worker_pids=(1, 2),
        phase="reading",
    )

    def insert(s):
        s.insert_job(make_job())
        s.insert_execution(execution)

    await store.write(insert)
    assert await store.read(lambda s: s.execution("e-1")) == execution
    await store.write(lambda s: s.update_execution(full))
    assert await store.read(lambda s: s.execution("e-1")) == full


@pytest.mark.parametrize("terminal", [state for state in ExecutionState if state.is_terminal])
async def test_nothing_leaves_a_terminal_state(store, make_job, make_execution, terminal):
    """Whatever the caller does, a finished execution stays finished; its other fields may still change."""

    def insert(s):
        s.insert_job(make_job())
        s.insert_execution(make_execution(state=terminal))

    await store.write(insert)
    for state in ExecutionState:
        if state is not terminal:
            with pytest.raises(IllegalTransition):
                await store.write(lambda s, state=state: s.update_execution(make_execution(state=state)))
    await store.write(lambda s: s.update_execution(make_execution(state=terminal, savepoint_id=4)))
    assert (await store.read(lambda s: s.execution("e-1"))).savepoint_id == 4


async def test_an_execution_needs_its_job(store, make_execution):
    """An execution of a job that does not exist is refused as a whole."""
    with pytest.raises(StoreError) as caught:
        await store.write(lambda s: s.insert_execution(make_execution()))
    assert caught.value.code == "not-found"
    assert await store.read(lambda s: s.execution("e-1")) is None


async def test_executions_are_listed_newest_first_and_unfinished_ones_found(store, make_job, make_execution):
    """The history of a job has one order; what a crashed daemon left running is found over all jobs."""

    def insert(s):
        s.insert_job(make_job("a"))
        s.insert_job(make_job("b"))
        for number, state in enumerate((ExecutionState.FINISHED, ExecutionState.FAILED, ExecutionState.RUNNING)):
            s.insert_execution(make_execution(f"a{number}", "a", state=state, created_at=float(number)))
        s.insert_execution(make_execution("b0", "b", state=ExecutionState.STOPPING, created_at=0.5))

    await store.write(insert)
    assert [found.id for found in await store.read(lambda s: s.executions("a"))] == ["a2", "a1", "a0"]
    assert [found.id for found in await store.read(lambda s: s.executions("a", 1, 1))] == ["a1"]
    assert [found.id for found in await store.read(lambda s: s.unfinished_executions())] == ["b0", "a2"]


async def test_attempts_belong_to_their_execution(store):
    """Attempts come back in their order and change in place."""
    first = Attempt(execution_id="e-1", number=1, started_at=1.0)
    second = Attempt(execution_id="e-1", number=2, started_at=2.0, restored_from=7, restore_reason="worker died")

    def insert(s):
        for attempt in (second, first, Attempt(execution_id="other", number=1, started_at=0.0)):
            s.insert_attempt(attempt)

    await store.write(insert)
    ended = msgspec.structs.replace(first, ended_at=1.5, outcome="failed", error=ErrorInfo(code="c", message="m"))
    await store.write(lambda s: s.update_attempt(ended))
    assert await store.read(lambda s: s.attempts("e-1")) == [ended, second]
    with pytest.raises(StoreError) as caught:
        await store.write(lambda s: s.insert_attempt(first))
    assert caught.value.code == "already-exists"
    with pytest.raises(StoreError) as caught:
        await store.write(lambda s: s.update_attempt(Attempt(execution_id="e-1", number=9, started_at=1.0)))
    assert caught.value.code == "not-found"


async def test_event_revisions_grow_by_one_also_across_restarts_and_prunes(database):
    """An observer that remembers a revision can go on after it, whatever happened to the daemon or the log."""
    revisions = []
    for _ in range(3):
        opened = await AsyncStore.open(database)
        for _ in range(3):
            event = await opened.write(lambda s: s.append_event("state", "j", "e", "moved", {"to": "RUNNING"}))
            revisions.append(event.revision)
        await opened.write(lambda s: s.prune_events(0))
        await opened.close()
    assert revisions == list(range(1, 10))


async def test_events_are_read_after_a_revision(store):
    """Readers get what they have not seen, oldest first, as much as they asked for."""
    appended = [await store.write(lambda s, n=n: s.append_event("kind", message=str(n))) for n in range(5)]
    assert await store.read(lambda s: s.events_since(2)) == appended[2:]
    assert await store.read(lambda s: s.events_since(0, 2)) == appended[:2]
    assert await store.read(lambda s: s.events_since(5)) == []
    assert await store.write(lambda s: s.prune_events(2)) == 3
    assert await store.read(lambda s: s.events_since(0)) == appended[3:]


async def test_the_newest_execution_is_the_last_one_made(store, make_job, make_execution):
    """Also when the clock was set back before it was made, and forth again after: decisions are made by what is newest."""

    def work(s):
        s.insert_job(make_job())
        for identity, at in (("first", 2_000_000_000.0), ("second", 1_000_000_000.0), ("third", 1_500_000_000.0)):
            s.insert_execution(make_execution(identity, created_at=at))
        return s.executions("job-1")

    found = await store.write(work)
    assert [execution.id for execution in found] == ["third", "second", "first"]
    assert found[0].created_at == 1_500_000_000.0
