"""What the daemon sends as it happens (events, lines of logs) as a blocking iterator for a thread of its own."""

from __future__ import annotations

import contextlib
import email.parser
import socket
import time
from abc import abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from runner.endpoint import Endpoint, unreachable
from runner.model import Event, LogLine
from runner.struct_types import learnt
from runner.transport import ApiError, Query, problem_of, target_of
from runner.waiting import concerns

MAXIMUM_BUFFER = 16 * 1024 * 1024


T = TypeVar("T")


class Feed(Iterator[T]):
    """One stream of server-sent blocks.

    The stream is subscribed when the constructor returns: what happens later is not missed. Iterating ends when the feed is
    closed (by any thread), when the daemon goes, or when nothing at all (the daemon says something every ten seconds)
    arrived for ``timeout`` seconds.
    """

    def __init__(self, endpoint: Endpoint, target: str, *, timeout: float) -> None:
        self._timeout = timeout
        self._buffer = b""
        self._ended = False
        try:
            self._socket = endpoint.connect(timeout)
        except OSError as error:
            raise unreachable(endpoint, error, timeout) from error
        try:
            self._begin(endpoint, target)
        except OSError as error:
            self._socket.close()
            raise unreachable(endpoint, error, timeout) from error
        except BaseException:
            self._socket.close()
            raise

    @property
    def ended(self) -> bool:
        """True when nothing more will come."""
        return self._ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    @abstractmethod
    def parse(self, block: bytes) -> T | None:
        """What one block holds; None when it is only a comment."""

    def __next__(self) -> T:
        event = self._next(self._timeout, whole=False)
        if event is None:
            self.close()
            raise StopIteration
        return event

    def next_within(self, timeout: float) -> T | None:
        """The next of them, or None when none came within ``timeout`` seconds or the feed has ended."""
        return self._next(timeout, whole=True)

    def close(self) -> None:
        """End the feed; a thread that waits for an event wakes up."""
        self._ended = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _begin(self, endpoint: Endpoint, target: str) -> None:
        self._socket.sendall(subscription(endpoint, target))
        head = self._block(b"\r\n\r\n", time.monotonic() + self._timeout)
        if head is None:
            raise ConnectionResetError("it closed the event stream at once") if self._ended else TimeoutError
        if (status := status_of(head)) != 200:
            raise ApiError(problem_of(status, self._rest(content_length_of(head))))
        if self._block(b"\n\n", time.monotonic() + self._timeout) is None:  # ": open" - subscribed
            raise ConnectionResetError("it closed the event stream at once") if self._ended else TimeoutError

    def _next(self, timeout: float, *, whole: bool) -> T | None:
        deadline = time.monotonic() + timeout
        while (block := self._block(b"\n\n", deadline)) is not None:
            event = self.parse(block)
            if event is not None:
                return event
            if not whole:
                deadline = time.monotonic() + timeout
        return None

    def _block(self, separator: bytes, deadline: float) -> bytes | None:
        while separator not in self._buffer:
            if not self._receive(deadline):
                return None
        block, self._buffer = self._buffer.split(separator, 1)
        return block

    def _receive(self, deadline: float) -> bool:
        remaining = deadline - time.monotonic()
        if self._ended or remaining <= 0:
            return False
        try:
            self._socket.settimeout(remaining)
            data = self._socket.recv(65536)
        except TimeoutError:
            return False
        except OSError:  # the daemon went, or close() was called: both end the feed
            data = b""
        self._ended = self._ended or not data or len(self._buffer) > MAXIMUM_BUFFER
        self._buffer += data
        return bool(data)

    def _rest(self, length: int) -> bytes:
        deadline = time.monotonic() + self._timeout
        while len(self._buffer) < length and self._receive(deadline):
            pass
        return self._buffer


class EventFeed(Feed[Event]):
    """Events after revision ``since`` (None: from now on), in order. With ``snapshot`` the present state of all jobs comes
    first, as events of the kind ``snapshot``, and then also what changes of them (kind ``job.changed``)."""

    def __init__(
        self,
        endpoint: Endpoint,
        since: int | None,
        *,
        timeout: float,
        job: str | None = None,
        kinds: tuple[str, ...] = (),
        snapshot: bool = False,
    ) -> None:
        super().__init__(endpoint, event_stream_of(since, job=job, kinds=kinds, snapshot=snapshot), timeout=timeout)

    def parse(self, block: bytes) -> Event | None:
        """The event of one block."""
        return parse_event(block)

    def wait_for(self, job_id: str, timeout: float) -> None:
        """Return as soon as something happened that may concern the job, or nothing did within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while (remaining := deadline - time.monotonic()) > 0 and not self.ended:
            if concerns(self.next_within(remaining), job_id):
                return


class LogFeed(Feed[LogLine]):
    """Lines of one execution's log, until it is over: then ``state`` says how it ended. Without that, the daemon has gone."""

    state: str = ""

    def parse(self, block: bytes) -> LogLine | None:
        """The line of one block."""
        line, state = parse_log(block)
        if state:
            self.state = state
            self.close()
        return line


def event_stream_of(since: int | None, *, job: str | None = None, kinds: tuple[str, ...] = (), snapshot: bool = False) -> str:
    """Where events come: those after the revision ``since``, of one job, of some kinds, after a snapshot."""
    query: Query = {"since": since, "job": job, "kind": kinds, "snapshot": snapshot or None}
    return target_of("events", query=query)


def log_stream_of(reference: str, after: int | None, limit: int, level: str | None, contains: str | None) -> str:
    """Where the lines of a job's log come as they are written."""
    query: Query = {"after": after, "limit": limit, "level": level, "contains": contains}
    return target_of("jobs", reference, "logs", "follow", query=query)


def subscription(endpoint: Endpoint, target: str) -> bytes:
    """The request for a stream. HTTP/1.0 keeps its body free of chunk headers: a read that times out can be repeated."""
    headers = (("Host", endpoint.host), ("Accept", "text/event-stream"), *endpoint.headers)
    lines = [f"GET {target} HTTP/1.0", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode()


def parse_event(block: bytes) -> Event | None:
    """The event of one server-sent block, or None for a comment."""
    data = _data_of(block)
    return msgspec.json.decode(data, type=learnt(Event)) if data else None


def _data_of(block: bytes) -> bytes:
    return b"\n".join(line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:"))


def parse_log(block: bytes) -> tuple[LogLine | None, str]:
    """The line of one server-sent block, or the state of the execution when the block says that it is over."""
    if b"event: end" in block.split(b"\n"):
        return None, str(msgspec.json.decode(_data_of(block)).get("state") or "over")
    data = _data_of(block)
    return (msgspec.json.decode(data, type=learnt(LogLine)) if data else None), ""


def status_of(head: bytes) -> int:
    """The status of an answer by its head."""
    return int(head.split(b" ", 2)[1])


def content_length_of(head: bytes) -> int:
    """How long the body is after this head."""
    headers = email.parser.BytesHeaderParser().parsebytes(head.split(b"\r\n", 1)[-1])
    return int(headers.get("content-length", "0"))
