"""Workers of all jobs, killing one, the cluster, its statistics, and the health of its parts."""

from __future__ import annotations

import asyncio
import socket

import psutil
import pytest

from runner.cluster import HealthStatus
from runner.requests import RestartRequest
from runner.states import ExecutionState
from runner.supervisor.background import Background
from runner.supervisor.errors import NotFound

RUNNING, FINISHED = ExecutionState.RUNNING, ExecutionState.FINISHED
ONCE = "restart.attempts = 0"


async def test_a_killed_worker_is_replaced_and_the_output_is_exact(flow, copy):
    """The attempt says who was killed and why; a job without restarts goes on all the same, from its last checkpoint, however
    often that happens."""
    look = flow.service.observation
    job = await flow.service.submit(copy.but(settings=ONCE, rows_per_second=6000).request())
    for attempt in (1, 2, 3):
        await flow.until(job.id, lambda seen, attempt=attempt: seen.execution.attempt == attempt)
        await flow.reach(job.id, RUNNING)
        await flow.progressed(job.id)
        (worker,) = await look.fleet(job="copy")
        if attempt < 3:
            killed = await look.kill_worker(worker.execution_id, worker.number, "it eats \x1b[31mmemory")
            assert (killed.pid, killed.attempt, killed.worker) == (worker.pid, attempt, worker.name)
    execution = await flow.reach(job.id, FINISHED)
    copy.assert_exact()
    attempts = await flow.service.attempts(execution.id)
    assert [found.error.code if found.error else None for found in attempts] == ["worker-killed", "worker-killed", None]
    assert attempts[0].error.message == "worker 0 was killed: it eats \x1b[31mmemory"
    assert attempts[1].restored_from is not None
    with pytest.raises(NotFound, match="no worker 0"):
        await look.kill_worker(execution.id, 0, "")
    with pytest.raises(NotFound, match="no execution"):
        await look.kill_worker("nothing", 0, "")
    told = [event for event in await look.events_since(0) if event.kind == "worker.killed"]
    assert [event.data["reason"] for event in told] == ["it eats \x1b[31mmemory"] * 2
    statistics = await look.statistics()
    assert (statistics.workers_joined, statistics.workers_disconnected, statistics.workers_killed) == (3, 2, 2)
    assert (statistics.attempts_failed, statistics.restarts, statistics.executions_finished) == (2, 2, 1)
    assert statistics.rows_in >= copy.rows
    assert statistics.splits_processed == 1


async def test_the_workers_of_a_queue_are_killed_together(flow, copy):
    """Those of each job at work in it and of no other, however many a job has; all of them go on and lose nothing."""
    look = flow.service.observation
    slow = f'{ONCE}, job.queue = "slow"'
    wide = copy.but(name="wide", settings=slow, workers=2, files=4, rows_per_second=3000)
    jobs = [await flow.service.submit(wide.request())]
    jobs.append(await flow.service.submit(copy.but(name="other", settings=ONCE, rows_per_second=3000).request()))
    for job in jobs:
        await flow.progressed(job.id)
    async with flow.waiting():
        while len(before := await look.fleet()) < 3:
            await flow.a_moment()
    tried = await look.kill_workers("slow", "why not", dry_run=True)
    assert {worker.pid for worker in await look.fleet()} == {worker.pid for worker in before}
    killed = await look.kill_workers("slow", "why not")
    assert killed == tried
    assert [each.worker for each in killed.killed] == [f"{jobs[0].execution.id}/{number}" for number in (0, 1)]
    assert [(found.job_name, found.workers) for found in killed.jobs] == [("wide", 2)]
    executions = [await flow.reach(job.id, FINISHED) for job in jobs]
    assert [execution.attempt for execution in executions] == [2, 1]
    attempts = await flow.service.attempts(executions[0].id)
    assert attempts[0].error.code == "worker-killed"
    assert [event.data["worker"] for event in await look.events_since(0) if event.kind == "worker.killed"] == [0, 1]
    assert executions[0].totals.rows_in == executions[1].totals.rows_in == copy.rows
    assert (await look.kill_workers("default", "nobody is there")).killed == ()
    with pytest.raises(NotFound, match="no queue"):
        await look.kill_workers("no such", "")


