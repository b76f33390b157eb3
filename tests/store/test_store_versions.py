"""Homes that former versions of flowdeck have left, as they left them: each is upgraded with everything in it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import duckdb
import pytest

from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.migrations import MIGRATIONS

START = 1_763_762_400.0
ARCHIVES = sorted(Path(__file__).with_name("versions").glob("version-*.tar.xz"))
STATES = {1: b"small", 2: b"large" * 300_000}
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from runner.store import database, migrations, recovery
from runner.store.asynchronous import AsyncStore

def killed_after(function, calls):
    def run(*arguments):
        nonlocal calls
        result = function(*arguments)
        calls -= 1
        if calls == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return run

where, calls = sys.argv[2], int(sys.argv[3])
if where == "copy":
    recovery.copy_durably = killed_after(recovery.copy_durably, calls)
else:
    migrations._apply = killed_after(migrations._apply, calls)
asyncio.run(AsyncStore.open(Path(sys.argv[1])))
"""


def version_of(archive):
    """The number in an archive's name."""
    return int(re.findall(r"\d+", archive.name)[0])


@pytest.fixture(params=ARCHIVES, ids=lambda archive: archive.name.partition(".")[0])
def former(tmp_path, request):
    """The database of a former version, and that version."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "home" / "control.duckdb", version_of(request.param)


async def check(store):
    """Everything that was in it is in it."""
    job = await store.read(lambda s: s.job("job-1"))
    assert (job.name, job.execution.id, job.last_checkpoint.id, job.queue) == ("orders", "e-1", 2, "default")
    assert await store.read(lambda s: s.generation_job("job-1", 1)) == b"the job"
    assert [found.state for found in await store.read(lambda s: s.unfinished_executions())] == [ExecutionState.RUNNING]
    assert [attempt.number for attempt in await store.read(lambda s: s.attempts("e-1"))] == [1]
    assert [found.id for found in await store.read(lambda s: s.savepoints())] == [1]
    for number, state in STATES.items():
        assert await store.read(lambda s, n=number: s.checkpoint_state("job-1", n)) == state
    assert [event.message for event in await store.read(lambda s: s.events_since(0))] == ["RUNNING"]


async def rates(store):
    """The hour of metrics, in minutes."""
    (series,) = await store.read(lambda s: s.metric_series(["e-1"], None, START, START + 3600, 60))
    return [point.value for point in series.points]


async def test_a_former_home_is_upgraded_with_everything_in_it(former):
    """Records, states beside the database and metrics are there, before and after summing up; the copy of the former database
    is what the former flowdeck left; and the new one can be used."""
    database, version = former
    before = database.read_bytes()
    store = await AsyncStore.open(database)
    await check(store)
    assert await rates(store) == pytest.approx([10.0] * 60)
    while await store.write(lambda s: s.tidy_metrics(START + 7200)):
        pass
    assert await rates(store) == pytest.approx([10.0] * 60)
    assert (await store.write(lambda s: s.append_event("more"))).revision == 2
    assert await store.write(lambda s: s.next_checkpoint_id("job-1")) == 3
    queues = await store.read(lambda s: s.queue_limits())
    assert queues == ({"nightly": 2} if version > 1 else {})
    await store.close()
    backup = store.report.migration_backup
    assert (store.report.version_before, store.report.version) == (version, len(MIGRATIONS))
    if version == len(MIGRATIONS):
        assert backup is None
        return
    assert backup.read_bytes() == before
    with duckdb.connect(str(backup), read_only=True) as connection:
        assert connection.execute('SELECT max("version") FROM "migrations"').fetchall() == [(version,)]
        assert connection.execute('SELECT count(*) FROM "checkpoints"').fetchall() == [(2,)]


@pytest.mark.parametrize(("where", "calls"), [("copy", 1), ("migration", 1), ("migration", len(MIGRATIONS) - 1)])
async def test_a_kill_in_the_middle_of_an_upgrade_does_no_harm(tmp_path, where, calls):
    """After the copy, between two migrations, before they are committed: the next start upgrades as if nothing had been."""
    with tarfile.open(ARCHIVES[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    database = tmp_path / "home" / "control.duckdb"
    command = [sys.executable, "-c", KILLED, database, where, str(calls)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = await asyncio.to_thread(subprocess.run, command, env=environment, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    store = await AsyncStore.open(database)
    await check(store)
    assert (store.report.version_before, store.report.repairs) == (1, [])
    await store.close()
