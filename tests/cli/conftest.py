"""The installed command `flowdeck` as a subprocess, in a home of its own. What runs to its end is forked from a process that
has the command imported (:mod:`tests.warm_processes`), and so is a daemon; one test of each kind starts from scratch."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runner.client import ApiError, Client, DaemonUnreachable
from runner.home import Home
from tests.warm_processes import WarmProcesses, can_run

COMMAND = Path(sys.executable).parent / "flowdeck"

STREAM = """
env { job.name = "stream", job.mode = "STREAMING", checkpoint.interval = 500, read_limit.rows_per_second = 2000 }
source { FakeSource { plugin_output = "rows", row.num = 1000000000, schema { fields { id = bigint, name = string } } } }
sink { LocalFile { plugin_input = "rows", path = "out/stream", file_format_type = "json" } }
"""

BATCH = """
env { job.name = "batch", job.mode = "BATCH" }
source { FakeSource { plugin_output = "rows", row.num = 5, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "rows" }, LocalFile { plugin_input = "rows", path = "out/batch", file_format_type = "json" } }
"""


class CommandLine:
    """Runs `flowdeck` with one home and one working directory."""

    command = COMMAND

    def __init__(self, home: Path, directory: Path, warm: WarmProcesses) -> None:
        self.warm = warm
        self.home = Home(home)
        self.directory = directory
        self.environment = {**os.environ, "FLOWDECK_HOME": str(home), "NO_COLOR": "1"}
        (directory / "stream.conf").write_text(STREAM)
        (directory / "batch.conf").write_text(BATCH)

    def __call__(self, *arguments: str, status: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run to the end; ``status`` None accepts any exit code. No command may ever print a traceback."""
        run = self.warm.run if can_run(environment) else self._run_from_scratch
        done = run([COMMAND, *arguments], self.directory, {**self.environment, **environment})
        assert "Traceback" not in done.stderr, done.stderr
        assert status is None or done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done

    @staticmethod
    def _run_from_scratch(
        command: Sequence[str | Path], directory: Path, environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
        )

    def json(self, *arguments: str, status: int = 0) -> Any:
        """The decoded stdout of a command with ``--output json``."""
        return json.loads(self(*arguments, "--output", "json", status=status).stdout)

    @contextlib.contextmanager
    def start(self, *arguments: str, warm: bool = True) -> "Iterator[subprocess.Popen[str]]":
        """Start a command in a process group of its own, as a shell does; it does not outlive the context."""
        start = self.warm.start if warm else subprocess.Popen
        process = start(
            [COMMAND, *arguments],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    @staticmethod
    def interrupt(process: "subprocess.Popen[str]") -> None:
        """Ctrl-C: the terminal signals the whole process group."""
        os.killpg(process.pid, signal.SIGINT)

    @staticmethod
    def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
        """The first true value of ``condition``; fails after ``seconds``."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, "the condition did not come true in time"
            time.sleep(0.05)
        return value

    def job(self, name: str) -> dict[str, Any] | None:
        """The job as the API shows it, or None when there is no daemon or no such job."""
        try:
            with Client(self.home) as client:
                found: dict[str, Any] = msgspec.to_builtins(client.job(name))
        except (ApiError, DaemonUnreachable):
            return None
        return found

    def is_reading(self, name: str) -> bool:
        """Whether the job runs and has read rows."""
        job = self.job(name)
        return bool(job and job["execution"]["state"] == "RUNNING" and job["execution"]["totals"]["rows_in"] > 0)

    def client(self) -> Client:
        """A client of the home's daemon."""
        return Client(self.home)

    def end(self) -> None:
        """Whatever happened, leave no process behind."""
        if self.home.holder() is not None:
            self("down", status=None)


@pytest.fixture
def flowdeck(tmp_path: Path, warm: WarmProcesses) -> Iterator[CommandLine]:
    """The command, without a daemon yet."""
    directory = tmp_path / "work"
    directory.mkdir()
    command = CommandLine(tmp_path / "home", directory, warm)
    yield command
    command.end()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, warm: WarmProcesses) -> Iterator[CommandLine]:
    """The command with a daemon up, a finished job `batch` and a running job `stream`, for one test file."""
    directory = tmp_path_factory.mktemp("work")
    command = CommandLine(tmp_path_factory.mktemp("home") / "h", directory, warm)
    try:
        command("up")
        command("submit", "batch.conf", "stream.conf")
        command.wait_for(lambda: command.is_reading("stream"))
        command.wait_for(lambda: (command.job("batch") or {})["execution"]["state"] == "FINISHED")
        yield command
    finally:
        command.end()