async def test_workers_and_controllers_of_several_jobs(flow, copy):
    """Who works for whom, since when, how much; narrowed to a job or a queue; statistics go on when jobs end."""
    look = flow.service.observation
    first = await flow.service.submit(copy.but(workers=2, files=4, rows_per_second=3000).request())
    second = await flow.service.submit(copy.but(name="other", settings='job.queue = "slow"', rows_per_second=3000).request())
    for job in (first, second):
        await flow.progressed(job.id)
    async with flow.waiting():
        while len(seen := await look.fleet()) < 3 or any(worker.busy is None for worker in seen):
            await flow.a_moment()
    assert [worker.name for worker in await look.fleet(queue="slow")] == [f"{second.execution.id}/0"]
    assert {worker.number for worker in await look.fleet(job="copy")} == {0, 1}
    assert (
        await look.execution_workers(second.execution.id)
        == [worker for worker in await look.fleet(job="other") if worker.job_id == second.id]
        or len(await look.execution_workers(second.execution.id)) == 1
    )
    for worker in seen:
        assert worker.birth <= worker.heartbeat
        assert worker.busy + worker.idle + worker.backpressured == pytest.approx(1)
        assert psutil.pid_exists(worker.pid)
    cluster = await look.cluster()
    assert cluster.state in {"running", "degraded"}  # by how busy this machine is
    assert (cluster.name, cluster.jobs) == (socket.gethostname(), 2)
    assert cluster.nodes[0].workers == 3
    assert 0 < cluster.nodes[0].memory_available < cluster.nodes[0].memory_total
    controllers = {found.job_name: found for found in cluster.controllers}
    assert (controllers["copy"].workers_active, controllers["copy"].workers_joined) == (2, 2)
    assert controllers["copy"].splits.total == 4
    assert controllers["other"].queue == "slow"
    assert (await look.statistics()).executions_running == 2
    for job in (first, second):
        await flow.reach(job.id, FINISHED)
    again = await flow.service.restart(second.id, RestartRequest(restore="none"))
    await flow.reach(again.id, FINISHED)
    async with flow.waiting():
        while (done := await look.statistics()).executions_running:
            await flow.a_moment()
    assert (done.jobs_created, done.executions_created, done.executions_finished) == (2, 3, 3)
    assert done.rows_in == done.rows_out == 3 * copy.rows
    assert done.splits_processed == 4 + 1 + 1
    assert done.checkpoints_committed >= 3
    assert await look.fleet() == []


async def test_health_names_each_part(flow, copy):
    """All is well, and since when; an unknown part is refused."""
    look = flow.service.observation.health
    async with flow.waiting():
        while (await look.component("fork-server")).status is not HealthStatus.OK:
            await flow.a_moment()
    seen = await look.health()
    parts = {part.name: part for part in seen.components}
    assert {"store", "disk", "fork-server", "event-loop", "leases", "workers", "hot-reload", "reaper", "metrics"} <= set(parts)
    assert {part.status for part in seen.components if part.name not in {"event-loop", "store"}} == {HealthStatus.OK}
    assert seen.status is not HealthStatus.DOWN
    assert parts["store"].detail["write_seconds"] >= 0
    assert parts["disk"].detail["free"] > 0
    assert (await look.component("store")).since == parts["store"].since
    with pytest.raises(NotFound, match="no part"):
        await look.component("nothing")


async def test_health_shows_silent_workers_and_a_held_up_event_loop(opened, copy):
    """A worker that is stopped is silent before it is killed for that; a blocked event loop is remembered for a while."""
    async with opened(heartbeat=2.0) as flow:
        look = flow.service.observation.health
        job = await flow.service.submit(copy.but(mode="STREAMING", rows_per_second=100).request())
        (pid,) = await flow.running_workers(job.id)
        psutil.Process(pid).suspend()
        async with flow.waiting():
            while (await look.component("workers")).status is HealthStatus.OK:
                await flow.a_moment()
        found = await look.component("workers")
        assert "1 of 1" in found.message
        assert not found.matters
        await flow.service.cancel(job.id)
        await flow.reach(job.id, ExecutionState.CANCELED)
        look._lags.append(6.0)
        async with flow.waiting():
            while (seen := await look.health()).status is not HealthStatus.DOWN:
                await flow.a_moment()
        assert [part.name for part in seen.components if part.status is HealthStatus.DOWN] == ["event-loop"]
        assert (await flow.service.observation.cluster()).state == "down"


async def test_a_task_that_fails_is_trouble():
    """One that runs is none, nor one that had nothing to do; of a failure its reason is known."""

    async def fail():
        raise ValueError("broken")

    background = Background()
    async with (
        background.run(asyncio.sleep(60), "runs"),
        background.run(asyncio.sleep(0), "done"),
        background.run(fail(), "fails", matters=True),
    ):
        await asyncio.sleep(0.05)
        assert [background.trouble(name) for name in background.names] == [None, None, "ValueError: broken"]
        assert [background.matters(name) for name in background.names] == [False, False, True]
    assert background.names == ()
