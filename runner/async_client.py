"""The client for programs with an event loop: the verbs of :class:`runner.client.Client`, each to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from runner.async_connection import AsyncConnection
from runner.async_event_feed import AsyncEventFeed, AsyncLogFeed
from runner.connection import Answer
from runner.endpoint import DaemonUnreachable, Endpoint, UnixEndpoint, unreachable
from runner.event_feed import event_stream_of, log_stream_of
from runner.home import Home
from runner.launch import start_daemon
from runner.model import Job
from runner.repetition import Repetition
from runner.transport import ApiError, encode_body, problem_of
from runner.verbs import Verbs
from runner.verbs.call import Call
from runner.verbs.verb import Awaited
from runner.verbs.views import AsyncBackground, AsyncByExecution, AsyncDryRun
from runner.waiting import Waiting

T = TypeVar("T")

_CONNECTIONS = 16
"""So many calls go on at the same time; others wait for their turn."""


class AsyncClient(Verbs, Awaited):
    """The daemon of one home (None: FLOWDECK_HOME, or the user's own), or the one that listens at ``server``. One client
    belongs to one event loop, in which any number of tasks may use it at the same time.

    Every verb raises :class:`ApiError` when the daemon refuses and :class:`DaemonUnreachable` when nobody answers within
    ``timeout`` seconds. A call whose answer is lost is made again: see :class:`runner.repetition.Repetition`.
    """

    def __init__(self, home: Home | None = None, *, timeout: float = 10.0, server: Endpoint | None = None) -> None:
        self.home = home or Home()
        self._endpoint = server or UnixEndpoint(self.home.socket_path)
        self.timeout = timeout
        self._idle: list[AsyncConnection] = []
        self._places = asyncio.Semaphore(_CONNECTIONS)

    @classmethod
    async def connect(
        cls, home: Home | None = None, *, start: bool = True, timeout: float = 10.0, server: Endpoint | None = None
    ) -> Self:
        """A client whose daemon has answered; with ``start`` the home's own is started first when nobody does."""
        client = cls(home, timeout=timeout, server=server)
        try:
            await client.status()
        except DaemonUnreachable:
            if not start or server is not None:
                raise
            await asyncio.to_thread(start_daemon, client.home)
            await client.status()
        return client

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._endpoint.url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that nobody uses; the client opens others when it is used again."""
        while self._idle:
            self._idle.pop().close()

    @property
    def dry_run(self) -> AsyncDryRun:
        """The commands, each of which returns what it would keep and lose; nothing is done."""
        return AsyncDryRun(self.perform)

    @property
    def background(self) -> AsyncBackground:
        """The commands, each of which returns the operation that it begins, at once."""
        return AsyncBackground(self.perform)

    @property
    def by_execution(self) -> AsyncByExecution:
        """The commands to a job that is named by its newest execution."""
        return AsyncByExecution(self)

    def events(
        self,
        since: int | None,
        timeout: float = 30.0,
        *,
        job: str | None = None,
        kinds: tuple[str, ...] = (),
        snapshot: bool = False,
    ) -> AsyncEventFeed:
        """Events after revision ``since`` (None: from now on), of one job, of some kinds, with ``snapshot`` the present state
        first; see :class:`AsyncEventFeed`."""
        target = event_stream_of(since, job=job, kinds=kinds, snapshot=snapshot)
        return AsyncEventFeed(self._endpoint, target, timeout=timeout)

    def follow_logs(
        self,
        reference: str,
        *,
        after: int | None = None,
        limit: int = 100,
        level: str | None = None,
        contains: str | None = None,
    ) -> AsyncLogFeed:
        """The last ``limit`` lines of the job's newest execution, or those after the offset ``after``, then each as it is
        written, until the execution is over."""
        return AsyncLogFeed(self._endpoint, log_stream_of(reference, after, limit, level, contains), timeout=30.0)

    async def wait_until(self, reference: str, predicate: Callable[[Job], bool], timeout: float) -> Job:
        """Return the job as soon as ``predicate`` holds. Raises :class:`WaitTimeout` after ``timeout`` seconds."""
        waiting = Waiting(predicate, timeout)
        async with self.events(None) as feed:
            while not waiting.is_over(job := await self.job(reference), ended=feed.ended):
                await feed.wait_for(job.id, waiting.step)
        return job

    async def perform(self, call: Call[T]) -> T:
        """Make the call and return what is answered."""
        seconds = self.timeout if call.seconds is None else call.seconds
        body = None if call.body is None else encode_body(call.body)
        repetition = Repetition(call)
        while True:
            try:
                async with self._places, asyncio.timeout(seconds):
                    answer = await self._exchange(call, body, repetition)
                pause = repetition.after_answer(answer.status, answer.headers)
                if pause is None:
                    break
            except OSError as error:
                pause = repetition.after(error)
                if pause is None:
                    raise repetition.given_up(unreachable(self._endpoint, error, seconds)) from error
            await asyncio.sleep(pause)
        if answer.status >= 300 and answer.status not in call.accepted:
            raise ApiError(problem_of(answer.status, answer.body))
        return call.read(answer.body)

    async def _exchange(self, call: Call[Any], body: bytes | None, repetition: Repetition) -> Answer:
        connection = await self._connection(fresh=call.has_secret_answer)
        try:
            answer = await connection.exchange(call.method, call.target, (*call.headers, *repetition.headers), body)
        except BaseException:  # also when the task is canceled: what is left of the answer must not be taken for the next one
            connection.close()
            raise
        if connection.is_reusable:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    async def _connection(self, *, fresh: bool) -> AsyncConnection:
        # The daemon may have closed an idle connection, and what it cannot know again must not be sent twice.
        while self._idle:
            if (connection := self._idle.pop()).is_reusable and not fresh:
                return connection
            connection.close()
        return await AsyncConnection.open(self._endpoint)
