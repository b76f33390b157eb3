"""The fork server that a command forks from itself is like one that was started: its own environment, no life of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process was started with")

PATIENCE = 60.0
FLOWDECK = str(Path(sys.executable).parent / "flowdeck")
JOB = """
env {{ job.mode = "{mode}" }}
source {{ FakeSource {{ row.num = {rows}, schema {{ fields {{ id = bigint }} }} }} }}
sink {{ Console {{ log.print.data = false }} }}
"""


def start(directory: Path, environment: Mapping[str, str], *, mode: str = "BATCH", rows: int = 10) -> subprocess.Popen[bytes]:
    """``flowdeck run`` in a home of its own."""
    job = directory / "job.conf"
    job.write_text(JOB.format(mode=mode, rows=rows))
    command = [FLOWDECK, "--home", str(directory / "home"), "run", str(job)]
    return subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_until(condition: Callable[[], bool]) -> None:
    """Until it holds; fails after a minute."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The fork server, and the worker once there is one."""
    return psutil.Process(process.pid).children(recursive=True)


def test_it_shows_its_own_environment_and_dies_with_the_command(tmp_path: Path) -> None:
    """Fork server and worker bear the mark of the home, show and have no other variable of the command's, and end with it."""
    running = start(tmp_path, {**os.environ, "A_PASSWORD": "hunter2"}, mode="STREAMING", rows=1 << 40)
    try:
        wait_until(lambda: len(descendants(running)) == 2)
        server, worker = found = descendants(running)
        for process in found:
            wait_until(lambda shown=process: "FLOWDECK_WORKERS_OF" in shown.environ())  # type: ignore[misc]
            assert process.environ()["FLOWDECK_WORKERS_OF"].endswith(f" {tmp_path / 'home'}")
            assert "A_PASSWORD" not in process.environ()
            assert "runner.supervisor.zygote" in process.cmdline()
            assert process.cwd() == str(tmp_path / "home")
        assert "-P" not in server.cmdline(), "it was started, not forked"
        assert worker.ppid() == server.pid
        running.send_signal(signal.SIGKILL)
        wait_until(lambda: not any(process.is_running() for process in found))
    finally:
        running.kill()
        running.communicate()


def test_where_there_is_no_room_for_the_mark_one_is_started(tmp_path: Path) -> None:
    """Without variables there is no place in which a forked process could show whose it is."""
    with start(tmp_path, {}) as running:
        output, _ = running.communicate(timeout=PATIENCE)
        assert running.returncode == 0, output.decode()


def test_a_job_file_with_errors_leaves_nobody_waiting(tmp_path: Path) -> None:
    """Whoever was forked for a job that cannot run ends with the command."""
    with start(tmp_path, {**os.environ, "ONE_OF": str(tmp_path)}, mode="NONSENSE") as running:
        running.communicate(timeout=PATIENCE)
        assert running.returncode == 2
    entry = f"ONE_OF={tmp_path}".encode()
    wait_until(lambda: not any(entry in shown_by(path) for path in Path("/proc").glob("[0-9]*/environ")))


def shown_by(path: Path) -> bytes:
    """A process's environment, nothing when it has gone."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
