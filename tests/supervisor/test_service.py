"""What clients may ask: submissions and their generations, names, refusals, and what can be looked at."""

from __future__ import annotations

import asyncio

import pytest

from runner.model import DesiredState
from runner.requests import RestartRequest, SavepointRequest, StopRequest, SubmitRequest
from runner.states import ExecutionState
from runner.store.errors import StoreError
from runner.supervisor.errors import Conflict, NotFound, SpecInvalid
from spec.errors import UsageError

FINISHED, STOPPED, RUNNING = ExecutionState.FINISHED, ExecutionState.STOPPED, ExecutionState.RUNNING


async def test_submitting_what_runs_changes_nothing_and_something_else_is_refused(flow, copy):
    """The same job again is the running one, even with other layout; another one of that name is a conflict with advice."""
    job = await flow.service.submit(copy.request())
    same = SubmitRequest(text="# a comment\n" + copy.text(), base_directory=str(copy.directory))
    again, _ = await asyncio.gather(flow.service.submit(same), flow.service.submit(copy.request()))
    assert (again.id, again.execution.id, again.generation) == (job.id, job.execution.id, 1)
    with pytest.raises(Conflict, match=r"copy is (CREATED|STARTING|RUNNING)") as refused:
        await flow.service.submit(copy.but(fields="id = id, word = other").request())
    assert "stop it first" in refused.value.hint
    assert len(await flow.service.generations(job.id)) == 1


async def test_generations_and_executions(flow, copy):
    """A finished job that is submitted again gets a new execution; a new generation only when its meaning changed."""
    small = copy.but(rows=10)
    for expected in (small, small, small.but(fields="id = id, word = other")):
        await flow.service.submit(expected.request())
        await flow.reach("copy", FINISHED)
    executions = await flow.service.executions("copy")
    assert [found.generation for found in executions] == [2, 1, 1]
    generations = await flow.service.generations("copy")
    assert [found.number for found in generations] == [1, 2]
    assert generations[1].text != generations[0].text
    assert generations[1].spec["transforms"][0]["options"]["field_mapper"] == {"id": "id", "word": "other"}
    assert (await flow.service.generation("copy", 2)).content_hash == generations[1].content_hash
    assert (await flow.service.job("copy")).generation == 2
    with pytest.raises(NotFound, match="no generation 3"):
        await flow.service.generation("copy", 3)


async def test_jobs_are_found_by_id_prefix_and_name(flow, copy):
    """An id, a unique prefix of one, or a name; nothing else."""
    job = await flow.service.submit(copy.but(rows=1).request(name="a name.with-all_of it"))
    for reference in (job.id, job.id[:6], "a name.with-all_of it"):
        assert (await flow.service.job(reference)).id == job.id
    for reference in ("", "nobody", "%"):
        with pytest.raises(NotFound):
            await flow.service.job(reference)
    await flow.reach(job.id, FINISHED)
    assert (await flow.service.jobs(FINISHED))[1] == 1
    assert await flow.service.jobs(RUNNING) == ([], 0)
    assert await flow.service.jobs(None, "WITH-ALL", 10, 0) == ([await flow.service.job(job.id)], 1)


@pytest.mark.parametrize("name", ["", "a/b", "x" * 129, "\x1b[31m", "a\nb"])
async def test_hostile_names_are_refused(flow, copy, name):
    """A name is 1 to 128 plain characters."""
    with pytest.raises(UsageError) as refused:
        await flow.service.submit(copy.request(name=name))
    assert refused.value.code == "invalid-name"


async def test_invalid_job_is_refused_with_its_diagnostics(flow, copy):
    """The diagnostics of the check come as plain data, and no job is made."""
    request = SubmitRequest(text=copy.text().replace("plugin_input", "plugin_imput", 1), base_directory=str(copy.directory))
    with pytest.raises(SpecInvalid) as refused:
        await flow.service.submit(request)
    assert refused.value.code == "spec-invalid"
    errors = [found for found in refused.value.diagnostics if found["severity"] == "error"]
    assert errors
    assert errors[0]["start"]["line"] > 1
    assert await flow.service.jobs() == ([], 0)


