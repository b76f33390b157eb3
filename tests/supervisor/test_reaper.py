"""The reaper: what nobody looks after any more is found and put in order, with an event each."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from runner.states import ExecutionState
from runner.supervisor.dead_files import remove_dead_files
from runner.supervisor.descent import MARK, mark_of
from runner.supervisor.lease import Leases
from runner.supervisor.orphans import remember_workers
from runner.supervisor.processes import ProcessIdentity, boot_id, start_time

FINISHED, RUNNING = ExecutionState.FINISHED, ExecutionState.RUNNING
SLEEP = [sys.executable, "-c", "import time; time.sleep(120)"]


def sleeper(environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A process in a session of its own."""
    return subprocess.Popen(SLEEP, start_new_session=True, env=environment)


async def kinds(flow) -> list[str]:
    """The kinds of all events."""
    return [event.kind for event in await flow.service.observation.events_since(0)]


async def reaped(flow) -> set[int]:
    """The processes that were ended because nobody looked after them."""
    events = await flow.service.observation.events_since(0)
    return {pid for event in events if event.kind == "workers.reaped" for pid in event.data["pids"]}


async def steal(flow, execution_id: str) -> None:
    """Take the execution's lease away, for a process that is no more."""
    owner = ProcessIdentity(1, -1.0, boot_id())
    await Leases(flow.service._journal, 60.0, owner).of(execution_id).next_epoch()


async def end_control(_flow, execution_id: str) -> None:
    """Let the task that controls the execution end in the middle of its work."""
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == f"execution {execution_id}"]
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize("lose", [steal, end_control])
async def test_an_execution_without_a_control_is_carried_on(opened, copy, lose):
    """Its control has ended, or was fenced off and ended for that: its workers are gone, the reaper says so and carries it on
    from its last checkpoint, exactly."""
    async with opened(reaping=0.2, lease=1.0) as flow:
        job = await flow.service.submit(copy.request())
        job = await flow.progressed(job.id)
        (worker,) = job.execution.worker_pids
        await lose(flow, job.execution.id)
        execution = await flow.reach(job.id, FINISHED)
        assert not psutil.pid_exists(worker)
        assert execution.id == job.execution.id
        copy.assert_exact()
        assert "execution.reaped" in await kinds(flow)
        first, last = await flow.service.attempts(execution.id)
        assert (first.outcome, last.outcome) == ("failed" if lose is steal else "parked", "complete")
        assert last.restored_from is not None
        assert await flow.service._journal.read(lambda store: store.leases()) == []


async def test_a_state_that_lasts_too_long_is_ended(opened, copy):
    """A control that does not leave a state in its time (here it is made shorter than what it waits for) is taken to hang: it
    is ended, and the execution goes on with another."""
    copy = copy.but(settings="restart.attempts = 5, restart.delay = 600")
    async with opened(reaping=0.1, lease=0.5, starting=1000.0, overdue=-599.5) as flow:
        job = await flow.service.submit(copy.request())
        job = await flow.progressed(job.id)
        os.kill(job.execution.worker_pids[0], signal.SIGKILL)
        await flow.reach(job.id, FINISHED)
        copy.assert_exact()
        assert {"execution.overdue", "execution.reaped"} <= set(await kinds(flow))


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to know a process by its mark")
async def test_processes_that_nobody_owns_are_ended(opened, home, copy):
    """A worker that is written down for an execution that nobody controls, and a descendant of a former fork server. The
    workers of a running job are left alone."""
    async with opened(reaping=0.1) as flow:
        job = await flow.service.submit(copy.request())
        workers = await flow.running_workers(job.id)
        marked = os.environ | {MARK: mark_of(home.path, "former")}
        with sleeper() as lost, sleeper(marked) as stray:
            remember_workers(home, "ghost", [(lost.pid, start_time(lost.pid))])
            assert [await asyncio.to_thread(process.wait, 10) for process in (lost, stray)] == [-9, -9]
        execution = await flow.reach(job.id, FINISHED)
        assert (execution.attempt, workers) == (1, tuple(workers))
        async with flow.waiting():
            while not {lost.pid, stray.pid} <= await reaped(flow):  # in one look or in two
                await flow.a_moment()
        copy.assert_exact()


async def test_a_frozen_worker_does_not_hold_up_a_cancel(opened, copy):
    """TERM does nothing to a process that is stopped; KILL after the grace does, and CANCELING ends in time."""
    async with opened(grace=0.2) as flow:
        job = await flow.service.submit(copy.request())
        (worker,) = await flow.running_workers(job.id)
        os.kill(worker, signal.SIGSTOP)
        await flow.service.cancel(job.id)
        await flow.reach(job.id, ExecutionState.CANCELED, patience=10.0)
        assert not psutil.pid_exists(worker)
        copy.assert_prefix()


def test_dead_files_are_removed_and_no_others(home):
    """Sockets that nobody answers on and half-written notes, both of long ago; not what lives, is young, or something else."""
    home.create()
    old = time.time() - 7200
    dead, live, young = (home.socket_path.parent / name for name in ("dead.sock", "live.sock", "young.sock"))
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two, socket.socket(socket.AF_UNIX) as three:
        one.bind(str(dead))
        two.bind(str(live))
        two.listen()
        three.bind(str(young))
        one.close()
        three.close()
        (home.path / "file.sock").write_text("")
        half = home.workers / "half.new"
        half.write_text("")
        for path in (dead, live, home.path / "file.sock", half):
            os.utime(path, (old, old))
        assert sorted(remove_dead_files(home)) == sorted([dead, half])
        assert live.exists()
        assert young.exists()
