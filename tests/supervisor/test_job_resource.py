"""Jobs as a resource: stored, checked, labelled, listed, updated, renamed, deleted and brought back."""

from __future__ import annotations

import asyncio

import pytest

from runner.requests import (
    CancelQueuedRequest,
    EditRequest,
    QueueRequest,
    StartRequest,
    StopRequest,
    SubmitRequest,
    UpdateRequest,
)
from runner.states import ExecutionState
from runner.store.errors import StoreError
from runner.store.pages import JobFilter
from runner.supervisor.catalog import _naming
from runner.supervisor.commands import Command
from runner.supervisor.errors import Conflict, NotFound, SpecInvalid
from runner.supervisor.limits import Limits
from spec.errors import UsageError
from spec.job import RetentionSettings

FINISHED, QUEUED, RUNNING = ExecutionState.FINISHED, ExecutionState.QUEUED, ExecutionState.RUNNING


@pytest.fixture
def small(copy):
    """A job of ten rows."""
    return copy.but(rows=10, interval=None, rows_per_second=None)


async def stored(flow, job, **fields):
    """A job that is stored, not started."""
    place = {} if "file" in fields else {"base_directory": "/"}
    return await flow.service.submit(SubmitRequest(text=job.text(), start=False, **place, **fields))


async def test_a_stored_job_waits_for_its_start(flow, small):
    """It has a generation and no execution; started, it runs; finished and started again, it runs from the beginning."""
    job = await stored(flow, small)
    assert (job.execution, job.desired_state, job.generation) == (None, "STOPPED", 1)
    for _ in range(2):
        await flow.service.start(job.id, StartRequest())
        execution = await flow.reach(job.id, FINISHED)
        assert (execution.restored_from, execution.restore_reason[:18]) == (None, "from the beginning")
    assert small.figures() == (20, 10, 9)
    assert len(await flow.service.executions(job.id)) == 2


