"""The command `flowdeck` and the daemon from a process that has their modules imported already: each is a fork of that process,
so that a test pays for what it does and not for starting Python. Real processes, real exit codes, real output; what is tested
about how a process starts, or what it shows of itself, is started from scratch.

``python -P warm_processes.py SOCKET DESCRIPTOR`` serves; the classes are for the tests.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from runner import launch
from runner.supervisor import early_fork
from runner.supervisor.early_zygote import _overwrite
from runner.supervisor.shown_areas import arguments_area
from runner.supervisor.zygote import load_workers

PATIENCE = 90.0
DAEMON = [sys.executable, "-P", "-m", "runner.daemon"]
"""How a daemon is started, before its options."""
# Those read by Python itself when it starts: with one of them a command is started from scratch.
_OF_PYTHON = ("PYTHON", "LC_", "LANG")
_IMPORTED = ("tui.cli.main", "runner.client", "runner.daemon", "runner.launch", "runner.api.server", "spec.checks")
# As the fork server has it: nothing that starts threads, of which a fork keeps none.
_NO_THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
_FILES = 16
_ROOM = 4096
"""So many bytes of arguments may what is started show to those who look at it from outside."""
_HIGH = 256
"""No process here has as many files open when it is forked."""


class WarmProcesses:
    """Starts commands and daemons again and again. Close it when no test needs it any more; what it has started lives on."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="fdw-")
        self._path = str(Path(self._directory.name) / "socket")
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, self._path, str(writing), " " * _ROOM],
            pass_fds=[writing],
            env=os.environ | _NO_THREADS,
        )
        os.close(writing)
        with os.fdopen(reading, "rb") as ready:
            assert ready.read() == b"ready", "the command could not be imported"

    def start(self, command: Sequence[str | Path], **how: Any) -> WarmProcess:
        """Like subprocess.Popen: ``flowdeck`` with its arguments, or :data:`DAEMON` with its options."""
        return WarmProcess(self._path, command, **how)

    def run(
        self, command: Sequence[str | Path], directory: Path, environment: dict[str, str] | None = None, entered: bytes = b""
    ) -> subprocess.CompletedProcess[str]:
        """Like subprocess.run: with ``entered`` as its input and with the output as text."""
        with contextlib.ExitStack() as stack:
            given, output, errors = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
            given.write(entered)
            given.seek(0)
            process = self.start(command, cwd=directory, env=environment, stdin=given, stdout=output, stderr=errors)
            status = process.wait(PATIENCE)
            texts = []
            for file in (output, errors):
                file.seek(0)
                texts.append(file.read().decode().replace("\r\n", "\n"))
        return subprocess.CompletedProcess(list(command), status, *texts)

    @property
    def starting(self) -> SimpleNamespace:
        """What has the daemons that this process starts, as the program does that, forked there."""
        return starting_at(self._path)

    def close(self) -> None:
        """End the server; commands end by themselves."""
        self._process.kill()
        self._process.wait()
        self._directory.cleanup()


class WarmProcess(subprocess.Popen):
    """A process of the server at ``path`` in the place of one that is started; all else is as subprocess has it."""

    def __init__(self, path: str, command: Sequence[str | Path], **how: Any) -> None:
        self._path = path
        super().__init__([*map(str, command)], **how)

    def _execute_child(self, args: Any, executable: Any, preexec_fn: Any, close_fds: Any, *rest: Any) -> None:
        """Have the server fork it. ``rest`` is what Popen passes on, in its order; what is not asked for here is not told."""
        pass_fds, cwd, env, _startup, _flags, _shell, *pipes = rest[:12]
        standard = [place if file == -1 else file for place, file in enumerate((pipes[0], pipes[3], pipes[5]))]
        request = {
            "command": args,
            "directory": str(cwd or Path.cwd()),
            "environment": dict(os.environ if env is None else env),
            "session": bool(rest[-2]),
            "places": [0, 1, 2, *pass_fds],
        }
        self._server = socket.socket(socket.AF_UNIX)
        self._server.settimeout(PATIENCE)
        self._server.connect(self._path)
        body = json.dumps(request).encode()
        socket.send_fds(self._server, [len(body).to_bytes(4, "big")], [*standard, *pass_fds])
        self._server.sendall(body)
        self.pid = int.from_bytes(self._server.recv(4), "big")
        self._child_created = True
        self._close_pipe_fds(*pipes)

    def _internal_poll(self, _deadstate: int | None = None, **_: Any) -> int | None:
        return self._told(0.0)

    def _wait(self, timeout: float | None) -> int:
        if self._told(timeout) is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return self.returncode

    def _told(self, timeout: float | None) -> int | None:
        """How it has ended, or None when that is not known within so many seconds."""
        if self.returncode is None:
            self._server.settimeout(timeout)
            with contextlib.suppress(TimeoutError, BlockingIOError):
                said = self._server.recv(100)
                assert said, "nobody can tell how the process ended"
                self.returncode = json.loads(said)
                self._server.close()
        return self.returncode


