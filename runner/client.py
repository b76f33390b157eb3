"""The only way in for the command line, the terminal UI and scripts: the daemon's API as typed calls.

What can be asked is in :mod:`runner.verbs`, written once for both clients; this is the blocking one, and
:class:`AsyncClient`, which is imported when it is first used, is in :mod:`runner.async_client`.

Imports neither duckdb, pyarrow, litestar nor textual: a command must start quickly.
"""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from runner.connection import Answer, DaemonConnection, exchange
from runner.endpoint import DaemonUnreachable, Endpoint, UnixEndpoint, unreachable
from runner.event_feed import EventFeed, LogFeed, log_stream_of
from runner.home import Home
from runner.launch import start_daemon
from runner.model import Job
from runner.repetition import Repetition
from runner.replies import JobPage
from runner.transport import ApiError, encode_body, problem_of
from runner.verbs import Verbs
from runner.verbs.call import Call
from runner.verbs.verb import Blocking
from runner.verbs.views import Background, ByExecution, DryRun
from runner.waiting import Waiting, WaitTimeout

if TYPE_CHECKING:
    from runner.async_client import AsyncClient

__all__ = ["ApiError", "AsyncClient", "Client", "DaemonUnreachable", "EventFeed", "JobPage", "LogFeed", "WaitTimeout"]

T = TypeVar("T")

_IDLE_CONNECTIONS = 16
"""So many are kept for later calls; a client of one thread has one."""


class Client(Verbs, Blocking):
    """The daemon of one home (None: FLOWDECK_HOME, or the user's own), or the one that listens at ``server``. Any number of
    threads may use one client at the same time: each call has a connection of its own while it lasts.

    Every verb raises :class:`ApiError` when the daemon refuses and :class:`DaemonUnreachable` when nobody answers within
    ``timeout`` seconds. A call whose answer is lost is made again: see :class:`runner.repetition.Repetition`.
    """

    def __init__(self, home: Home | None = None, *, timeout: float = 10.0, server: Endpoint | None = None) -> None:
        self.home = home or Home()
        self._endpoint = server or UnixEndpoint(self.home.socket_path)
        self.timeout = timeout
        self._idle: list[DaemonConnection] = []
        self._used: set[DaemonConnection] = set()

    @classmethod
    def connect(
        cls, home: Home | None = None, *, start: bool = True, timeout: float = 10.0, server: Endpoint | None = None
    ) -> Self:
        """A client whose daemon has answered; with ``start`` the home's own is started first when nobody does."""
        client = cls(home, timeout=timeout, server=server)
        try:
            client.status()
        except DaemonUnreachable:
            if not start or server is not None:
                raise
            start_daemon(client.home)
            client.status()
        return client

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._endpoint.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, also those on which another thread waits for an answer: its call is made again, or fails. The
        client opens others when it is used again."""
        self._forget_idle()
        for connection in tuple(self._used):
            connection.close()

    @property
    def dry_run(self) -> DryRun:
        """The commands, each of which returns what it would keep and lose; nothing is done."""
        return DryRun(self.perform)

    @property
    def background(self) -> Background:
        """The commands, each of which returns the operation that it begins, at once."""
        return Background(self.perform)

    @property
    def by_execution(self) -> ByExecution:
        """The commands to a job that is named by its newest execution."""
        return ByExecution(self)

    def events(
        self,
        since: int | None,
        timeout: float = 30.0,
        *,
        job: str | None = None,
        kinds: tuple[str, ...] = (),
        snapshot: bool = False,
        feed: type[EventFeed] = EventFeed,
    ) -> EventFeed:
        """Events after revision ``since`` (None: from now on), of one job, of some kinds, with ``snapshot`` the present state
        first; see :class:`EventFeed`. ``feed``: a class that reads the blocks in another way."""
        return feed(self._endpoint, since, timeout=timeout, job=job, kinds=kinds, snapshot=snapshot)

    def follow_logs(
        self,
        reference: str,
        *,
        after: int | None = None,
        limit: int = 100,
        level: str | None = None,
        contains: str | None = None,
    ) -> LogFeed:
        """The last ``limit`` lines of the job's newest execution, or those after the offset ``after``, then each as it is
        written, until the execution is over."""
        return LogFeed(self._endpoint, log_stream_of(reference, after, limit, level, contains), timeout=30.0)

    def wait_until(self, reference: str, predicate: Callable[[Job], bool], timeout: float) -> Job:
        """Return the job as soon as ``predicate`` holds. Raises :class:`WaitTimeout` after ``timeout`` seconds."""
        waiting = Waiting(predicate, timeout)
        with self.events(None) as feed:
            while not waiting.is_over(job := self.job(reference), ended=feed.ended):
                feed.wait_for(job.id, waiting.step)
        return job

    def perform(self, call: Call[T]) -> T:
        """Make the call and return what is answered."""
        seconds = self.timeout if call.seconds is None else call.seconds
        body = None if call.body is None else encode_body(call.body)
        repetition = Repetition(call)
        while True:
            try:
                answer = self._exchange(call, body, repetition, seconds)
                pause = repetition.after_answer(answer.status, answer.headers)
                if pause is None:
                    break
            except (OSError, http.client.HTTPException) as error:
                self._forget_idle()  # they are as old as the one that broke
                pause = repetition.after(error)
                if pause is None:
                    raise repetition.given_up(unreachable(self._endpoint, error, seconds)) from error
            time.sleep(pause)
        if answer.status >= 300 and answer.status not in call.accepted:
            raise ApiError(problem_of(answer.status, answer.body))
        return call.read(answer.body)

    def _exchange(self, call: Call[Any], body: bytes | None, repetition: Repetition, seconds: float) -> Answer:
        headers = (*call.headers, *repetition.headers)
        connection = self._taken(seconds, fresh=call.has_secret_answer)
        try:
            response, answer = exchange(connection, call.method, call.target, body, seconds, headers)
        except BaseException:  # whatever it is: what is left of the answer must not be taken for the next one
            connection.close()
            raise
        finally:
            self._used.discard(connection)
        if len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, answer)

    def _taken(self, seconds: float, *, fresh: bool) -> DaemonConnection:
        """A connection that nobody else uses, a ``fresh`` one when what is sent must not be sent twice: the daemon may have
        closed an idle one."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = DaemonConnection(self._endpoint, timeout=seconds)
        if fresh:
            connection.close()
        self._used.add(connection)
        return connection

    def _forget_idle(self) -> None:
        with contextlib.suppress(IndexError):  # taken by another thread meanwhile
            while self._idle:
                self._idle.pop().close()


def __getattr__(name: str) -> Any:
    if name == "AsyncClient":
        from runner.async_client import AsyncClient

        return AsyncClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
