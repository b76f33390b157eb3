"""A full disk under a job, at its output or at the home: it waits or restarts, and goes on once there is room, exactly."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.states import ExecutionState

FINISHED, RESTARTING = ExecutionState.FINISHED, ExecutionState.RESTARTING


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A directory on a file system of its own, of the size that the test asks for."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs Linux and root to mount a tmpfs")
    directory = tmp_path / "disk"
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to mount a tmpfs: {done.stderr.strip()}")
    yield directory
    subprocess.run(["umount", "-l", str(directory)], timeout=60, check=True)


def fill(directory: Path) -> Path:
    """Take all the space there is; the file that has it."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            return ballast


@pytest.mark.parametrize("small_disk", ["4m"], indirect=True)
async def test_a_full_disk_of_the_output_is_a_failure_with_a_restart(small_disk, flow, copy):
    """The sink cannot stage: the attempt fails with what to do, again and again as the strategy says, never taken for hopeless;
    with room the next one goes on from the last checkpoint, exactly."""
    copy = copy.but(settings="restart.attempts = 1000, restart.delay = 0.1")
    (small_disk / "out").mkdir()
    copy.target.symlink_to(small_disk / "out")
    job = await flow.service.submit(copy.request())
    await flow.progressed(job.id)
    ballast = fill(small_disk)
    job = await flow.until(job.id, lambda seen: seen.execution.restarts >= 3)
    assert job.execution.error.code == "file"
    assert "free space" in job.execution.error.hint
    ballast.unlink()
    await flow.reach(job.id, FINISHED)
    copy.assert_exact()


@pytest.mark.parametrize("small_disk", ["24m"], indirect=True)
async def test_a_full_disk_of_the_home_keeps_jobs_waiting(small_disk, opened, copy, home):
    """The daemon lives on while nothing can be recorded; a job whose checkpoints cannot be made durable waits, whatever its
    strategy, and what was acknowledged stays: with room again it ends, exactly, in the same execution."""
    copy = copy.but(settings='restart.strategy = "none"', rows=40_000)
    home.path.symlink_to(small_disk)
    async with opened() as flow:
        job = await flow.service.submit(copy.request())
        before = await flow.progressed(job.id)
        ballast = fill(small_disk)
        await flow.until(job.id, lambda seen: seen.execution.totals.rows_in > before.execution.totals.rows_in)
        async with flow.waiting():  # the daemon answers, and the job does not fail
            for _ in range(50):
                assert not (await flow.service.job(job.id)).execution.state.is_terminal
                await flow.a_moment()
        ballast.unlink()
        execution = await flow.reach(job.id, FINISHED)
        assert execution.id == before.execution.id
        copy.assert_exact()
        checkpoints = await flow.service.checkpoints(job.id)
        assert any(found.id == before.last_checkpoint.id for found in checkpoints) or len(checkpoints) >= 3
