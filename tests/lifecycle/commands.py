"""What the clients of the lifecycle model may ask, how it is asked, and the answer with its times."""

from __future__ import annotations

import enum
import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from lifecycle_job import FAST, QUEUE, SIDE, LifecycleJob

from runner.client import ApiError, Client, DaemonUnreachable
from runner.connection import DaemonConnection, exchange
from runner.endpoint import UnixEndpoint
from runner.home import Home
from runner.model import Checkpoint, Cleanup, Job
from runner.reload import ReloadReport, WatchedFile
from runner.requests import (
    PauseRequest,
    RecoverRequest,
    RestartRequest,
    SavepointRequest,
    StopRequest,
    SubmitRequest,
    WorkersRequest,
)
from runner.transport import API_PREFIX, problem_of

PATIENCE = 60.0
LIMITS = (None, 0, 1, 2)
FASTER = {"env.read_limit.rows_per_second": str(FAST)}


class Verb(enum.StrEnum):
    """Every command."""

    SUBMIT = "submit"
    SUBMIT_CHANGED = "submit changed"
    STORE = "store only"
    START = "start"
    STOP = "stop"
    STOP_NOW = "stop without savepoint"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RESTART = "restart latest"
    RESTART_NONE = "restart none"
    RESTART_SAVEPOINT = "restart from a savepoint"
    RESTART_SET = "restart with overrides"
    RECOVER = "recover all"
    RECOVER_ERRORS = "recover errors"
    RECOVER_PENDING = "recover pending"
    ADD_WORKER = "add a worker"
    REMOVE_WORKER = "remove a worker"
    TOTAL_WORKERS = "set the number of workers"
    SAVEPOINT = "savepoint"
    DELETE_SAVEPOINT = "delete a savepoint"
    DELETE = "delete"
    UNDELETE = "undelete"
    PURGE = "purge"
    REPLACE = "put a new generation"
    MOVE = "move to another queue"
    LABEL = "label"
    RETAIN = "keep other numbers of executions"
    NAME = "rename, or not any more"
    LIMIT_QUEUE = "limit the queue"
    PAUSE_QUEUE = "pause the queue"
    DELETE_QUEUE = "delete the queue"
    CANCEL_QUEUED = "cancel what is queued"
    KILL_WORKER = "kill a worker by the API"
    BY_EXECUTION = "named by an execution"
    BACKGROUND = "answered with its operation"
    RELOAD_APPLY = "apply a change of the file"
    RELOAD_DISCARD = "discard a change of the file"
    DRY_RUN = "dry run"
    SHOW = "show"


