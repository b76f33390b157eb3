"""Forks workers for tests: a process that has imported the data plane and opened no database, as the real zygote does.

Run as a script with a connected unix socket as standard input. ``fork`` with a file descriptor answers ``pid``; ``wait <pid>``
answers the exit status (negative: the signal).
"""

from __future__ import annotations

import os
import socket

from runner.worker.main import run_worker


def main() -> None:
    """Serve until the other end closes."""
    control = socket.socket(fileno=0)
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        if not data:
            return
        command, _, argument = data.decode().partition(" ")
        control.sendall(str(_fork(descriptors[0], control) if command == "fork" else _wait(int(argument))).encode())


def _fork(descriptor: int, control: socket.socket) -> int:
    pid = os.fork()
    if pid == 0:
        control.close()
        status = 70
        try:
            status = run_worker(socket.socket(fileno=descriptor))
        finally:
            os._exit(status)
    os.close(descriptor)
    return pid


def _wait(pid: int) -> int:
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
