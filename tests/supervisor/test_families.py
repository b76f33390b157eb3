"""What a worker's plugins start ends with the worker, however it was started and whoever dies first."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from runner.supervisor.descent import MARK, end_strays, mark_of
from runner.supervisor.fork_protocol import Forked, ForkRequest, FrameReader, Hello, WorkerEnded, decode_message, encode
from runner.supervisor.processes import ProcessIdentity, boot_id, identity_of, is_running, start_time, this_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: it adopts the descendants of its workers")

# A fork server whose workers do what a connector may: start a program in their group, one in a session of its own, and one that
# has lost its parent; then they say so and wait.
FAMILY = """
import os, socket, subprocess, sys
from runner.supervisor.zygote import Zygote, adopt_orphans

SLEEP = [sys.executable, "-c", "import time; time.sleep(120)"]

def run_worker(connection):
    plain = subprocess.Popen(SLEEP)
    apart = subprocess.Popen(SLEEP, start_new_session=True)
    middle = subprocess.run(
        [sys.executable, "-c", f"import subprocess; print(subprocess.Popen({SLEEP!r}, stdout=subprocess.DEVNULL, "
         "start_new_session=True).pid)"],
        stdout=subprocess.PIPE, text=True, check=True)
    connection.sendall(f"{plain.pid} {apart.pid} {middle.stdout}".encode())
    connection.recv(1)
    return 0

adopt_orphans()
with socket.socket(fileno=int(sys.argv[1])) as connection:
    Zygote(connection, run_worker).serve()
"""


class Family:
    """A fork server of the kind above, with our end of its socket."""

    def __init__(self, home: Path, errors: Path) -> None:
        self._errors = errors
        self._reader = FrameReader()
        self._heard: list[object] = []
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(20)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", FAMILY, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=os.environ | {MARK: mark_of(home, "first")},
                start_new_session=True,
            )
        assert isinstance(self.hear(), Hello)

    def hear(self) -> object:
        """The next thing it says."""
        while not self._heard:
            self._heard += map(decode_message, self._reader.feed(self.socket.recv(65536)))
        return self._heard.pop(0)

    def fork(self) -> tuple[int, list[int], socket.socket]:
        """A worker's process id, those of what it has started, and our end of its socket."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.socket, [encode(ForkRequest(1, str(self._errors)))], [theirs.fileno()])
        forked = self.hear()
        assert isinstance(forked, Forked)
        ours.settimeout(20)
        return forked.pid, [int(pid) for pid in ours.recv(1000).split()], ours


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    """A fork server whose workers have children."""
    found = Family(tmp_path, tmp_path / "errors")
    yield found
    found.socket.close()
    found.process.kill()
    found.process.wait()


def alive(pids: list[int]) -> list[int]:
    """Those that run."""
    return [pid for pid in pids if (started := start_time(pid)) is not None and is_running(pid, started)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_worker_takes_its_children_with_it(family, number):
    """When the worker's end is told, nothing that it had started is left: not in its group, not in a session of its own, not
    without a parent. Another worker's children live on."""
    first, children, one = family.fork()
    _, others, two = family.fork()
    with one, two:
        assert len(alive(children)) == len(alive(others)) == 3
        os.kill(first, number)
        assert family.hear() == WorkerEnded(first, -number)
        assert not alive(children)
        assert len(alive(others)) == 3
        assert not [child for child in psutil.Process(family.process.pid).children() if child.status() == "zombie"]


def test_a_fork_server_that_is_told_to_end_leaves_nothing(family):
    """End of file on its socket: workers and all that they have started are gone when it is."""
    worker, children, ours = family.fork()
    with ours:
        family.socket.close()
        assert family.process.wait(60) == 0
        assert not alive([worker, *children])


async def test_what_a_killed_fork_server_leaves_is_found_by_its_mark(family, tmp_path):
    """Its worker dies with it; the others are known by the mark that they inherited, for this home and another server only."""
    worker, children, ours = family.fork()
    with ours:
        family.process.kill()
        async with asyncio.timeout(60):
            while alive([worker]):  # noqa: ASYNC110 - the kernel tells nobody
                await asyncio.sleep(0.01)
        assert set(children[1:]) <= set(alive(children))
        assert end_strays(tmp_path / "other", None) == []
        assert end_strays(tmp_path, "first") == []
        assert set(children[1:]) <= set(end_strays(tmp_path, None))
        async with asyncio.timeout(60):
            while alive(children):  # noqa: ASYNC110 - somebody else has to wait for them
                await asyncio.sleep(0.01)


def test_a_process_is_more_than_its_number():
    """The same number with another start, or of another boot, is another process."""
    me = this_process()
    assert me == identity_of(os.getpid())
    assert me.is_alive()
    assert not ProcessIdentity(me.pid, me.started - 1, boot_id()).is_alive()
    assert not ProcessIdentity(me.pid, me.started, "another boot").is_alive()
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        started = start_time(process.pid)
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_running(process.pid, started)  # a zombie does nothing any more