async def test_a_start_goes_on_where_a_stop_left_off(flow, copy):
    """What was stopped with a savepoint is started from it, exactly; what runs is answered as it is."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    again = await flow.service.start(job.id, StartRequest())
    assert again.execution.id == job.execution.id
    await flow.service.stop(job.id, StopRequest())
    stopped = await flow.reach(job.id, ExecutionState.STOPPED)
    started = await flow.service.start(job.id, StartRequest())
    assert started.execution.restored_from == stopped.savepoint_id
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_checking_stores_nothing(flow, small):
    """The verdict has plugins, labels and diagnostics; an invalid text is refused as in earnest."""
    text = small.text().replace("env {", "env {\n job.labels { team = web }", 1)
    verdict = await flow.service.check(SubmitRequest(text=text, base_directory="/", labels={"a": "b"}))
    assert [(plugin.id, plugin.kind) for plugin in verdict.plugins][:2] == [("numbers", "source"), ("shaped", "transform")]
    assert (verdict.name, verdict.job_id, verdict.labels) == ("copy", None, {"team": "web", "a": "b"})
    with pytest.raises(SpecInvalid):
        await flow.service.check(SubmitRequest(text="env {}"))
    assert await flow.service.jobs() == ([], 0)


async def test_labels_come_from_the_file_and_by_hand(flow, small):
    """By hand counts over the file; a label that the file drops goes, one that was given by hand stays."""
    first = small.but(settings='job.labels { team = web, tier = "1" }')
    job = await stored(flow, first, labels={"tier": "2", "owner": "me"})
    assert job.labels == {"team": "web", "tier": "2", "owner": "me"}
    job = await stored(flow, small.but(settings="job.labels { new = yes }"))
    assert (job.generation, job.labels) == (2, {"new": "yes", "tier": "2", "owner": "me"})
    job = await flow.service.edit(job.id, EditRequest(labels={"tier": None, "new": "no"}))
    assert job.labels == {"new": "no", "owner": "me"}
    for wrong in ({"": "x"}, {"a b": "x"}, {"a": "\x1b[31m"}, {f"k{n}": "" for n in range(40)}):
        with pytest.raises(UsageError) as refused:
            await flow.service.edit(job.id, EditRequest(labels=wrong))
        assert refused.value.code == "invalid-label"


async def test_lists_are_filtered_and_paged_by_place(flow, small):
    """Filters are combined; pages by `next` neither repeat nor leave out a job while others come and go."""
    ids = []
    for number in range(5):
        job = small.but(name=f"n{number}", settings=f'job.queue = "{"odd" if number % 2 else "even"}"')
        ids.append((await stored(flow, job, labels={"parity": str(number % 2), "all": "yes"})).id)
    page = await flow.service.job_page(JobFilter(), limit=2)
    assert ([job.id for job in page.jobs], page.total) == (ids[:2:-1], 5)
    await stored(flow, small.but(name="newer"))
    await flow.service.delete(ids[4])
    rest = await flow.service.job_page(JobFilter(), limit=10, after=page.next, count=False)
    assert ([job.id for job in rest.jobs], rest.total, rest.next) == (ids[2::-1], None, None)
    odd = await flow.service.job_page(JobFilter(labels={"parity": "1", "all": "yes"}, queue="odd", name="N"))
    assert [job.id for job in odd.jobs] == [ids[3], ids[1]]
    assert (await flow.service.job_page(JobFilter(labels={"parity": "1"}, queue="even"))).total == 0
    assert [job.id for job in (await flow.service.job_page(JobFilter(deleted=True))).jobs] == [ids[4]]
    assert (await flow.service.job_page(JobFilter(states=(RUNNING, QUEUED)))).total == 0
    for token in ("x", "é", "bm9uZQ", "W10"):
        with pytest.raises(UsageError) as refused:
            await flow.service.job_page(JobFilter(), after=token)
        assert refused.value.code == "invalid-token"


async def test_versions_grow_with_every_change(flow, small):
    """Each change of the job or of its execution counts, a look does not."""
    versions = [(await stored(flow, small)).version]
    for change in (
        lambda job: flow.service.edit(job, EditRequest(labels={"a": "b"})),
        lambda job: flow.service.start(job, StartRequest()),
    ):
        await change("copy")
        versions.append((await flow.service.job("copy")).version)
    await flow.reach("copy", FINISHED)
    versions += [(await flow.service.job("copy")).version, (await flow.service.job("copy")).version]
    assert versions[:4] == sorted(set(versions))
    assert versions[3] == versions[4]


async def test_an_update_of_a_running_job_goes_on_exactly(flow, copy):
    """The new generation starts from a savepoint of the old one; one that would misread positions is refused and changes
    nothing."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    wrong = UpdateRequest(text=copy.but(rows=7).text(), base_directory=str(copy.directory))
    tried = await flow.service.actions.effects(Command.UPDATE, job.id, wrong)
    assert (tried.allowed, "source.numbers.path" in tried.reason) == (False, True)
    with pytest.raises(Conflict, match="was not updated"):
        await flow.service.update(job.id, wrong)
    assert (await flow.service.job(job.id)).generation == 1
    other = copy.but(fields="id = id, word = other")
    request = UpdateRequest(text=other.text(), base_directory=str(copy.directory))
    tried = await flow.service.actions.effects(Command.UPDATE, job.id, request)
    assert (tried.allowed, "transform.shaped.field_mapper" in tried.does) == (True, True)
    updated = await flow.service.update(job.id, request)
    assert (updated.generation, updated.execution.generation) == (2, 2)
    assert updated.execution.restored_from is not None
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    plan = await flow.service.dataflow(job.id)
    assert (plan.generation, plan.running) == (2, False)
    assert [(edge.source, edge.target) for edge in plan.edges] == [("numbers", "shaped"), ("shaped", "sink-0-LocalFile")]
    assert plan.plugins[-1].delivery == "exactly-once"


async def test_no_answer_is_between_two_generations(flow, copy):
    """Settings that what runs takes as it is: whoever looks meanwhile never sees the execution behind its job."""
    job = await flow.service.submit(copy.but(mode="STREAMING", rows=10).request())
    await flow.reach(job.id, RUNNING)
    seen: list[tuple[int, int]] = []

    async def look() -> None:
        while True:
            found = await flow.service.job(job.id)
            seen.append((found.generation, found.execution.generation))

    watching = [asyncio.create_task(look()) for _ in range(2)]
    for interval in range(200, 206):
        text = copy.but(mode="STREAMING", rows=10, interval=interval).text()
        await flow.service.update(job.id, UpdateRequest(text=text))
    for task in watching:
        task.cancel()
    await asyncio.wait(watching)
    assert [(of_job, running) for of_job, running in seen if running < of_job] == []
    assert max(seen) == (7, 7)
    assert len(await flow.service.executions(job.id)) == 1
    await flow.service.cancel(job.id)


