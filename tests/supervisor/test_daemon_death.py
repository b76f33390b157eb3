"""The daemon dies or is shut down: the next one records it and goes on exactly where the last checkpoint was."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable

import msgspec
import psutil
import pytest

from runner.home import Home
from runner.model import CheckpointKind
from runner.requests import StopRequest, SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.orphans import end_orphans, remember_workers
from runner.supervisor.processes import start_time

FINISHED, STOPPED, CANCELED = ExecutionState.FINISHED, ExecutionState.STOPPED, ExecutionState.CANCELED

DAEMON = """
import asyncio, os, sys
import msgspec
from runner.home import Home
from runner.requests import PauseRequest, StopRequest, SubmitRequest, WorkersRequest
from runner.supervisor.supervisor import Supervisor

async def workers(supervisor, job):
    return (await supervisor.service.observation.workers(job.id)).workers

async def main():
    home, request, moment = Home(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=SubmitRequest), sys.argv[3]
    async with Supervisor.open(home) as supervisor:
        with supervisor.service.observation.subscribe() as events:
            job = await supervisor.service.submit(request)
            async for event in events:
                if event.kind == "checkpoint.committed" and moment != "starting":
                    break
                if event.kind == "execution.state" and event.data["state"] == "STARTING" and moment == "starting":
                    break
        execution = (await supervisor.service.job(job.id)).execution
        if moment == "stopping":
            for pid in execution.worker_pids:
                os.kill(pid, 19)
            await supervisor.service.stop(job.id, StopRequest())
        if moment == "paused":
            await supervisor.service.pause(job.id, PauseRequest(reason="kept"))
        if moment == "rescaling":
            await supervisor.service.scale(job.id, WorkersRequest(total=3))
            while len(await workers(supervisor, job)) < 3:
                await asyncio.sleep(0.01)
            await supervisor.service.scale(job.id, WorkersRequest(total=1))
            execution = (await supervisor.service.job(job.id)).execution
        if moment == "canceling":
            await supervisor.service.cancel(job.id)
        print(*execution.worker_pids, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def run_and_kill(home: Home, request: SubmitRequest, moment: str) -> list[int]:
    """Run a daemon with one job until ``moment``, then SIGKILL it; the ids of the workers it had."""
    command = [sys.executable, "-c", DAEMON, str(home.path), msgspec.json.encode(request).decode(), moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        try:
            line = daemon.stdout.readline()
        finally:
            daemon.kill()
    assert daemon.returncode == -9, "the daemon ended by itself"
    return [int(pid) for pid in line.split()]


async def all_gone(pids: list[int]) -> None:
    """Wait until none of the processes lives."""
    async with asyncio.timeout(60):
        while any(map(psutil.pid_exists, pids)):  # noqa: ASYNC110 - other processes tell nobody here
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("moment", ["starting", "running"])
async def test_killed_daemon_costs_nothing(opened, home, copy, moment):
    """SIGKILL of the daemon: its workers die with it, the next one says what happened and finishes the job exactly."""
    workers = await asyncio.to_thread(run_and_kill, home, copy.request(), moment)
    await all_gone(workers)
    async with opened() as flow:
        execution = await flow.reach("copy", FINISHED)
        copy.assert_exact()
        assert execution.totals.rows_in == copy.rows
        attempts = await flow.service.attempts(execution.id)
        assert all(attempt.error.code == "daemon-died" for attempt in attempts[:-1])
        assert attempts[-1].outcome == "complete"
        if moment == "running":
            assert len(attempts) == 2
            assert attempts[-1].restored_from is not None
        events = [event for event in await flow.service.observation.events_since(0) if event.kind == "execution.orphaned"]
        assert [event.execution_id for event in events] == [execution.id]
        assert all(found.failure for found in await flow.service.checkpoints("copy") if found.status == "failed")


async def test_daemon_killed_while_paused(opened, home, copy):
    """The next daemon's job is PAUSED for the same reason and reads nothing, until somebody resumes it."""
    await all_gone(await asyncio.to_thread(run_and_kill, home, copy.request(), "paused"))
    async with opened() as flow:
        paused = await flow.reach("copy", ExecutionState.PAUSED)
        assert paused.pause.reason == "kept"
        restored = (await flow.service.attempts(paused.id))[-1].restored_from
        (origin,) = [found for found in await flow.service.checkpoints("copy") if found.id == restored]
        later = await flow.until("copy", lambda job: job.last_checkpoint.id >= restored + 2)
        assert later.execution.totals.rows_in == later.last_checkpoint.rows_in == origin.rows_in
        await flow.service.resume("copy")
        await flow.reach("copy", FINISHED)
    copy.assert_exact()


async def test_daemon_killed_while_workers_leave(opened, home, copy):
    """The number that was asked for last holds under the next daemon, and every row is there once."""
    copy = copy.but(files=12, rows_per_second=4_000)
    await all_gone(await asyncio.to_thread(run_and_kill, home, copy.request(), "rescaling"))
    async with opened() as flow:
        execution = await flow.reach("copy", FINISHED)
        assert (execution.workers_asked, execution.totals.rows_in) == (1, copy.rows)
    copy.assert_exact()


async def test_daemon_killed_while_stopping(opened, home, copy):
    """A stop that the daemon did not live to finish is finished by the next one, without losing the way back."""
    await asyncio.to_thread(run_and_kill, home, copy.request(), "stopping")
    async with opened() as flow:
        await flow.reach("copy", STOPPED)
        copy.assert_prefix()
        await flow.service.submit(copy.request(restore="latest"))
        await flow.reach("copy", FINISHED)
        copy.assert_exact()


async def test_daemon_killed_after_cancel(opened, home, copy):
    """A canceled job does not come back to life."""
    await asyncio.to_thread(run_and_kill, home, copy.request(), "canceling")
    async with opened() as flow:
        await flow.reach("copy", CANCELED)
        copy.assert_prefix()


async def test_shutdown_saves_the_work(opened, copy):
    """A daemon that is shut down takes a last checkpoint: the next one goes on from it, and calls nothing a death."""
    copy = copy.but(interval=None)
    async with opened() as flow:
        job = await flow.service.submit(copy.request())
        await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > 0)
    rows = copy.assert_prefix()
    assert 0 < rows < copy.rows
    async with opened() as flow:
        execution = await flow.reach("copy", FINISHED)
        copy.assert_exact()
        first, second = await flow.service.attempts(execution.id)
        assert (first.outcome, first.error, second.restored_from) == ("complete", None, 1)
        parked = (await flow.service.checkpoints("copy"))[-1]
        assert (parked.kind, parked.rows_in) == (CheckpointKind.PERIODIC, rows)
        assert not [event for event in await flow.service.observation.events_since(0) if event.kind == "execution.orphaned"]


async def test_shutdown_in_every_state_leaves_nothing_behind(opened, copy):
    """Shut down straight after a submit, a stop or a cancel, the next daemon ends what was asked for."""
    for ask, expected in (
        (lambda service, _: service.stop("copy", StopRequest()), {STOPPED}),
        (lambda service, _: service.cancel("copy"), {CANCELED}),
    ):
        async with opened() as flow:
            await flow.service.submit(copy.request())
            await ask(flow.service, None)
        async with opened() as flow:
            assert (await flow.reach("copy", *expected)).state in expected
            copy.assert_prefix()


def test_orphans_are_known_by_their_start_time(home: Home):
    """A process that has the number of a former worker, but another start time, is left alone; the worker itself is ended."""
    home.create()
    sleeper: Callable[[], subprocess.Popen[bytes]] = lambda: subprocess.Popen(  # noqa: E731
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    with sleeper() as orphan, sleeper() as stranger:
        started = start_time(orphan.pid)
        remember_workers(home, "execution", [(orphan.pid, started), (stranger.pid, started - 1000)])
        assert end_orphans(home) == [orphan.pid]
        assert orphan.wait(60) == -9
        assert stranger.poll() is None
        stranger.kill()
    assert list(home.workers.iterdir()) == []
