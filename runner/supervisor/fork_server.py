"""The daemon's handle on its fork server: starts it, asks it for workers, learns how they end, replaces it when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from runner.supervisor.descent import MARK, end_strays, mark_of
from runner.supervisor.early_fork import EarlyServer, claim
from runner.supervisor.fork_protocol import (
    Forked,
    ForkFailed,
    ForkRequest,
    FrameReader,
    Hello,
    WorkerEnded,
    ZygoteMessage,
    decode_message,
    encode,
)
from runner.supervisor.processes import is_running, signal_group, start_time
from runner.supervisor.sandbox import worker_environment
from spec.errors import FlowdeckError

T = TypeVar("T")

START_TIMEOUT = 30.0
FORK_TIMEOUT = 10.0
STOP_TIMEOUT = 5.0


class ForkServerError(FlowdeckError):
    """No worker could be started."""

    code = "fork-server"


@dataclass(slots=True, eq=False)
class WorkerProcess:
    """A forked worker, leader of its own process group. ``started`` is its start time, see
    :func:`~runner.supervisor.processes.start_time`.

    ``ended`` resolves to its exit code (minus a signal's number), or to None when the fork server died before it could tell.
    """

    pid: int
    started: float
    ended: asyncio.Future[int | None] = field(repr=False)

    def is_alive(self) -> bool:
        """Whether the process is there, whoever could tell of its end. A zombie is not."""
        return not (self.ended.done() and self.ended.result() is not None) and is_running(self.pid, self.started)

    def send_signal(self, number: int) -> None:
        """Signal the whole process group; nothing happens when the worker is gone."""
        if not self.ended.done() and start_time(self.pid) == self.started:
            signal_group(self.pid, number)


class ForkServer:
    """Forks workers. ``log`` takes what the fork server itself prints. Use it from one event loop, in the main thread: the
    kernel ties the fork server's life to the thread that starts it.

    All that its workers start bears the mark of ``home`` and is ended with it, so give a home to one fork server at a time.
    """

    def __init__(self, log: Path, home: Path | None = None) -> None:
        self._log = log
        self._home = home or log.parent
        self._requests = itertools.count(1)
        self._starting = asyncio.Lock()
        self._zygote: _ZygoteConnection | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The fork server's process id while it runs."""
        return self._zygote.process.pid if self._zygote is not None and self._zygote.alive else None

    async def start(self) -> None:
        """Have a fork server that answers. Raises :class:`ForkServerError`."""
        await self._running()

    async def sink_limits(self) -> Mapping[str, int]:
        """How many workers may write to a sink at once, by plugin name. Raises :class:`ForkServerError`."""
        return (await self._running()).sink_limits

    async def fork(self, connection: socket.socket, errors_file: Path) -> WorkerProcess:
        """Start a worker at ``connection``, which is closed here. Raises :class:`ForkServerError`."""
        with connection:
            zygote = await self._running()
            return await zygote.fork(ForkRequest(next(self._requests), str(errors_file)), connection)

    async def close(self) -> None:
        """End the fork server, and with it every worker."""
        self._closed = True
        async with self._starting:
            if self._zygote is not None:
                await self._close_zygote(self._zygote)

    async def end_strays(self) -> list[int]:
        """Kill what descends from the workers of former fork servers of the home; their process ids."""
        async with self._starting:
            current = self._zygote.name if self._zygote is not None and self._zygote.alive else None
            return await asyncio.to_thread(end_strays, self._home, current)

    async def _running(self) -> _ZygoteConnection:
        async with self._starting:
            if self._closed:
                raise ForkServerError("the fork server is closed")
            if self._zygote is None or not self._zygote.alive:
                if self._zygote is not None:
                    await self._close_zygote(self._zygote)
                self._zygote = await _ZygoteConnection.start(self._log, self._home)
            return self._zygote

    async def _close_zygote(self, zygote: _ZygoteConnection) -> None:
        await zygote.close()
        await asyncio.to_thread(end_strays, self._home, None)


class _ZygoteConnection:
    """One fork-server process."""

    def __init__(self, process: subprocess.Popen[bytes] | EarlyServer, connection: socket.socket, name: str) -> None:
        self.process = process
        self.name = name
        self.alive = True
        self.sink_limits: Mapping[str, int] = {}
        self._connection = connection
        self._reader = FrameReader()
        self._loop = asyncio.get_running_loop()
        self._sending = asyncio.Lock()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[WorkerProcess]] = {}
        self._workers: dict[int, WorkerProcess] = {}
        self._loop.add_reader(connection, self._receive)

    @classmethod
    async def start(cls, log: Path, home: Path) -> _ZygoteConnection:
        name = secrets.token_hex(8)
        environment = {MARK: mark_of(home, name)} | worker_environment(os.environ)
        process, ours = _forked_before(log, home, environment) or _started(log, home, environment)
        ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
        connection = cls(process, ours, name)
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await connection._ready
        except (TimeoutError, ForkServerError) as error:
            await connection.close()
            raise ForkServerError("the fork server does not start", hint=f"see {log}") from error
        except BaseException:
            await connection.close()
            raise
        return connection

    async def fork(self, request: ForkRequest, connection: socket.socket) -> WorkerProcess:
        answer: asyncio.Future[WorkerProcess] = self._loop.create_future()
        self._answers[request.request] = answer
        try:
            async with asyncio.timeout(FORK_TIMEOUT):
                await self._send(encode(request), connection)
                return await answer
        except TimeoutError:
            self._fail("it does not answer")
            raise ForkServerError("the fork server does not answer") from None
        except OSError as error:
            raise ForkServerError(f"the fork server cannot be reached: {error}") from error
        finally:
            self._answers.pop(request.request, None)

    async def _send(self, frame: bytes, connection: socket.socket) -> None:
        async with self._sending:
            while True:
                try:
                    sent = socket.send_fds(self._connection, [frame], [connection.fileno()])
                except BlockingIOError:
                    await self._writable()
                else:
                    break
            if sent < len(frame):
                await self._loop.sock_sendall(self._connection, frame[sent:])

    async def _writable(self) -> None:
        ready = self._loop.create_future()
        self._loop.add_writer(self._connection, ready.set_result, None)
        try:
            await ready
        finally:
            self._loop.remove_writer(self._connection)

    def _receive(self) -> None:
        try:
            data = self._connection.recv(65536)
            for body in self._reader.feed(data):
                self._hear(decode_message(body))
        except BlockingIOError:
            return
        except (OSError, ValueError) as error:
            self._fail(str(error))
            return
        if not data:
            self._fail("it died")

    def _hear(self, message: ZygoteMessage) -> None:
        match message:
            case Hello():
                self.sink_limits = message.sink_limits
                _resolve(self._ready, None)
            case Forked():
                self._forked(message)
            case ForkFailed():
                _reject(self._answers.get(message.request), f"the system does not allow another process: {message.message}")
            case WorkerEnded():
                self._ended(message)

    def _forked(self, message: Forked) -> None:
        worker = WorkerProcess(message.pid, start_time(message.pid) or 0.0, self._loop.create_future())
        self._workers[message.pid] = worker
        if message.request in self._answers:
            _resolve(self._answers[message.request], worker)
        else:  # the caller has given up
            worker.send_signal(signal.SIGKILL)

    def _ended(self, message: WorkerEnded) -> None:
        worker = self._workers.pop(message.pid, None)
        if worker is not None:
            _resolve(worker.ended, message.exit_code)

    def _fail(self, reason: str) -> None:
        """The fork server is no more: so are, or will be at once, all its workers."""
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._connection)
        self._connection.close()
        _reject(self._ready, f"the fork server failed: {reason}")
        for answer in self._answers.values():
            _reject(answer, f"the fork server failed: {reason}")
        for worker in self._workers.values():
            if start_time(worker.pid) == worker.started:
                signal_group(worker.pid, signal.SIGKILL)
            _resolve(worker.ended, None)
        self._workers.clear()

    async def close(self) -> None:
        self._fail("it was closed")
        if not self._ready.cancelled():
            self._ready.exception()  # looked at, so that asyncio does not complain
        self.process.terminate()  # in the middle of its imports it would not notice that nobody listens any more
        try:
            await asyncio.to_thread(self.process.wait, STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)


def _forked_before(log: Path, home: Path, environment: dict[str, str]) -> tuple[EarlyServer, socket.socket] | None:
    """The process that this one forked when it began, if it has, and if that can be told from others by its mark."""
    process = claim()
    if process is None:
        return None
    if process.has_room(f"{MARK}={environment[MARK]}"):
        with contextlib.suppress(OSError):
            process.begin(home, log, environment)
            return process, process.connection
    process.connection.close()
    process.kill()
    process.wait()
    return None


def _started(log: Path, home: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs, log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - fixed argument list
            [sys.executable, "-P", "-m", "runner.supervisor.zygote", str(theirs.fileno()), str(os.getpid())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=home,
            start_new_session=True,
        )
    return process, ours


def _resolve(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


def _reject(future: asyncio.Future[T] | None, message: str) -> None:
    if future is not None and not future.done():
        future.set_exception(ForkServerError(message))
