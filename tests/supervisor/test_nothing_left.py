"""After any sequence of kills there is no zombie of any kind: no process, staging file, socket, note, lease or open record."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from runner.home import Home
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.descent import MARK

PATIENCE = 60.0

DAEMON = """
import asyncio, sys
import msgspec
from runner.home import Home
from runner.requests import SubmitRequest
from runner.supervisor.limits import Limits
from runner.supervisor.supervisor import Supervisor

async def main():
    request = msgspec.json.decode(sys.argv[2], type=SubmitRequest)
    async with Supervisor.open(Home(sys.argv[1]), limits=Limits(heartbeat=1.0, lease=1.0, reaping=0.2)) as supervisor:
        if not (await supervisor.service.jobs())[0]:
            await supervisor.service.submit(request)
        await asyncio.sleep(120)

asyncio.run(main())
"""


def start(home: Home, request: SubmitRequest) -> subprocess.Popen[bytes]:
    """A daemon that runs the job."""
    return subprocess.Popen([sys.executable, "-c", DAEMON, str(home.path), msgspec.json.encode(request).decode()])


def family(daemon: subprocess.Popen[bytes], generations: int) -> list[psutil.Process]:
    """The daemon's fork server (1) or its workers (2), once there are any."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            found = [psutil.Process(daemon.pid)]
            for _ in range(generations):
                found = [child for parent in found for child in parent.children()]
        except psutil.NoSuchProcess:
            found = []
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("nothing to kill")


def kill(victim: psutil.Process | subprocess.Popen[bytes]) -> None:
    """SIGKILL, if it is there still."""
    if psutil.pid_exists(victim.pid):
        os.kill(victim.pid, signal.SIGKILL)


def marked(home: Home) -> Iterator[int]:
    """The processes that descend from fork servers of this home."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = path.read_bytes()
        except OSError:
            continue
        entries = [entry for entry in environment.split(b"\0") if entry.startswith(MARK.encode())]
        if any(entry.endswith(b" " + os.fsencode(home.path)) for entry in entries):
            yield int(path.parent.name)


def disturb(home: Home, request: SubmitRequest, chance: random.Random) -> None:
    """Three daemons, each killed in the end; before that, or at the same moment, perhaps a worker or the fork server."""
    for _ in range(3):
        daemon = start(home, request)
        try:
            for _ in range(chance.randrange(3)):
                time.sleep(chance.uniform(0.0, 0.4))
                kill(chance.choice(family(daemon, chance.choice((1, 2, 2)))))
            family(daemon, 2)
            time.sleep(chance.uniform(0.0, 0.4))
        finally:
            daemon.kill()
            daemon.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_no_zombie_after_any_sequence_of_kills(opened, home, copy):
    """Workers, fork servers and daemons are killed at random instants; the next daemon finishes the job exactly and nothing of
    the former ones is left anywhere."""
    copy = copy.but(rows=24_000)
    zombies = {child.pid for child in psutil.Process().children(recursive=True)}
    copy.source.stat()  # written now, not by the first daemon's job
    await asyncio.to_thread(disturb, home, copy.request(), random.Random(1))
    async with opened() as flow:
        execution = await flow.reach("copy", ExecutionState.FINISHED)
        copy.assert_exact()
        assert execution.unsettled == ""
        attempts = await flow.service.attempts(execution.id)
        assert all(attempt.ended_at is not None and attempt.outcome for attempt in attempts)
        assert [attempt.number for attempt in attempts] == list(range(1, len(attempts) + 1))
        assert all(found.status != "in_progress" for found in await flow.service.checkpoints("copy"))
        assert await flow.service._journal.read(lambda store: store.leases()) == []
        assert await flow.service._journal.read(lambda store: store.unfinished_executions()) == []
    assert not list(marked(home))
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= zombies
    assert {path.name for path in home.path.iterdir()} <= {
        "daemon.lock", "daemon.log", "control.duckdb", "control.duckdb.wal", "control.key", "logs", "workers", "checkpoints",
        "savepoints",
    }  # fmt: skip
    assert not list(home.workers.iterdir())
    assert all(path.is_file() for path in home.logs.iterdir())


def freeze(home: Home, request: SubmitRequest) -> list[int]:
    """A daemon that is stopped for longer than workers may be silent and leases last, goes on, and is stopped again and killed;
    its workers before the first freeze and after it."""
    daemon = start(home, request)
    try:
        seen = []
        for _ in range(2):
            seen += [worker.pid for worker in family(daemon, 2)]
            time.sleep(0.5)
            daemon.send_signal(signal.SIGSTOP)
            time.sleep(2.5)
            if len(seen) == 1:
                daemon.send_signal(signal.SIGCONT)
                time.sleep(1.0)
    finally:
        daemon.kill()
        daemon.wait()
    return seen


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_a_frozen_daemon_kills_nobody_and_commits_nothing_stale(opened, home, copy):
    """A daemon that was stopped for long does not take its workers for silent, nor its leases for lost: they work on. One that
    is killed while it is stopped takes them along; the next one goes on exactly."""
    copy = copy.but(rows=48_000, rows_per_second=6_000)
    copy.source.stat()
    before, after = await asyncio.to_thread(freeze, home, copy.request())
    assert before == after
    async with opened() as flow:
        await flow.until("copy", lambda job: job.execution.attempt == 2)
        attempts = await flow.service.attempts((await flow.service.job("copy")).execution.id)
        assert [attempt.error and attempt.error.code for attempt in attempts] == ["daemon-died", None]
        kinds = {event.kind for event in await flow.service.observation.events_since(0)}
        assert not kinds & {"execution.reaped", "execution.overdue", "attempt.failed"}
        await flow.reach("copy", ExecutionState.FINISHED)
        copy.assert_exact()
