"""The only way in for the command line, the terminal UI and scripts: the daemon's API as typed calls.

Imports neither duckdb, pyarrow, litestar nor textual: a command must start quickly.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from runner.connection import DaemonConnection, exchange
from runner.endpoint import DaemonUnreachable, Endpoint, UnixEndpoint, unreachable
from runner.event_feed import EventFeed
from runner.home import Home
from runner.launch import start_daemon
from runner.model import (
    ApiKey,
    Attempt,
    Checkpoint,
    CheckpointKind,
    DaemonStatus,
    Event,
    Execution,
    Generation,
    Job,
    LogLine,
    MetricSeries,
    Queue,
)
from runner.replies import (
    AttemptList,
    CheckpointList,
    ErrorReport,
    ExecutionList,
    GenerationList,
    JobPage,
    KeyList,
    LogPage,
    NewKey,
    QueueList,
    SavepointList,
    SavepointVerdict,
    SeriesList,
    ShutdownReply,
    WorkerList,
)
from runner.requests import (
    KeyRequest,
    PauseRequest,
    QueueRequest,
    RecoverRequest,
    RestartRequest,
    SavepointRequest,
    StopRequest,
    SubmitRequest,
    WorkersRequest,
)
from runner.states import ExecutionState
from runner.transport import ApiError, encode_body, problem_of, target_of
from spec.errors import FlowdeckError

__all__ = ["ApiError", "Client", "DaemonUnreachable", "EventFeed", "JobPage", "WaitTimeout"]

T = TypeVar("T")

_READ = "GET"
# A savepoint is answered when it is complete, and may take as long as the job's checkpoint.timeout.
_SAVEPOINT_SECONDS = 900.0
_WAIT_STEP_SECONDS = 1.0


class WaitTimeout(FlowdeckError):
    """What was waited for did not happen in time."""

    code = "timeout"


class Client:
    """The daemon of one home, or the one that listens at ``server``. One client belongs to one thread; only :meth:`close` may
    be called from another.

    Every call raises :class:`ApiError` when the daemon refuses and :class:`DaemonUnreachable` when nobody answers within
    ``timeout`` seconds.
    """

    def __init__(self, home: Home, *, timeout: float = 10.0, server: Endpoint | None = None) -> None:
        self.home = home
        self._endpoint = server or UnixEndpoint(home.socket_path)
        self.timeout = timeout
        self._connection: DaemonConnection | None = None

    @classmethod
    def connect(cls, home: Home, *, start: bool, timeout: float = 10.0, server: Endpoint | None = None) -> Self:
        """A client whose daemon has answered; with ``start`` the home's own is started first when nobody does."""
        client = cls(home, timeout=timeout, server=server)
        try:
            client.status()
        except DaemonUnreachable:
            if not start or server is not None:
                raise
            start_daemon(home)
            client.status()
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the client opens another when it is used again."""
        if self._connection is not None:
            self._connection.close()

    def status(self) -> DaemonStatus:
        """The daemon and its processes."""
        return self._call(DaemonStatus, _READ, target_of("status"))

    def shutdown(self) -> int:
        """Ask the daemon to end; returns its process id without waiting."""
        return self._call(ShutdownReply, "POST", target_of("shutdown")).pid

    def submit(self, request: SubmitRequest) -> Job:
        """Start a job. The job file's diagnostics are in ``ApiError.errors`` when it is invalid (code ``spec-invalid``)."""
        return self._call(Job, "POST", target_of("jobs"), request)

    def jobs(
        self,
        state: ExecutionState | None = None,
        name: str | None = None,
        limit: int = 100,
        offset: int = 0,
        queue: str | None = None,
    ) -> JobPage:
        """Jobs in ``state`` and of ``queue`` whose name contains ``name``."""
        query = {"state": state, "name": name, "limit": limit, "offset": offset, "queue": queue}
        return self._call(JobPage, _READ, target_of("jobs", query=query))

    def job(self, reference: str) -> Job:
        """The job of this id, unique prefix of an id, or name."""
        return self._call(Job, _READ, target_of("jobs", reference))

    def delete(self, reference: str) -> None:
        """Forget a job that is not running."""
        self._send("DELETE", target_of("jobs", reference))

    def stop(self, reference: str, request: StopRequest | None = None) -> Job:
        """Returns once the wish is recorded."""
        return self._call(Job, "POST", target_of("jobs", reference, "stop"), request or StopRequest())

    def cancel(self, reference: str) -> Job:
        """Returns once the wish is recorded."""
        return self._call(Job, "POST", target_of("jobs", reference, "cancel"))

    def pause(self, reference: str, request: PauseRequest | None = None) -> Job:
        """Read nothing until :meth:`resume`. Returns once the wish is recorded."""
        return self._call(Job, "POST", target_of("jobs", reference, "pause"), request or PauseRequest())

    def resume(self, reference: str) -> Job:
        """Returns once the wish is recorded."""
        return self._call(Job, "POST", target_of("jobs", reference, "resume"))

    def workers(self, reference: str) -> WorkerList:
        """The worker processes of the job, by number, and how many there are to be."""
        return self._call(WorkerList, _READ, target_of("jobs", reference, "workers"))

    def scale(self, reference: str, request: WorkersRequest) -> Job:
        """Change the number of workers while the job runs. Returns once the wish is recorded."""
        return self._call(Job, "POST", target_of("jobs", reference, "workers"), request)

    def restart(self, reference: str, request: RestartRequest | None = None) -> Job:
        """A new execution of the job's newest generation; with overrides it returns once the new generation works."""
        request = request or RestartRequest()
        timeout = _SAVEPOINT_SECONDS if request.overrides else None
        return self._call(Job, "POST", target_of("jobs", reference, "restart"), request, timeout=timeout)

    def recover(self, reference: str, request: RecoverRequest | None = None) -> Job:
        """A new execution of a job that is over, which reads only the splits that are not finished, or some of them."""
        return self._call(Job, "POST", target_of("jobs", reference, "recover"), request or RecoverRequest())

    def savepoint(self, reference: str, request: SavepointRequest | None = None) -> Checkpoint:
        """Take a savepoint; returns when it is complete."""
        target = target_of("jobs", reference, "savepoints")
        return self._call(Checkpoint, "POST", target, request or SavepointRequest(), timeout=_SAVEPOINT_SECONDS)

    def checkpoints(self, reference: str, kind: CheckpointKind | None = None, limit: int = 50) -> tuple[Checkpoint, ...]:
        """Newest first."""
        target = target_of("jobs", reference, "checkpoints", query={"kind": kind, "limit": limit})
        return self._call(CheckpointList, _READ, target).checkpoints

    def savepoints(self, reference: str | None = None) -> tuple[Checkpoint, ...]:
        """Of one job or of all, newest first."""
        return self._call(SavepointList, _READ, target_of("savepoints", query={"job": reference})).savepoints

    def delete_savepoint(self, reference: str, number: int, *, force: bool = False) -> None:
        """Forget a savepoint; with ``force`` also one that the job needs."""
        query = {"force": True} if force else {}
        self._send("DELETE", target_of("jobs", reference, "savepoints", number, query=query))

    def verify_savepoint(self, reference: str, number: int) -> SavepointVerdict:
        """Have every byte of a savepoint read."""
        target = target_of("jobs", reference, "savepoints", number, "verify")
        return self._call(SavepointVerdict, "POST", target, timeout=_SAVEPOINT_SECONDS)

    def queues(self) -> tuple[Queue, ...]:
        """Queues that are limited or in use, and the default one, by name."""
        return self._call(QueueList, _READ, target_of("queues")).queues

    def limit_queue(self, name: str, limit: int | None) -> Queue:
        """Let at most ``limit`` of the queue's jobs run at the same time; None: all."""
        return self._call(Queue, "PUT", target_of("queues", name), QueueRequest(limit=limit))

    def keys(self) -> tuple[ApiKey, ...]:
        """The keys that open the daemon over TCP, by name; without the secrets, which nobody has any more."""
        return self._call(KeyList, _READ, target_of("keys")).keys

    def add_key(self, request: KeyRequest) -> NewKey:
        """Make a key; the answer is the only one that has it."""
        return self._call(NewKey, "POST", target_of("keys"), request)

    def remove_key(self, name: str) -> None:
        """From now on the key opens nothing."""
        self._send("DELETE", target_of("keys", name))

    def executions(self, reference: str) -> tuple[Execution, ...]:
        """Newest first."""
        return self._call(ExecutionList, _READ, target_of("jobs", reference, "executions")).executions

    def execution(self, execution_id: str) -> Execution:
        """One execution by its id."""
        return self._call(Execution, _READ, target_of("executions", execution_id))

    def attempts(self, execution_id: str) -> tuple[Attempt, ...]:
        """The attempts of an execution, in order."""
        return self._call(AttemptList, _READ, target_of("executions", execution_id, "attempts")).attempts

    def errors(self, reference: str, *, plugin: str | None = None, kind: str | None = None, limit: int = 100) -> ErrorReport:
        """What went wrong in the job: rejected rows, counted and the newest of them, and attempts that failed."""
        query = {"plugin": plugin, "kind": kind, "limit": limit}
        return self._call(ErrorReport, _READ, target_of("jobs", reference, "errors", query=query))

    def generations(self, reference: str) -> tuple[Generation, ...]:
        """Every snapshot of the job's spec."""
        return self._call(GenerationList, _READ, target_of("jobs", reference, "generations")).generations

    def generation(self, reference: str, number: int) -> Generation:
        """One snapshot of the job's spec."""
        return self._call(Generation, _READ, target_of("jobs", reference, "generations", number))

    def metrics(self, reference: str, window: float = 300, buckets: int = 120) -> tuple[MetricSeries, ...]:
        """The last ``window`` seconds."""
        target = target_of("jobs", reference, "metrics", query={"window": window, "buckets": buckets})
        return self._call(SeriesList, _READ, target).series

    def logs(
        self,
        reference: str,
        after: int | None = None,
        limit: int = 1000,
        level: str | None = None,
        tail: bool = True,  # noqa: FBT001, FBT002 - the contract's signature
    ) -> tuple[LogLine, ...]:
        """The last ``limit`` lines, or those after the offset ``after``."""
        query = {"after": after, "limit": limit, "level": level, "tail": tail}
        return self._call(LogPage, _READ, target_of("jobs", reference, "logs", query=query)).lines

    def events(self, since: int | None, timeout: float = 30.0) -> EventFeed:
        """Events after revision ``since`` (None: from now on); see :class:`EventFeed`."""
        return EventFeed(self._endpoint, since, timeout=timeout)

    def wait_until(self, reference: str, predicate: Callable[[Job], bool], timeout: float) -> Job:
        """Return the job as soon as ``predicate`` holds. Raises :class:`WaitTimeout` after ``timeout`` seconds.

        The job is looked at again on each of its events, and once a second for what has no event (its counters).
        """
        deadline = time.monotonic() + timeout
        with self.events(None) as feed:
            while not predicate(job := self.job(reference)):
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    state = job.execution.state if job.execution else "never started"
                    raise WaitTimeout(f"the job {job.name} is {state} after {timeout:g} seconds")
                if feed.ended:
                    raise DaemonUnreachable("the daemon ended while we waited")
                _await_event(feed, job.id, min(remaining, _WAIT_STEP_SECONDS))
        return job

    def _call(
        self, kind: type[T], method: str, target: str, request: msgspec.Struct | None = None, *, timeout: float | None = None
    ) -> T:
        body = self._send(method, target, request, timeout=timeout)
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            raise FlowdeckError(
                f"the daemon's answer does not make sense to this client: {error}",
                code="protocol",
                hint="client and daemon may be of different versions: flowdeck down, then try again",
            ) from error

    def _send(self, method: str, target: str, request: msgspec.Struct | None = None, *, timeout: float | None = None) -> bytes:
        seconds = self.timeout if timeout is None else timeout
        body = None if request is None else encode_body(request)
        try:
            response, answer = self._exchange(method, target, body, seconds)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise unreachable(self._endpoint, error, seconds) from error
        if response.status >= 300:
            raise ApiError(problem_of(response.status, answer))
        return answer

    def _exchange(self, method: str, target: str, body: bytes | None, timeout: float) -> tuple[http.client.HTTPResponse, bytes]:
        if self._connection is None:
            self._connection = DaemonConnection(self._endpoint, timeout=timeout)
        if method != _READ:
            # The daemon may have closed an idle connection; what changes something must not be sent twice.
            self._connection.close()
        reused = self._connection.sock is not None
        try:
            return exchange(self._connection, method, target, body, timeout)
        except (ConnectionError, http.client.HTTPException):
            self._connection.close()
            if not reused:
                raise
            return exchange(self._connection, method, target, body, timeout)


def _await_event(feed: EventFeed, job_id: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while (remaining := deadline - time.monotonic()) > 0 and not feed.ended:
        event: Event | None = feed.next_within(remaining)
        if event is not None and event.job_id in {job_id, None}:
            return
