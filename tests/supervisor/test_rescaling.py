"""Workers that join and leave a running job: one attempt, every row once, whatever happens in between."""

import os
import signal

import pytest

from runner.model import CheckpointKind, CheckpointStatus, WorkerState
from runner.requests import SubmitRequest, WorkersRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict
from spec.errors import UsageError

FINISHED = ExecutionState.FINISHED


@pytest.fixture
def shared(copy):
    """A job whose input is in twelve files, so that it can be shared out."""
    return copy.but(files=12, rows_per_second=4_000)


async def has(flow, reference: str, workers: int):
    """The job once it has so many workers that take part."""

    def there(job):
        assert not job.execution.state.is_terminal, job.execution
        return len(job.execution.worker_pids) == workers

    return await flow.until(reference, there)


async def test_workers_join_and_leave_a_running_job(flow, shared):
    """From one to three and back to one: nobody starts anew, the record tells each step, the output is exact."""
    job = await flow.service.submit(shared.request())
    await flow.progressed(job.id)
    assert (await flow.service.scale(job.id, WorkersRequest(add=2))).execution.workers_wanted == 3
    await has(flow, job.id, 3)
    async with flow.waiting():
        while [worker.rows_in > 0 for worker in (await flow.service.observation.workers(job.id)).workers] != [True] * 3:
            await flow.a_moment()
    listed = await flow.service.observation.workers(job.id)
    assert [worker.number for worker in listed.workers] == [0, 1, 2]
    assert {worker.state for worker in listed.workers} == {WorkerState.READING}
    assert all(worker.memory_bytes > 1_000_000 and worker.heard_ago < 5 for worker in listed.workers)
    await flow.service.scale(job.id, WorkersRequest(remove=2))
    after = await has(flow, job.id, 1)
    assert after.execution.worker_pids == (listed.workers[0].pid,)
    splits = after.execution.splits
    assert splits.pending + splits.reading + splits.finished == splits.total == 12
    execution = await flow.reach(job.id, FINISHED)
    assert (execution.attempt, execution.totals.rows_in, execution.totals.rows_out) == (1, shared.rows, shared.rows)
    assert execution.splits.finished == 12
    shared.assert_exact()
    told = [event.message for event in await flow.service.observation.events_since(0) if event.kind == "execution.workers"]
    assert told[0] == "copy: is to have 3 workers"
    assert any("has joined" in message for message in told)
    assert any("left; there" in message for message in told)


async def test_a_leaving_worker_without_a_clock_gets_a_checkpoint_of_its_own(flow, shared):
    """Without an interval one checkpoint is taken at once for who leaves, and none for who has nothing left to read."""
    shared = shared.but(interval=None, workers=2)
    job = await flow.service.submit(shared.request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0)
    await flow.service.scale(job.id, WorkersRequest(total=1))
    await has(flow, job.id, 1)
    execution = await flow.reach(job.id, FINISHED)
    shared.assert_exact()
    assert execution.attempt == 1
    kinds = [checkpoint.kind for checkpoint in await flow.service.checkpoints(job.id)]
    assert kinds == [CheckpointKind.FINAL, CheckpointKind.PERIODIC]


async def test_a_finished_worker_does_not_wait_for_a_straggler(flow, shared):
    """Of two workers and one long split, the one without work leaves at a checkpoint while the other reads on."""
    job = await flow.service.submit(shared.but(files=1, workers=2).request())
    await has(flow, job.id, 1)
    execution = (await flow.service.job(job.id)).execution
    assert execution.state is ExecutionState.RUNNING
    assert execution.workers_wanted == 2
    await flow.reach(job.id, FINISHED)
    shared.but(files=1).assert_exact()


async def test_the_number_survives_attempts_and_the_daemon_until_the_file_says_another(opened, shared):
    """Set by hand it holds after a kill and under the next daemon; a reload with another `workers` takes it back, in place."""
    shared = shared.but(rows_per_second=1_500)
    path = shared.directory / "copy.conf"
    path.write_text(shared.text())
    async with opened(path.parent) as flow:
        async with flow.waiting():
            while not (await flow.service.jobs())[0]:
                await flow.a_moment()
        job = await flow.progressed("copy")
        await flow.service.scale(job.id, WorkersRequest(total=2))
        killed = await has(flow, job.id, 2)
        os.kill(killed.execution.worker_pids[1], signal.SIGKILL)
        await flow.until(job.id, lambda seen: seen.execution.attempt == 2 and len(seen.execution.worker_pids) == 2)
    async with opened(path.parent) as flow:
        again = await flow.until(
            job.id, lambda seen: seen.execution.attempt == 3 and seen.execution.state is ExecutionState.RUNNING
        )
        assert len(again.execution.worker_pids) == 2
        assert again.execution.workers_asked == 2
        path.write_text(shared.but(workers=3).text())
        reloaded = await has(flow, job.id, 3)
        assert (reloaded.execution.workers_asked, reloaded.execution.attempt) == (None, 3)
        await flow.reach(job.id, FINISHED)
    shared.assert_exact()