def can_run(environment: dict[str, str]) -> bool:
    """Whether these variables leave Python itself alone."""
    return not any(name.startswith(_OF_PYTHON) for name in environment)


def serve(path: str, ready: int) -> None:
    """Fork a process for each connection, as long as the tests live."""
    parent = os.getppid()
    _import_everything()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(16)
        listening.settimeout(2.0)
        os.write(ready, b"ready")
        os.close(ready)
        while os.getppid() == parent:
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            if os.fork() == 0:
                listening.close()
                _answer(connection, path)
            connection.close()
            _reap()


def _import_everything() -> None:
    for name in _IMPORTED:
        importlib.import_module(name)
    for target in set(importlib.import_module("tui.cli.main").COMMANDS.values()):
        importlib.import_module(target.partition(":")[0])
    gc.collect()
    load_workers()


def _answer(connection: socket.socket, path: str) -> NoReturn:
    """Run one command in a process of its own and tell its id and how it ended."""
    head, files = _receive(connection)
    body = b""
    while len(body) < int.from_bytes(head, "big"):
        body += connection.recv(1 << 20)
    process = os.fork()
    if process == 0:
        connection.close()
        _become(json.loads(body), files, path)
    for file in files:
        os.close(file)
    connection.sendall(process.to_bytes(4, "big"))
    _, status = os.waitpid(process, 0)
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it
        connection.sendall(json.dumps(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    numbers = array.array("i")
    head, ancillary, _, _ = connection.recvmsg(4, socket.CMSG_LEN(_FILES * numbers.itemsize))
    for _level, _kind, data in ancillary:
        numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    return head, list(numbers)


def _become(request: dict, files: Sequence[int], path: str) -> NoReturn:
    if request["session"]:
        os.setsid()
    high = [fcntl.fcntl(file, fcntl.F_DUPFD, _HIGH) for file in files]
    os.closerange(3, _HIGH)
    for place, file in zip(request["places"], high, strict=True):
        os.dup2(file, place)
        os.close(file)
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    _overwrite(arguments_area(), [*map(os.fsencode, request["command"])])
    launch.subprocess = starting_at(path)
    status = _run(_work(request["command"]))
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def starting_at(path: str) -> SimpleNamespace:
    """What :mod:`runner.launch` uses of subprocess, with daemons that are forks of the server there."""
    return SimpleNamespace(Popen=partial(WarmProcess, path), DEVNULL=subprocess.DEVNULL)


def _work(command: Sequence[str]) -> Callable[[], int | None]:
    if list(command[: len(DAEMON)]) == DAEMON:
        sys.argv = ["runner.daemon", *command[len(DAEMON) :]]
        return partial(_be_daemon, command[len(DAEMON) :])
    assert Path(command[0]).name == "flowdeck", command
    sys.argv = ["flowdeck", *command[1:]]
    return importlib.import_module("tui.cli.main").main


def _be_daemon(options: Sequence[str]) -> int:
    """Its fork server is a fork too, as a command's own is."""
    early_fork.fork_early()
    try:
        return importlib.import_module("runner.daemon").main(options)
    finally:
        early_fork.dismiss()


def _run(work: Callable[[], int | None]) -> int:
    try:
        return work() or 0
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            sys.stderr.write(f"{leaving.code}\n")
            return 1
        return leaving.code or 0
    except BaseException:  # noqa: BLE001 - what the interpreter does with it
        traceback.print_exc()
        return 1


def _reap() -> None:
    """Take note of the processes that have answered."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
