"""Real daemons in homes of their own, and jobs for them."""

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runner.client import Client
from runner.connection import DaemonConnection
from runner.endpoint import UnixEndpoint
from runner.home import Home
from runner.model import Job
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from tests.warm_processes import DAEMON, WarmProcesses

STREAM = """
env { job.name = "stream", job.mode = "STREAMING", checkpoint.interval = 500, read_limit.rows_per_second = 2000 }
source { FakeSource { plugin_output = "rows", row.num = 1000000000, schema { fields { id = bigint, name = string } } } }
sink { LocalFile { plugin_input = "rows", path = "out", file_format_type = "json" } }
"""

BATCH = """
env { job.name = "batch", job.mode = "BATCH" }
source { FakeSource { plugin_output = "rows", row.num = 5, schema { fields { id = bigint, name = string } } } }
sink { Console { plugin_input = "rows" } }
"""


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first true value of ``condition``; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)
    return value


class Daemon:
    """A daemon process of its own home: of those that are ``warm``, or started from scratch."""

    def __init__(self, path: Path, *options: str, warm: WarmProcesses | None = None) -> None:
        self.home = Home(path)
        self.options = options
        self._start = subprocess.Popen if warm is None else warm.start
        self.process: subprocess.Popen[bytes] | None = None

    wait_for = staticmethod(wait_for)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.home.create()
        command = [*DAEMON, "--home", str(self.home.path), *self.options]
        with (self.home.path / "stderr").open("ab") as errors:
            standard = {"stdin": subprocess.DEVNULL, "stdout": errors, "stderr": errors}
            self.process = self._start(command, start_new_session=True, **standard)
        wait_for(self._is_up)

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.home.path / "stderr").read_text()
        return self.home.socket_path.exists() and self.home.holder() == self.process.pid and self._answers()

    def _answers(self) -> bool:
        try:
            return self.request("GET", "/api/v1/status")[0] == 200
        except OSError:
            return False

    def stop(self) -> int:
        """Ask the process to end as a service manager does; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise

    def client(self) -> Client:
        """A client of this daemon."""
        return Client(self.home)

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One exchange as curl would make it: ``body`` bytes are sent as they are, anything else as JSON."""
        connection = DaemonConnection(UnixEndpoint(self.home.socket_path), timeout=60)
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def submit(self, text: str, directory: Path, **changes: Any) -> str:
        """Submit ``text`` as a file of ``directory``; the job's id."""
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / "job.conf"
        file.write_text(text)
        with self.client() as client:
            return client.submit(SubmitRequest(text=text, file=str(file), **changes)).id

    def wait_until(self, job: str, predicate: Callable[[Job], bool]) -> Job:
        """The job once ``predicate`` holds."""
        with self.client() as client:
            return client.wait_until(job, predicate, 30)

    @staticmethod
    def is_over(job: Job) -> bool:
        """Whether the newest execution of a job has ended."""
        return job.execution is not None and job.execution.state.is_terminal

    @staticmethod
    def is_running(job: Job) -> bool:
        """Whether the job runs and has read something."""
        execution = job.execution
        return execution is not None and execution.state is ExecutionState.RUNNING and execution.totals.rows_in > 0

    def json(self, method: str, path: str, body: Any = None, *, status: int) -> Any:
        """The decoded answer of an exchange that ends with ``status``."""
        found, _headers, answer = self.request(method, path, body)
        assert found == status, answer.decode()
        return msgspec.json.decode(answer) if answer else None


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, warm: WarmProcesses) -> Iterator[Daemon]:
    """A daemon for one test file; it must end well."""
    running = Daemon(tmp_path_factory.mktemp("home"), warm=warm)
    running.start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def fresh_daemon(tmp_path: Path, warm: WarmProcesses) -> Iterator[Daemon]:
    """A daemon for one test, which may end it."""
    running = Daemon(tmp_path / "home", warm=warm)
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def batch(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a finished batch job named batch."""
    job_id = daemon.submit(BATCH, tmp_path_factory.mktemp("batch"))
    job = daemon.wait_until(job_id, daemon.is_over)
    assert job.execution is not None
    assert job.execution.state is ExecutionState.FINISHED, job.execution.error
    return job_id


@pytest.fixture(scope="module")
def stream(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a running stream named stream."""
    job_id = daemon.submit(STREAM, tmp_path_factory.mktemp("stream"))
    daemon.wait_until(job_id, daemon.is_running)
    return job_id


@pytest.fixture
def stream_text() -> str:
    """A job file whose job, stream, runs until it is stopped."""
    return STREAM


@pytest.fixture
def batch_text() -> str:
    """A job file whose job, batch, writes five rows to the console."""
    return BATCH