@pytest.mark.parametrize("victim", ["joining", "leaving", "staying"])
async def test_kills_during_a_change_cost_nothing(flow, shared, victim):
    """SIGKILL of a worker while others join or leave: at most a new attempt, and every row once."""
    job = await flow.service.submit(shared.but(workers=1 if victim == "joining" else 2).request())
    await flow.progressed(job.id)
    before = (await flow.service.job(job.id)).execution.worker_pids
    if victim == "leaving":
        os.kill(before[1], signal.SIGSTOP)  # it would be gone before it is killed
    await flow.service.scale(job.id, WorkersRequest(total=2 if victim == "joining" else 1))
    if victim == "joining":
        async with flow.waiting():
            while len(listed := (await flow.service.observation.workers(job.id)).workers) < 2:
                await flow.a_moment()
        os.kill(listed[1].pid, signal.SIGKILL)
    else:
        os.kill(before[1 if victim == "leaving" else 0], signal.SIGKILL)
    await flow.reach(job.id, FINISHED)
    shared.assert_exact()


async def test_a_failed_checkpoint_leaves_everybody_where_they_are(flow, shared):
    """The worker that was to leave is stopped for longer than a checkpoint may take: it stays, and leaves with the next one."""
    shared = shared.but(workers=2, interval=None, settings="checkpoint.timeout = 400, checkpoint.tolerated_failures = 100")
    job = await flow.service.submit(shared.request())
    await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0)
    worker = (await flow.service.job(job.id)).execution.worker_pids[0]
    os.kill(worker, signal.SIGSTOP)
    await flow.service.scale(job.id, WorkersRequest(total=1))
    async with flow.waiting():
        while CheckpointStatus.FAILED not in {found.status for found in await flow.service.checkpoints(job.id)}:
            await flow.a_moment()
    assert len((await flow.service.job(job.id)).execution.worker_pids) == 2
    os.kill(worker, signal.SIGCONT)
    await has(flow, job.id, 1)
    assert (await flow.reach(job.id, FINISHED)).attempt == 1
    shared.assert_exact()


async def test_a_sink_that_several_cannot_write_to_is_named(flow):
    """The number of workers is bounded by the sinks: a job file's is cut, a person is told."""
    text = """
    env { job.name = "checked", job.mode = "STREAMING", workers = 3, read_limit.rows_per_second = 100 }
    source { FakeSource { row.num = 100000, schema { fields { id = int } } } }
    sink { Assert { rules { row_rules = [{ rule_type = MAX_ROW, rule_value = 1000000 }] } } }
    """
    job = await flow.service.submit(SubmitRequest(text=text))
    assert len(await flow.running_workers(job.id)) == 1
    with pytest.raises(Conflict, match=r"\(Assert\) can be written to by 1 worker at most"):
        await flow.service.scale(job.id, WorkersRequest(add=1))
    await flow.service.cancel(job.id)
    await flow.reach(job.id, ExecutionState.CANCELED)


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (WorkersRequest(remove=1), "the last worker cannot leave"),
        (WorkersRequest(total=65), "at most 64"),
        (WorkersRequest(total=0), "one of total"),
        (WorkersRequest(add=1, remove=1), "one of total"),
    ],
)
async def test_impossible_numbers_are_refused(flow, copy, request_, refusal):
    """The last worker stays, there is a limit, and exactly one number is given; the job is not touched."""
    job = await flow.service.submit(copy.request())
    await flow.running_workers(job.id)
    with pytest.raises((Conflict, UsageError), match=refusal):
        await flow.service.scale(job.id, request_)
    assert (await flow.service.job(job.id)).execution.workers_wanted == 1
    await flow.service.cancel(job.id)
    await flow.reach(job.id, ExecutionState.CANCELED)
    with pytest.raises(Conflict, match="CANCELED"):
        await flow.service.scale(job.id, WorkersRequest(total=2))
