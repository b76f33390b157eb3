"""Many readers of the daemon's events at once, in threads of one selector, for as long as is asked for."""

from __future__ import annotations

import resource
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from runner.client import Client
from runner.endpoint import UnixEndpoint
from runner.event_feed import subscription
from runner.home import Home
from runner.transport import target_of

_CHUNK = 1 << 20
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Streamed:
    """What became of so many streams. ``least`` and ``most``: events that a stream brought; ``lost``: streams that the daemon
    ended. CPU in seconds for each second, memory of the daemon in bytes: before, at most, and once the streams are closed.
    ``answer``: the slowest of the small calls that were made all the while."""

    streams: int
    seconds: float
    lost: int
    least: int
    most: int
    bytes: int
    cpu: float
    cpu_before: float
    own_cpu: float
    memory_before: int
    memory_most: int
    memory_after: int
    answer: float


def stream(
    home: Home, client: Client, count: int, seconds: float, cpu: Callable[[], float], memory: Callable[[], int]
) -> Streamed:
    """Open ``count`` streams of events and changes, and read them all for so long."""
    idle_began, idle = time.perf_counter(), cpu()
    time.sleep(5)
    cpu_before = (cpu() - idle) / (time.perf_counter() - idle_began)
    memory_before = most = memory()
    _allow_files(count)
    endpoint = UnixEndpoint(home.socket_path)
    request = subscription(endpoint, target_of("events", query={"changes": True}))
    readers = [_Reader(endpoint.connect(30.0), request) for _ in range(count)]
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader.socket, selectors.EVENT_READ, reader)
        began, before, own = time.perf_counter(), cpu(), _own_cpu()
        looked, slowest = began, 0.0
        while (now := time.perf_counter()) - began < seconds:
            for key, _ in selector.select(0.1):
                if not key.data.read():
                    selector.unregister(key.fileobj)
            if now - looked >= 1:
                looked = now
                most = max(most, memory())
                asked = time.perf_counter()
                client.status()
                slowest = max(slowest, time.perf_counter() - asked)
        elapsed = time.perf_counter() - began
        spent, own_spent = (cpu() - before) / elapsed, (_own_cpu() - own) / elapsed
    for reader in readers:
        reader.socket.close()
    time.sleep(3)
    events = [reader.events for reader in readers]
    return Streamed(
        streams=count,
        seconds=elapsed,
        lost=sum(reader.ended for reader in readers),
        least=min(events),
        most=max(events),
        bytes=sum(reader.bytes for reader in readers),
        cpu=spent,
        cpu_before=cpu_before,
        own_cpu=own_spent,
        memory_before=memory_before,
        memory_most=most,
        memory_after=memory(),
        answer=slowest,
    )


class _Reader:
    """One stream."""

    def __init__(self, connection: socket.socket, request: bytes) -> None:
        self.socket = connection
        self.events = 0
        self.bytes = 0
        self.ended = False
        self._received = b""
        connection.sendall(request)
        while b": open\n\n" not in self._received:  # one after the other: the socket's queue is no part of this
            if not (data := connection.recv(_CHUNK)):
                raise ConnectionResetError("the daemon closed an event stream at once")
            self._received += data
        connection.setblocking(False)

    def read(self) -> bool:
        """Take what has come; False when the stream has ended."""
        data = self.socket.recv(_CHUNK)
        self.bytes += len(data)
        self.events += data.count(b"\nevent: ") + data.startswith(b"event: ")
        self.ended = not data
        return bool(data)


def _allow_files(count: int) -> None:
    """The limit of open files is often 1024, and the daemon has its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * count + 100:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * count + 100), hard))


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