async def test_an_update_keeps_the_file_and_the_name_that_a_job_has(flow, small):
    """A text that does not say where it lies takes the place of the job's own; a file that is given is the job's from then."""
    file, other = small.directory / "a.conf", small.directory / "b.conf"
    job = await stored(flow, small, file=str(file), name="mine")
    text = small.but(fields="id = id, word = other").text().replace(str(small.source), small.source.name)
    job = await flow.service.update(job.id, UpdateRequest(text=text))
    assert (job.generation, job.name, job.file) == (2, "mine", str(file))
    await flow.service.start("mine", StartRequest())
    await flow.reach("mine", FINISHED)  # relative to the directory of the file
    job = await flow.service.update(job.id, UpdateRequest(text=small.text(), file=str(other)))
    assert (job.generation, job.name, job.file) == (3, "mine", str(other))


async def test_a_name_by_hand_counts_over_the_file(flow, small):
    """It stays through later generations until it is taken back, and has to be free. The file, submitted again, is the same
    job."""
    file = str(small.directory / "copy.conf")
    job = await stored(flow, small, file=file)
    await stored(flow, small.but(name="taken"))
    with pytest.raises(StoreError) as refused:
        await flow.service.edit(job.id, EditRequest(name="taken"))
    assert refused.value.code == "name-taken"
    await flow.service.edit(job.id, EditRequest(name="mine"))
    assert (await flow.service.check(SubmitRequest(text=small.text(), file=file))).job_id == job.id
    again = await stored(flow, small.but(fields="id = id"), file=file)
    assert (again.id, again.name, again.generation) == (job.id, "mine", 2)
    text = small.but(fields="id = id, word = other").text()
    await flow.service.update("mine", UpdateRequest(text=text, base_directory="/"))
    await flow.service.start("mine", StartRequest())
    assert (await flow.reach("mine", FINISHED)).job_name == "mine"
    assert (await flow.service.edit("mine", EditRequest(name=None))).name == "copy"


async def test_a_name_taken_back_is_that_of_the_newest_file(flow, small):
    """Also when a new generation with another name comes between the request and its record."""
    job = await stored(flow, small)
    taken_back = _naming(EditRequest(name=None))
    await flow.service.update(job.id, UpdateRequest(text=small.but(name="newer").text(), base_directory=str(small.directory)))
    await flow.service.edit(job.id, EditRequest(name="mine"))
    await flow.service._lifecycle.edit(job.id, taken_back, "its name changed")
    assert (await flow.service.job(job.id)).name == "newer"


async def test_deleted_jobs_come_back_or_go_for_good(flow, small):
    """By id they are known as deleted; back they have everything; purged, nothing is left."""
    job = await stored(flow, small)
    await flow.service.start(job.id, StartRequest())
    await flow.reach(job.id, FINISHED)
    await flow.service.delete(job.id)
    await flow.service.delete(job.id)
    with pytest.raises(NotFound, match="is deleted") as refused:
        await flow.service.job(job.id)
    assert "undelete" in refused.value.hint
    other = await stored(flow, small)
    with pytest.raises(StoreError):
        await flow.service.undelete(job.id)
    await flow.service.purge(other.id)
    back = await flow.service.undelete("copy")
    assert (back.id, back.execution.state, back.deleted_at) == (job.id, FINISHED, None)
    assert len(await flow.service.executions(job.id)) == 1
    await flow.service.purge(job.id)
    for look in (flow.service.job(job.id), flow.service.undelete(job.id), flow.service.execution(back.execution.id)):
        with pytest.raises(NotFound):
            await look


