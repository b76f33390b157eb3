"""A fork server that a command forks from itself: what both need is imported once, and the rest while the command goes on.

Only a process that has no second thread and has opened no database may do that, so it is done first of all or not at all; then
:mod:`runner.supervisor.fork_server` starts one as usual. What it becomes is in :mod:`runner.supervisor.early_zygote`.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import msgspec

from runner.supervisor.fork_protocol import HEADER, Beginning
from runner.supervisor.shown_areas import environment_area

_BOTH_NEED = (
    "duckdb",
    "psutil",
    "ssl",
    "runner.protocol",
    "runner.supervisor.zygote",
    "runner.supervisor.descent",
    "spec.sql.dialect",
)
"""What the command and its fork server would each import after the fork."""
_FAILED = 70
_LOOK = 0.002


class EarlyServer:
    """The forked process as its parent sees it; waiting, ending and killing are those of :class:`subprocess.Popen`."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.connection = connection
        self._exit_code: int | None = None

    def has_room(self, shown: str) -> bool:
        """Whether others can be shown this much of its environment (:mod:`runner.supervisor.early_zygote`)."""
        begin, end = environment_area()
        return len(os.fsencode(shown)) < end - begin

    def begin(self, home: Path, log: Path, environment: Mapping[str, str]) -> None:
        """Have it serve ``home``. Raises OSError when it is gone."""
        body = msgspec.json.encode(Beginning(str(home), str(log), dict(environment)))
        self.connection.sendall(HEADER.pack(len(body)) + body)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or minus the signal's number. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._has_ended():
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("fork server", timeout or 0.0)
            time.sleep(_LOOK)
        return self._exit_code or 0

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if not self._has_ended():
            os.kill(self.pid, number)

    def _has_ended(self) -> bool:
        if self._exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._exit_code = os.waitstatus_to_exitcode(status)
        return self._exit_code is not None


_waiting: list[EarlyServer] = []


def fork_early() -> None:
    """Fork the process that is to be the fork server, if that can be done here. Main thread of a process that does nothing but
    its command: it dies with that."""
    if _waiting or sys.platform != "linux" or not _has_one_thread():
        return
    for name in _BOTH_NEED:
        importlib.import_module(name)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a program may be started without
            stream.flush()
    parent = os.getpid()
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        _serve(ours, theirs, parent)
    theirs.close()
    _waiting.append(EarlyServer(pid, ours))


def _serve(ours: socket.socket, theirs: socket.socket, parent: int) -> NoReturn:
    """In the child: whatever happens, it does not go on with its parent's work."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        ours.close()
        from runner.supervisor.early_zygote import wait_and_serve

        wait_and_serve(theirs, parent)
    finally:
        os._exit(_FAILED)


def _has_one_thread() -> bool:
    return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names, not paths


def claim() -> EarlyServer | None:
    """The process that waits, if there is one: whoever takes it has to end it."""
    return _waiting.pop() if _waiting else None


def dismiss() -> None:
    """End the process that waits: nobody will need it."""
    server = claim()
    if server is not None:
        server.connection.close()
        server.kill()
        server.wait()
