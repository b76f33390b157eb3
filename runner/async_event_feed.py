"""What the daemon sends as it happens (events, lines of logs), in an event loop."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self, TypeVar

from runner.async_connection import open_streams
from runner.endpoint import Endpoint, unreachable
from runner.event_feed import MAXIMUM_BUFFER, content_length_of, parse_event, parse_log, status_of, subscription
from runner.model import Event, LogLine
from runner.transport import ApiError, problem_of
from runner.waiting import concerns

T = TypeVar("T")


class AsyncFeed(AsyncIterator[T]):
    """One stream of server-sent blocks, in order: ``async with client.events(None) as feed: async for event in feed: ...``.

    It is subscribed when the context is entered: what happens later is not missed. Iterating ends when the feed is closed, when
    the daemon goes, or when nothing at all (the daemon says something every ten seconds) arrived for ``timeout`` seconds.
    """

    def __init__(self, endpoint: Endpoint, target: str, *, timeout: float) -> None:
        self._endpoint = endpoint
        self._target = target
        self._timeout = timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def ended(self) -> bool:
        """True when nothing more will come."""
        return self._streams is None

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(self._timeout):
                self._streams = await open_streams(self._endpoint, limit=MAXIMUM_BUFFER)
                await self._begin(*self._streams)
        except (OSError, EOFError) as error:
            self.close()
            broken = error if isinstance(error, OSError) else ConnectionResetError("it closed the event stream at once")
            raise unreachable(self._endpoint, broken, self._timeout) from error
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    @abstractmethod
    def parse(self, block: bytes) -> T | None:
        """What one block holds; None when it is only a comment."""

    async def __anext__(self) -> T:
        while (block := await self._block(self._timeout)) is not None:
            if (event := self.parse(block)) is not None:
                return event
        self.close()
        raise StopAsyncIteration

    async def next_within(self, timeout: float) -> T | None:
        """The next of them, or None when none came within ``timeout`` seconds or the feed has ended."""
        deadline = time.monotonic() + timeout
        while (block := await self._block(deadline - time.monotonic())) is not None:
            if (event := self.parse(block)) is not None:
                return event
        return None

    def close(self) -> None:
        """End the feed."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(subscription(self._endpoint, self._target))
        head = await reader.readuntil(b"\r\n\r\n")
        if (status := status_of(head)) != 200:
            raise ApiError(problem_of(status, await reader.readexactly(content_length_of(head))))
        await reader.readuntil(b"\n\n")  # ": open" - subscribed

    async def _block(self, timeout: float) -> bytes | None:
        """One server-sent block; None when there is none in time. What has arrived of a block by then stays to be read."""
        if self._streams is None or timeout <= 0:
            return None
        try:
            async with asyncio.timeout(timeout):
                return await self._streams[0].readuntil(b"\n\n")
        except TimeoutError:
            return None
        except (OSError, EOFError, asyncio.LimitOverrunError):
            self.close()
            return None


class AsyncEventFeed(AsyncFeed[Event]):
    """Events, in order."""

    def parse(self, block: bytes) -> Event | None:
        """The event of one block."""
        return parse_event(block)

    async def wait_for(self, job_id: str, timeout: float) -> None:
        """Return as soon as something happened that may concern the job, or nothing did within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while (remaining := deadline - time.monotonic()) > 0 and not self.ended:
            if concerns(await self.next_within(remaining), job_id):
                return


class AsyncLogFeed(AsyncFeed[LogLine]):
    """Lines of one execution's log, until it is over: then ``state`` says how it ended. Without that, the daemon has gone."""

    state: str = ""

    def parse(self, block: bytes) -> LogLine | None:
        """The line of one block."""
        line, state = parse_log(block)
        if state:
            self.state = state
            self.close()
        return line