async def test_restore_must_exist_and_fit(flow, copy):
    """``latest`` without a checkpoint, unknown numbers, and a job whose source is another input are refused with the path."""
    with pytest.raises(NotFound):
        await flow.service.submit(copy.request(restore="latest"))
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await flow.service.stop(job.id, StopRequest())
    savepoint = (await flow.reach(job.id, STOPPED)).savepoint_id
    for restore in ("99", "newest", "-1"):
        with pytest.raises(NotFound):
            await flow.service.submit(copy.request(restore=restore))
    other = copy.but(rows=7)
    for refuse in (
        flow.service.submit(SubmitRequest(text=other.text(), base_directory=str(copy.directory), restore="latest")),
        flow.service.submit(SubmitRequest(text=other.text(), base_directory=str(copy.directory), restore=str(savepoint))),
    ):
        with pytest.raises(Conflict, match=r"source\.numbers\.path: was .*numbers-16000.csv.*, is .*numbers-7.csv"):
            await refuse
    renamed = SubmitRequest(text=copy.text().replace('"numbers"', '"digits"'), restore="latest")
    with pytest.raises(Conflict, match=r"source\.numbers: the source LocalFile is gone"):
        await flow.service.submit(renamed)
    assert len(await flow.service.executions(job.id)) == 1
    await flow.service.submit(copy.but(fields="id = id, word = other").request(restore="latest"))
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_restart_of_a_running_job_goes_on_exactly(flow, copy):
    """It is stopped with a savepoint and goes on from it in a new execution; what is wanted of the job stays RUNNING."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    again = await flow.service.restart(job.id, RestartRequest())
    assert again.execution.id != job.execution.id
    assert again.desired_state is DesiredState.RUNNING
    old = await flow.service.execution(job.execution.id)
    assert (old.state, old.savepoint_id) == (STOPPED, again.execution.restored_from)
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


async def test_restart_from_the_beginning_and_without_a_restore_point(flow, copy):
    """``none`` reads everything again; ``latest`` without any checkpoint is refused."""
    small = copy.but(rows=10)
    job = await flow.service.submit(small.request())
    await flow.reach(job.id, FINISHED)
    await flow.service.restart(job.id, RestartRequest(restore="none"))
    execution = await flow.reach(job.id, FINISHED)
    assert (execution.restored_from, execution.restore_reason[:18]) == (None, "from the beginning")
    assert small.figures() == (20, 10, 9)
    small.source.unlink()
    await flow.service.submit(small.but(name="other", rows=10).request())


async def test_what_cannot_be_done_says_why(flow, copy):
    """Refusals name the state and what to do."""
    job = await flow.service.submit(copy.but(rows=1).request())
    await flow.reach(job.id, FINISHED)
    with pytest.raises(Conflict, match="FINISHED"):
        await flow.service.savepoint(job.id, SavepointRequest())
    with pytest.raises(NotFound):
        await flow.service.delete_savepoint(job.id, 1)
    with pytest.raises(NotFound):
        await flow.service.attempts("nothing")
    stopped = await flow.service.stop(job.id, StopRequest())
    assert stopped.execution.state is FINISHED
    await flow.service.delete(job.id)
    with pytest.raises(NotFound):
        await flow.service.job(job.id)


async def test_a_running_job_cannot_be_deleted(flow, copy):
    """Deleting is for jobs that are over."""
    job = await flow.service.submit(copy.request())
    with pytest.raises(Conflict, match="copy is ") as refused:
        await flow.service.delete("copy")
    assert "cancel" in refused.value.hint
    await flow.service.cancel(job.id)


async def test_events_tell_the_story_in_order(flow, copy):
    """Subscribers get each change once, with growing revisions; the same story can be read later."""
    with flow.service.observation.subscribe() as live:
        job = await flow.service.submit(copy.but(rows=10).request())
        await flow.reach(job.id, FINISHED)
        states, revisions = [], []
        async with flow.waiting():
            async for event in live:
                revisions.append(event.revision)
                if event.kind == "execution.state":
                    states.append(event.data["state"])
                if states[-1:] == ["FINISHED"]:
                    break
    assert states == ["STARTING", "RUNNING", "FINISHED"]
    recorded = await flow.service.observation.events_since(0)
    assert [event.revision for event in recorded] == revisions == sorted(revisions)
    assert await flow.service.observation.events_since(revisions[-1]) == []


async def test_metrics_and_totals_of_a_running_job(opened, copy):
    """While a job runs its totals are live, with rates, lag and load; its samples can be read as series."""
    async with opened(sampling=0.2) as flow:
        job = await flow.service.submit(copy.request())
        seen = await flow.until(
            job.id, lambda seen: seen.execution.totals.rows_in_per_second and seen.execution.totals.rows_in > 8_000
        )
        totals = seen.execution.totals
        assert 5_000 < totals.rows_in_per_second < 40_000
        assert 0 <= totals.lag_rows <= totals.rows_in
        assert 0 <= totals.lag_seconds < 10
        assert totals.memory_bytes > 10_000_000
        assert totals.cpu_percent is not None
        wanted = {"rows_in", "rows_out", "lag_rows", "memory_bytes", "checkpoint_seconds"}
        async with flow.waiting():
            while not wanted <= {found.name for found in (await flow.service.observation.metrics(job.id, 60, 30)).series}:
                await flow.a_moment()
        rates = [
            found
            for found in (await flow.service.observation.metrics(job.id, 60, 30)).series
            if (found.name, found.plugin) == ("rows_in", "")
        ]
        assert all(point.value is None or point.value >= 0 for point in rates[0].points)
        finished = await flow.reach(job.id, FINISHED)
        assert finished.totals.rows_in_per_second is None
        assert finished.totals.rows_in == copy.rows


async def test_status_counts_jobs_and_processes(flow, copy):
    """The daemon tells its workers' process ids, and has none when nothing runs."""
    job = await flow.service.submit(copy.request())
    workers = await flow.running_workers(job.id)
    status = await flow.service.observation.status()
    assert (status.jobs, status.running, status.worker_pids) == (1, 1, workers)
    assert status.home == str(flow.home.path)
    await flow.service.cancel(job.id)
    await flow.reach(job.id, ExecutionState.CANCELED)
    async with flow.waiting():
        while (await flow.service.observation.status()).running:
            await flow.a_moment()
    assert (await flow.service.observation.status()).worker_pids == ()