class Outcome(enum.StrEnum):
    """What became of a command. UNKNOWN: nobody answered."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Command:
    """One verb for one job; ``choice`` decides what it leaves open."""

    verb: Verb
    job: LifecycleJob
    choice: int = 0

    def __str__(self) -> str:
        return f"{self.verb} {self.job.name}" + (f" ({self.choice})" if self.choice else "")


@dataclass(slots=True, kw_only=True)
class Answer:
    """What came back. ``job`` and ``checkpoint`` are the records in it; ``named`` is the savepoint that the command named,
    ``called`` what it called the job."""

    command: Command
    caller: int
    asked_at: float
    answered_at: float = 0.0
    outcome: Outcome = Outcome.UNKNOWN
    status: int = 0
    code: str = ""
    message: str = ""
    hint: str = ""
    job: Job | None = None
    checkpoint: Checkpoint | None = None
    named: int | None = None
    called: str = ""
    judged: bool = field(default=False)

    def __str__(self) -> str:
        said = f" {self.status} {self.code}: {self.message}" if self.code else ""
        state = ""
        if self.job is not None:
            execution = self.job.execution
            state = f" -> {execution.state if execution else None}, to be {self.job.desired_state}, v{self.job.generation}"
        number = f" -> savepoint {self.checkpoint.id}" if self.checkpoint else ""
        return f"client {self.caller}: {self.command} {self.outcome}{said}{state}{number}"


class Connection:
    """One client: flowdeck's own where it has the verb, plain HTTP where it has not. Belongs to one thread."""

    def __init__(self, home: Home, number: int, savepoints: dict[str, list[int]], names: dict[str, str]) -> None:
        self._client = Client(home, timeout=PATIENCE)
        self._endpoint = UnixEndpoint(home.socket_path)
        self._number = number
        self._savepoints = savepoints
        """By job, those that somebody was told of: what may be named."""
        self._names = names
        """What the jobs are called that have been renamed, as far as somebody was told."""

    def carry_out(self, command: Command) -> Answer:
        """Ask, and wait for the answer."""
        job = command.job
        called = self._names.get(job.name, job.name)
        answer = Answer(command=command, caller=self._number, called=called, asked_at=time.time())
        try:
            found = self._ask(command, answer)
        except ApiError as error:
            answer.outcome = Outcome.UNKNOWN if error.code in _NOBODY_KNOWS else Outcome.REFUSED
            answer.status, answer.code, answer.message, answer.hint = error.status, error.code, error.message, error.hint
        except DaemonUnreachable as error:
            answer.code, answer.message = error.code, error.message
        else:
            answer.outcome = Outcome.DONE
            answer.job = found if isinstance(found, Job) else None
            answer.checkpoint = found if isinstance(found, Checkpoint) else None
        answer.answered_at = time.time()
        self._learn_name(answer)
        if answer.checkpoint is not None:
            self._savepoints.setdefault(command.job.name, []).append(answer.checkpoint.id)
        return answer

    def _learn_name(self, answer: Answer) -> None:
        job = answer.command.job
        if answer.job is not None:
            self._names[job.name] = answer.job.name
        elif job.renames and answer.code == "not-found":
            self._names[job.name] = job.name if answer.called == job.alias else job.alias

    def watched_files(self) -> tuple[WatchedFile, ...]:
        """Where hot reload stands with each file."""
        return msgspec.json.decode(self._raw("GET", "reload"), type=ReloadReport).files

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _ask(self, command: Command, answer: Answer) -> object:
        if command.verb in {Verb.RESTART_SAVEPOINT, Verb.DELETE_SAVEPOINT}:
            known = self._savepoints.get(command.job.name) or [1]
            answer.named = known[-1 - command.choice % len(known)]
        return self._acts(command, answer.called, answer.named or 0)[command.verb]()

    def _acts(self, command: Command, name: str, named: int) -> dict[Verb, Callable[[], object]]:
        client, job, choice = self._client, command.job, command.choice
        queue = job.queue(aside=choice % 4 == 3)
        return {
            Verb.SUBMIT: lambda: client.submit(job.request(0)),
            Verb.SUBMIT_CHANGED: lambda: client.submit(job.request(choice)),
            Verb.STORE: lambda: self._post("jobs", {**msgspec.to_builtins(job.request(choice)), "start": False}),
            Verb.START: lambda: self._post(f"jobs/{name}/start"),
            Verb.STOP: lambda: client.stop(name),
            Verb.STOP_NOW: lambda: client.stop(name, StopRequest(savepoint=False)),
            Verb.CANCEL: lambda: client.cancel(name),
            Verb.PAUSE: lambda: client.pause(name, PauseRequest(reason="the model says so")),
            Verb.RESUME: lambda: client.resume(name),
            Verb.RESTART: lambda: client.restart(name),
            Verb.RESTART_NONE: lambda: client.restart(name, RestartRequest(restore="none")),
            Verb.RESTART_SAVEPOINT: lambda: client.restart(name, RestartRequest(restore=str(named))),
            Verb.RESTART_SET: lambda: client.restart(name, RestartRequest(overrides=_overrides(choice))),
            Verb.RECOVER: lambda: client.recover(name),
            Verb.RECOVER_ERRORS: lambda: client.recover(name, RecoverRequest(cleanup=Cleanup.ERRORS)),
            Verb.RECOVER_PENDING: lambda: client.recover(name, RecoverRequest(cleanup=Cleanup.PENDING)),
            Verb.ADD_WORKER: lambda: client.scale(name, WorkersRequest(add=1)),
            Verb.REMOVE_WORKER: lambda: client.scale(name, WorkersRequest(remove=1)),
            Verb.TOTAL_WORKERS: lambda: client.scale(name, WorkersRequest(total=1 + choice % 3)),
            Verb.SAVEPOINT: lambda: client.savepoint(name, SavepointRequest(description="the model's")),
            Verb.DELETE_SAVEPOINT: lambda: client.delete_savepoint(name, named, force=choice % 2 == 1),
            Verb.DELETE: lambda: client.delete(name),
            # An old one that came back beside a renamed one would write where that one writes.
            Verb.UNDELETE: lambda: client.job(name) if job.renames else self._post(f"jobs/{name}/undelete"),
            Verb.PURGE: lambda: self._send("DELETE", f"jobs/{name}?purge=true"),
            Verb.REPLACE: lambda: self._send("PUT", f"jobs/{name}", _update(job.request(choice))),
            Verb.MOVE: lambda: self._move(name, job, choice),
            Verb.LABEL: lambda: self._send("PATCH", f"jobs/{name}", {"labels": {"model": str(choice)}}),
            Verb.LIMIT_QUEUE: lambda: client.limit_queue(SIDE if choice > 7 else QUEUE, LIMITS[choice % len(LIMITS)]),
            Verb.RETAIN: lambda: self._send("PATCH", f"jobs/{name}", {"retention": {"executions": 1000 + choice}}),
            Verb.NAME: lambda: self._send("PATCH", f"jobs/{name}", {"name": _naming(job, choice)}),
            Verb.PAUSE_QUEUE: lambda: client.pause_queue(queue, choice % 3 == 0),
            Verb.DELETE_QUEUE: lambda: client.delete_queue(queue),
            Verb.CANCEL_QUEUED: lambda: self._post("cancel", _waiting(name, job, choice)),
            Verb.KILL_WORKER: lambda: self._kill_worker(name),
            Verb.BY_EXECUTION: lambda: self._by_execution(name, choice),
            Verb.BACKGROUND: lambda: self._in_background(name, choice),
            Verb.RELOAD_APPLY: lambda: client.apply_reload(name),
            Verb.RELOAD_DISCARD: lambda: client.discard_reload(name),
            Verb.DRY_RUN: lambda: self._post(f"jobs/{name}/{_DRY[choice % len(_DRY)]}?dry_run=true"),
            Verb.SHOW: lambda: client.job(name),
        }

    def _by_execution(self, name: str, choice: int) -> object:
        """To the newest execution, or to the oldest one that is known."""
        known = self._client.executions(name)
        execution = known[-1 if choice % 4 == 3 else 0].id if known else "none"
        commands = self._client.by_execution
        acts = (commands.pause, commands.resume, commands.savepoint)
        return acts[choice % len(acts)](execution)

    def _move(self, name: str, job: LifecycleJob, choice: int) -> object:
        """By a new generation, or by a restart with another queue."""
        aside = choice % 3 != 0
        if choice % 2:
            return self._send("PUT", f"jobs/{name}", _update(job.request(0, aside=aside)))
        return self._client.restart(name, RestartRequest(overrides={"env.job.queue": SIDE if aside else QUEUE}))

    def _in_background(self, name: str, choice: int) -> object:
        commands = self._client.background
        acts = (commands.pause, commands.resume, commands.savepoint)
        return acts[choice % len(acts)](name)

    def _kill_worker(self, name: str) -> object:
        execution = self._client.job(name).execution
        return self._send("DELETE", f"workers/{execution.id if execution else 'none'}/0")

    def _post(self, path: str, body: dict[str, Any] | None = None) -> object:
        return self._send("POST", path, body)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> object:
        """The job in the answer, if there is one. Raises like the client."""
        answer = self._raw(method, path, body)
        try:
            return msgspec.json.decode(answer, type=Job)
        except msgspec.DecodeError:
            return answer

    def _raw(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        connection = DaemonConnection(self._endpoint, timeout=PATIENCE)
        content = None if body is None else json.dumps(body).encode()
        try:
            response, answer = exchange(connection, method, f"{API_PREFIX}/{path}", content, PATIENCE)
        except (OSError, http.client.HTTPException) as error:
            raise DaemonUnreachable(f"the connection broke: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if response.status >= 300:
            raise ApiError(problem_of(response.status, answer))
        return answer


_NOBODY_KNOWS = frozenset({"daemon-ends", "idempotency-outcome-unknown"})
"""The daemon has ended before the request was done, or the client asked again after that."""

_DRY = ("stop", "cancel", "pause", "resume", "restart", "savepoints")


def _waiting(name: str, job: LifecycleJob, choice: int) -> dict[str, Any]:
    """What waits by its name, or in one of its queues."""
    return {"name": name} if choice % 2 else {"queue": job.queue(aside=choice % 4 == 2)}


def _naming(job: LifecycleJob, choice: int) -> str | None:
    """By hand its own name, or another one; or again as its text says."""
    return (None, job.name, job.alias if job.renames else job.name)[choice % 3]


def _update(request: SubmitRequest) -> dict[str, Any]:
    """The fields of a submission that a new generation may have."""
    fields = {"text": request.text, "file": request.file, "base_directory": request.base_directory}
    return {key: value for key, value in fields.items() if value is not None}


def _overrides(choice: int) -> dict[str, str]:
    """In place, a scale, or what is written: what a new generation may differ in."""
    return (
        {"env.checkpoint.interval": str(90 + choice)},
        {"env.workers": str(1 + choice % 2)},
        {"env.read_limit.rows_per_second": str(150 + choice)},
    )[choice % 3]
