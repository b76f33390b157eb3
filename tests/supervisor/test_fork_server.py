"""The fork server: workers as children of a clean process, and the news of how they end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from runner.supervisor.fork_protocol import FrameReader, Hello, encode
from runner.supervisor.fork_server import ForkServer, ForkServerError, WorkerProcess
from runner.supervisor.processes import start_time


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ForkServer]:
    """A fork server that is closed at the end, leaving no process."""
    others = set(psutil.Process().children(recursive=True))  # of other tests' fixtures that live longer
    found = ForkServer(tmp_path / "log")
    yield found
    await found.close()
    assert set(psutil.Process().children(recursive=True)) <= others


async def fork(server: ForkServer, directory: Path) -> tuple[WorkerProcess, socket.socket]:
    """A worker that waits for its first message, and our end of its socket."""
    ours, theirs = socket.socketpair()
    return await server.fork(theirs, directory / "errors"), ours


def descriptors(pid: int) -> list[str]:
    """What the open descriptors of a process lead to, by number."""
    found = sorted(Path(f"/proc/{pid}/fd").iterdir(), key=lambda path: int(path.name))
    return [str(path.readlink()) for path in found]


async def exit_code(worker: WorkerProcess) -> int | None:
    """How the worker ended."""
    async with asyncio.timeout(60):
        return await worker.ended


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_workers_are_clean_leaders_of_their_own_group(server, tmp_path):
    """A worker has its own session, one thread to start with, its errors file, its socket and no other descriptor of ours."""
    worker, ours = await fork(server, tmp_path)
    with ours:
        process = psutil.Process(worker.pid)
        assert process.ppid() == server.pid
        assert worker.started == start_time(worker.pid)
        async with asyncio.timeout(60):
            while len(links := descriptors(worker.pid)) != 4:  # noqa: ASYNC110 - its first act is to close what it inherited
                await asyncio.sleep(0.01)
        assert os.getsid(worker.pid) == os.getpgid(worker.pid) == worker.pid
        assert links[:3] == [os.devnull, str(tmp_path / "errors"), str(tmp_path / "errors")]
        assert links[3].startswith("socket:")
        assert psutil.Process(server.pid).num_threads() == 1
    # End of file before Start: the worker knows that it was abandoned.
    assert await exit_code(worker) == 3


async def test_the_end_of_a_worker_is_told(server, tmp_path):
    """A signal is reported as its negative number; signalling a worker that is gone does nothing."""
    (first, one), (second, two) = await fork(server, tmp_path), await fork(server, tmp_path)
    with one, two:
        first.send_signal(signal.SIGKILL)
        second.send_signal(signal.SIGTERM)
        assert [await exit_code(first), await exit_code(second)] == [-9, -15]
        first.send_signal(signal.SIGKILL)


async def test_dead_fork_server_is_replaced(server, tmp_path):
    """When the fork server is killed its workers end with it, and the next request starts another one."""
    worker, ours = await fork(server, tmp_path)
    with ours:
        former = server.pid
        os.kill(former, signal.SIGKILL)
        assert await exit_code(worker) is None
    again, ours = await fork(server, tmp_path)
    with ours:
        assert server.pid not in {None, former}
        async with asyncio.timeout(60):
            while psutil.pid_exists(worker.pid):  # noqa: ASYNC110 - another process tells nobody here
                await asyncio.sleep(0.01)
    assert await exit_code(again) == 3


async def test_many_requests_at_once(server, tmp_path):
    """Requests in parallel each get their own worker."""
    found = await asyncio.gather(*(fork(server, tmp_path) for _ in range(12)))
    with contextlib.ExitStack() as stack:
        for _, ours in found:
            stack.enter_context(ours)
        assert len({worker.pid for worker, _ in found}) == 12
    assert [await exit_code(worker) for worker, _ in found] == [3] * 12


async def test_closing_ends_every_worker(tmp_path):
    """No worker outlives the fork server's end, and nothing can be forked afterwards."""
    server = ForkServer(tmp_path / "log")
    worker, ours = await fork(server, tmp_path)
    with ours:
        await server.close()
        async with asyncio.timeout(60):
            while psutil.pid_exists(worker.pid):  # noqa: ASYNC110 - another process tells nobody here
                await asyncio.sleep(0.01)
        await server.close()
        theirs = socket.socket()
        with pytest.raises(ForkServerError):
            await server.fork(theirs, tmp_path / "errors")
        assert theirs.fileno() == -1


async def test_unusable_interpreter_is_reported(tmp_path, monkeypatch):
    """A fork server that cannot start is an error with the place of its log, and leaves no process."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    others = set(psutil.Process().children(recursive=True))
    server = ForkServer(tmp_path / "log")
    with pytest.raises(ForkServerError) as refused:
        await server.start()
    assert str(tmp_path / "log") in refused.value.hint
    await server.close()
    assert set(psutil.Process().children(recursive=True)) <= others


def test_frames_are_cut_wherever_the_bytes_are():
    """Messages survive any fragmentation; a length that no message has is refused."""
    stream = encode(Hello(1, {})) + encode(Hello(2, {"a": 1}))
    for size in (1, 3, 7, len(stream)):
        reader = FrameReader()
        bodies = [body for at in range(0, len(stream), size) for body in reader.feed(stream[at : at + size])]
        assert b"".join(len(body).to_bytes(4, "big") + body for body in bodies) == stream
    with pytest.raises(ValueError):
        list(FrameReader().feed(b"\xff\xff\xff\xff"))