async def test_many_jobs_at_once(flow, copy):
    """Executions do not disturb each other: one fails, the others are exact."""
    jobs = [copy.but(name=f"copy-{number}", rows=3000, rows_per_second=None) for number in range(4)]
    broken = copy.but(name="broken", rows=5)
    broken.source.write_text("id,word\nx,y\n")
    await asyncio.gather(*(flow.service.submit(found.request()) for found in [*jobs, broken]))
    for found in jobs:
        await flow.reach(found.name, FINISHED)
        found.assert_exact()
    await flow.reach("broken", ExecutionState.FAILED)


async def test_finished_job_has_nothing_left_to_do(flow, copy):
    """Restarted from its final checkpoint a finished job finishes again, and writes nothing."""
    small = copy.but(rows=100, interval=None)
    job = await flow.service.submit(small.request())
    await flow.reach(job.id, FINISHED)
    await flow.service.restart(job.id, RestartRequest())
    execution = await flow.reach(job.id, FINISHED)
    assert "final checkpoint 1" in execution.restore_reason
    assert execution.totals.rows_in == 100
    small.assert_exact()


async def test_new_source_starts_from_its_beginning(flow, copy):
    """A generation that adds a source goes on with the old one and reads the new one whole."""
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    await flow.service.stop(job.id, StopRequest())
    await flow.reach(job.id, STOPPED)
    extra = copy.but(name="extra", rows=50)
    source = f"""source {{ LocalFile {{
      plugin_output = "more", path = "{extra.source}", file_format_type = "csv", skip_header_row_number = 1
      schema {{ fields {{ id = bigint, word = string }} }}
    }}
    """
    sink = f"""sink {{ LocalFile {{ plugin_input = "more", path = "{extra.target}", file_format_type = "parquet" }}
    """
    text = copy.text().replace("source { ", source, 1).replace("sink { ", sink, 1)
    await flow.service.submit(SubmitRequest(text=text, base_directory=str(copy.directory), restore="latest"))
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    extra.assert_exact()


async def test_failed_opening_leaves_nothing_behind(opened, home):
    """When the store cannot be opened the lock is free again and the fork server is gone."""
    home.create()
    home.store_path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreError):
        async with opened():
            pytest.fail("opened a store that is none")
    assert home.holder() is None


async def test_writes_wait_for_a_store_that_recovers(flow):
    """What has to be recorded is tried again while the store fails for a passing reason; other refusals are final."""
    journal = flow.service._journal
    failures = [StoreError("the disk is full", code="store-unavailable")]

    def work(entry):
        entry.note("test", "written")
        if failures:
            raise failures.pop()
        return "done"

    assert await journal.write_patiently(work) == "done"
    assert [event.message for event in await flow.service.observation.events_since(0)] == ["written"]
    failures.append(StoreError("no", code="conflict"))
    with pytest.raises(StoreError):
        await journal.write_patiently(work)