async def test_a_key_never_runs_twice_at_once(flow, copy):
    """Jobs pinned to one key take turns, whatever the limits; a paused queue starts nobody; what waits can be canceled."""
    pinned = [copy.but(name=name, mode="STREAMING", rows=500, settings='job.queue.key = "k"') for name in "abc"]
    for job in pinned:
        await flow.service.submit(job.request())
    await flow.progressed("a")
    (queue,) = [found for found in await flow.service.queues() if found.name == "pinned:k"]
    assert (queue.kind, queue.limit, len(queue.running), len(queue.waiting)) == ("pinned", 1, 1, 2)
    assert queue.waiting_since[0] <= queue.waiting_since[1]
    with pytest.raises(Conflict, match="one job at a time"):
        await flow.service.limit_queue("pinned:k", QueueRequest(limit=2))
    await flow.service.limit_queue("pinned:k", QueueRequest(paused=True))
    await flow.service.cancel("a")
    await flow.reach("a", ExecutionState.CANCELED)
    canceled = await flow.service.cancel_queued(CancelQueuedRequest(jobs=("a", "c")))
    assert [execution.job_name for execution in canceled.canceled] == ["c"]
    assert "does not wait" in canceled.left[0].why
    assert (await flow.service.job("b")).execution.state is QUEUED
    with pytest.raises(Conflict, match="in use"):
        await flow.service.delete_queue("pinned:k")
    assert len((await flow.service.cancel_queued(CancelQueuedRequest(queue="pinned:k"))).canceled) == 1
    await flow.reach("b", ExecutionState.CANCELED)
    async with flow.waiting():
        while (await flow.service.queue("pinned:k")).waiting:
            await flow.a_moment()
    await flow.service.delete_queue("pinned:k")
    with pytest.raises(NotFound):
        await flow.service.queue("pinned:k")
    for wrong in ({}, {"queue": "a", "name": "b"}):
        with pytest.raises(UsageError):
            await flow.service.cancel_queued(CancelQueuedRequest(**wrong))


async def test_a_paused_queue_stays_paused_under_the_next_daemon(opened, small):
    """The pause is on record; when it ends, what waited runs."""
    async with opened() as flow:
        await flow.service.limit_queue("default", QueueRequest(paused=True))
        job = await flow.service.submit(small.request())
        await flow.reach(job.id, QUEUED)
    async with opened() as flow:
        assert (await flow.service.queue("default")).paused
        assert (await flow.service.job(job.id)).execution.state is QUEUED
        await flow.service.limit_queue("default", QueueRequest(paused=False))
        await flow.reach(job.id, FINISHED)


async def test_retention_is_the_jobs_own_before_the_daemons(opened, small):
    """One job keeps one execution, the other all; a job's newest one stays whatever its age."""
    async with opened(housekeeping=0.05) as flow:
        keeping = small.but(name="keeping")
        for job in (small.but(settings="job.retention.executions = 1"), keeping):
            await stored(flow, job)
            for _ in range(2):
                await flow.service.start(job.name, StartRequest())
                await flow.reach(job.name, FINISHED)
        async with flow.waiting():
            while len(await flow.service.executions("copy")) > 1:
                await flow.a_moment()
        assert len(await flow.service.executions("keeping")) == 2
        await flow.service.edit("keeping", EditRequest(retention=RetentionSettings(days=1e-7)))
        async with flow.waiting():
            while len(await flow.service.executions("keeping")) > 1:
                await flow.a_moment()
        with pytest.raises(UsageError):
            await flow.service.edit("keeping", EditRequest(retention=RetentionSettings(executions=0)))
        assert (await flow.service.edit("keeping", EditRequest(retention=None))).retention == RetentionSettings()


def test_the_daemon_is_told_what_to_keep():
    """What it is not told is as usual."""
    usual = Limits()
    told = usual.retaining(RetentionSettings(executions=7))
    assert (told.executions_retained, told.executions_retained_days) == (7, usual.executions_retained_days)
    assert usual.retaining(RetentionSettings(days=2.5)).executions_retained_days == 2.5


async def test_executions_of_all_jobs_are_listed(flow, small):
    """By job, state and queue, in pages; those of deleted jobs are not there."""
    for name in ("one", "two"):
        await stored(flow, small.but(name=name, settings=f'job.queue = "{name}"'))
        for _ in range(2):
            await flow.service.start(name, StartRequest())
            await flow.reach(name, FINISHED)
    page = await flow.service.execution_page(limit=3, count=True)
    assert ([found.job_name for found in page.executions], page.total) == (["two", "two", "one"], 4)
    rest = await flow.service.execution_page(limit=3, after=page.next)
    assert ([found.job_name for found in rest.executions], rest.next) == (["one"], None)
    assert (await flow.service.execution_page(queue="one", states=(FINISHED,), count=True)).total == 2
    assert (await flow.service.execution_page(job="two", states=(RUNNING,))).executions == ()
    await flow.service.delete("two")
    assert (await flow.service.execution_page(count=True)).total == 2
