"""The command `flowdeck` from a process that has its modules imported already: each call is a fork of that process, so that a
test pays for what the command does and not for starting Python. Real processes, real exit codes, real output.

``python -P warm_command.py SOCKET`` serves; the class is for the tests.
"""

from __future__ import annotations

import atexit
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
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

PATIENCE = 90.0
# Those read by Python itself when it starts: with one of them a command is started from scratch.
_OF_PYTHON = ("PYTHON", "LC_", "LANG")
_IMPORTED = ("tui.cli.main", "runner.client", "runner.daemon", "runner.launch", "spec.checks")
# As the fork server has it: nothing that starts threads, of which a fork keeps none.
_NO_THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}


class WarmCommand:
    """Runs the command again and again. Close it when no test needs it any more."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="fdw-")
        self._path = str(Path(self._directory.name) / "socket")
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, self._path, str(writing)], pass_fds=[writing], env=os.environ | _NO_THREADS
        )
        os.close(writing)
        with os.fdopen(reading, "rb") as ready:
            assert ready.read() == b"ready", "the command could not be imported"

    def run(self, arguments: Sequence[str], directory: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Like subprocess.run: without input, with the output as text."""
        request = {"arguments": [*map(str, arguments)], "directory": str(directory), "environment": environment}
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, socket.socket(socket.AF_UNIX) as server:
            server.settimeout(PATIENCE)
            server.connect(self._path)
            body = json.dumps(request).encode()
            socket.send_fds(server, [len(body).to_bytes(4, "big")], [output.fileno(), errors.fileno()])
            server.sendall(body)
            status = json.loads(server.recv(100))
            texts = []
            for file in (output, errors):
                file.seek(0)
                texts.append(file.read().decode().replace("\r\n", "\n"))
        return subprocess.CompletedProcess(list(arguments), status, *texts)

    def close(self) -> None:
        """End the server; commands end by themselves."""
        self._process.kill()
        self._process.wait()
        self._directory.cleanup()


def can_run(environment: dict[str, str]) -> bool:
    """Whether these variables leave Python itself alone."""
    return not any(name.startswith(_OF_PYTHON) for name in environment)


def serve(path: str, ready: int) -> None:
    """Fork a process for each connection, as long as the tests live."""
    parent = os.getppid()
    for name in _IMPORTED:
        importlib.import_module(name)
    commands = importlib.import_module("tui.cli.main")
    for target in set(commands.COMMANDS.values()):
        importlib.import_module(target.partition(":")[0])
    gc.collect()
    gc.freeze()
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
                _answer(connection)
            connection.close()
            _reap()


def _answer(connection: socket.socket) -> NoReturn:
    """Run one command in a process of its own and tell how it ended."""
    head, files, _, _ = socket.recv_fds(connection, 4, 2)
    body = b""
    while len(body) < int.from_bytes(head, "big"):
        body += connection.recv(1 << 20)
    process = os.fork()
    if process == 0:
        connection.close()
        _become_command(json.loads(body), files)
    for file in files:
        os.close(file)
    _, status = os.waitpid(process, 0)
    connection.sendall(json.dumps(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become_command(request: dict, files: Sequence[int]) -> NoReturn:
    for descriptor, file in zip((0, 1, 2), (os.open(os.devnull, os.O_RDONLY), *files), strict=True):
        os.dup2(file, descriptor)
    os.closerange(3, 256)
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["flowdeck", *request["arguments"]]
    status = _run()
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _run() -> int:
    try:
        return importlib.import_module("tui.cli.main").main() or 0
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
