"""A real daemon in a process of its own, and the means to kill it, or any process it has started, at any instant."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from runner.client import Client, DaemonUnreachable
from runner.home import Home

FLOWDECK = Path(sys.executable).parent / "flowdeck"
TIMEOUT = 60.0
T = TypeVar("T")


class ChaosDaemon:
    """Starts, kills and restarts the daemon of one home. ``environment`` is added to that of this process, ``options`` to its
    command."""

    def __init__(self, directory: Path, environment: dict[str, str] | None = None, options: Sequence[str] = ()) -> None:
        self.home = Home(directory)
        self.client = Client(self.home)
        self._process: subprocess.Popen[bytes] | None = None
        self._output = directory.with_suffix(".output")
        self._environment = {**os.environ, **(environment or {})}
        self._options = options

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        assert self._process is not None
        return self._process.pid

    def launch(self) -> None:
        """Start the daemon; do not wait for anything."""
        with self._output.open("ab") as output:
            command = [str(FLOWDECK), "--home", str(self.home.path), "up", "--foreground", *self._options]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._environment
            )

    def start(self) -> None:
        """Start the daemon and wait until ``client`` reaches it."""
        self.launch()
        eventually(self._answers, f"the daemon does not answer; see {self._output}")

    def _answers(self) -> bool:
        self.assert_alive()
        try:
            self.client.status()
        except DaemonUnreachable:
            return False
        return True

    def assert_alive(self) -> None:
        """The daemon has not ended by itself."""
        assert self._process is not None
        assert self._process.poll() is None, self._output.read_text()

    def kill(self) -> None:
        """SIGKILL, and wait for the process to be gone."""
        assert self._process is not None
        self.client.close()
        self._process.kill()
        self._process.wait(TIMEOUT)

    def stop(self) -> None:
        """SIGTERM, and expect a clean exit."""
        assert self._process is not None
        self.client.close()
        self._process.terminate()
        assert self._process.wait(TIMEOUT) == 0, self._output.read_text()

    def fork_servers(self) -> list[psutil.Process]:
        """Its fork server: none for a moment after one has died, two while one takes the other's place."""
        return [child for child in _children(psutil.Process(self.pid)) if _is_fork_server(child)]

    def workers(self) -> list[psutil.Process]:
        """The workers that live at this moment."""
        return [worker for server in self.fork_servers() for worker in _children(server)]


def eventually(probe: Callable[[], T | None], complaint: str, timeout: float = TIMEOUT) -> T:
    """The first truthy answer of ``probe``, asked every 20 ms."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(complaint)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [child for child in process.children() if child.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []


def _is_fork_server(process: psutil.Process) -> bool:
    try:
        return any("zygote" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False
