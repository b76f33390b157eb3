"""The daemon is killed in every state that passes by itself: the next one knows the state, and goes on to the right end."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runner.home import Home
from runner.reload import ReloadState, UpgradePhase, Verdict, WatchedFile
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.supervisor.reloading.transitions import AT_WORK
from tests.supervisor.conftest import CopyJob
from tests.supervisor.watched_job import WatchedJob

S, P = ReloadState, UpgradePhase

DAEMON = """
import asyncio, os, shutil, signal, sys
from pathlib import Path
from runner.home import Home
from runner.reload import ReloadState
from runner.supervisor.limits import Limits
from runner.supervisor.reloading.transitions import AT_WORK
from runner.supervisor.supervisor import Supervisor

home, path, after, state, phase = Home(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], sys.argv[5]

async def main():
    observing = 4.0 if state == "ROLLING_BACK" else 0.1  # what does not work may take a while to show it
    async with Supervisor.open(home, watch=[path.parent], limits=Limits(observing=observing)) as supervisor:
        def record():
            return next((found for found in supervisor.reloader.report().files if found.job_id), None)
        async with asyncio.timeout(60):
            while record() is None or record().state in AT_WORK:
                await asyncio.sleep(0.02)
            job = await supervisor.service.job("copy")
            while job.execution.state != "RUNNING" or job.last_checkpoint is None:
                await asyncio.sleep(0.02)
                job = await supervisor.service.job("copy")
            with supervisor.service.observation.subscribe() as events:
                after.replace(path)
                async for event in events:
                    if event.kind == "job.reload" and (event.data["state"], event.data["phase"] or "") == (state, phase):
                        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def killed_at(home: Home, watched: WatchedJob, text: str, state: ReloadState, phase: UpgradePhase | None = None) -> None:
    """Run a daemon until the job runs, save the text, and kill the daemon when the file is in the state."""
    after = watched.directory / ".next"
    after.write_text(text)
    command = [sys.executable, "-c", DAEMON, str(home.path), str(watched.path), str(after), str(state), str(phase or "")]
    assert subprocess.run(command, check=False, timeout=60).returncode == -9


async def stored(home: Home) -> WatchedFile:
    """The record of the one file, as the daemon has left it."""
    store = await AsyncStore.open(home.store_path)
    (record,) = await store.read(lambda found: found.watched_files())
    await store.close()
    return record


def moments() -> list[tuple[ReloadState, UpgradePhase | None]]:
    """All of them, in the order in which they come."""
    return [(S.PARSING, None), (S.VALIDATING, None), (S.PLANNING, None), *((S.UPGRADING, phase) for phase in P)]


@pytest.mark.timeout(300)  # eleven daemons, one after the other
async def test_a_daemon_killed_in_any_state_loses_nothing(opened, home, directory):
    """Killed nine times in a row, each time in another state, by nine edits: what was left is carried to its end by the next
    daemon, every row is there once, and the last edit is what runs."""
    copy = CopyJob(directory, mode="STREAMING", rows=60_000, rows_per_second=5000, interval=100)
    watched = WatchedJob(directory / "jobs", copy)
    for number, (state, phase) in enumerate(moments()):
        edited = copy.but(fields=f"id = id, word = word{number}")
        killed_at(home, watched, edited.text(), state, phase)
        record = await stored(home)
        assert (record.state, record.phase) == (state, phase)
    bad = directory / "a-file"
    bad.write_text("no directory")
    killed_at(home, watched, copy.text().replace(str(copy.target), str(bad / "below")), S.ROLLING_BACK)
    assert (await stored(home)).state is S.ROLLING_BACK
    assert {state for state, _ in moments()} | {S.ROLLING_BACK} == AT_WORK
    async with opened(watched.directory, observing=0.1) as flow:
        record = await watched.reach(flow, S.ROLLED_BACK)
        assert "rolled back to generation" in record.message
        assert record.generations[-1].verdict is Verdict.REJECTED
        watched.save(copy.but(fields="id = id, word = last", rows_per_second=None))
        await watched.reach(flow, S.SYNCED, seen=record.observed_generation + 1)
        await flow.reach("copy", ExecutionState.RUNNING)
        await flow.progressed("copy", copy.rows)
        assert copy.figures() == (copy.rows, copy.rows, copy.rows - 1)
        words = watched.words()
        assert {f"word{number}" for number in range(len(moments()))} >= set(words) - {"label", "last"}
        assert words["label"] > 0
        assert words["last"] > 0
        assert None not in watched.verdicts(flow).values()
