"""Fork servers for supervisors in a test's own process: forked, as ``flowdeck run`` forks its own from itself, from one process
that has imported what workers need, so that a test pays for what its supervisor does and not for importing libraries.

``python -P forked_servers.py DESCRIPTOR`` is that process; the class is for the tests. What a supervisor starts when its fork
server has died, and what a daemon starts, is started from scratch.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from typing import NoReturn

from runner.supervisor import early_fork
from runner.supervisor.early_fork import EarlyServer

PATIENCE = 60.0


class ForkedServer(EarlyServer):
    """A fork server that is somebody else's child: it has ended once it is waited for there."""

    def _has_ended(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it may end, and be waited for, at any moment
            os.kill(self.pid, number)


class ForkedServers:
    """Has a fork server ready for the next supervisor. Close it when no test needs one any more."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._control.settimeout(PATIENCE)
        with theirs:
            command = [sys.executable, "-P", __file__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)

    def have_one_ready(self) -> None:
        """Fork one, unless one waits that nobody has taken; the next supervisor that opens takes it."""
        if early_fork._waiting:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"."], [theirs.fileno()])
        early_fork._waiting.append(ForkedServer(int(self._control.recv(32)), ours))

    def close(self) -> None:
        """End the process."""
        self._control.close()
        self._process.wait(PATIENCE)


def serve(control: socket.socket) -> None:
    """Fork a process for each descriptor, until the tests end."""
    from runner.supervisor.zygote import load_workers

    load_workers()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel takes them away: nobody asks how they ended
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not data:
            return
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            become_server(control, descriptors[0], parent)
        os.close(descriptors[0])
        control.sendall(str(pid).encode())


def become_server(control: socket.socket, descriptor: int, parent: int) -> NoReturn:
    """In the child: what a command does that forks its fork server from itself."""
    try:
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        from runner.supervisor.early_zygote import wait_and_serve

        wait_and_serve(socket.socket(fileno=descriptor), parent)
    finally:
        os._exit(1)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
