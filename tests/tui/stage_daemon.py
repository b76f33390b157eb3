"""A daemon's API on a unix socket, with jobs that a test sets: for states that a real daemon reaches rarely or never."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from runner.model import Checkpoint, CheckpointKind, DaemonStatus, Event, Generation, Job, LogLine, MetricSeries
from runner.observation import (
    Backpressure,
    CheckpointSummary,
    Counters,
    EdgePressure,
    ErrorGroup,
    ErrorRate,
    JobDetails,
    JobMetrics,
    LatencySummary,
    MetricsWindow,
    Resources,
    Task,
    Throughput,
    Usage,
)
from runner.operation import Effects, Operation, OperationOutcome
from runner.reload import ReloadReport
from runner.replies import AttemptList, CheckpointList, ErrorReport, LogPage, OperationPage, Problem, SavepointList, SeriesList
from runner.states import ExecutionState

_STATES = {
    "stop": ExecutionState.STOPPING,
    "cancel": ExecutionState.CANCELING,
    "restart": ExecutionState.RUNNING,
    "start": ExecutionState.RUNNING,
    "pause": ExecutionState.PAUSED,
    "resume": ExecutionState.RUNNING,
}


@dataclass
class Stage:
    """What the daemon says. ``calls`` records every request that changes something, once for each idempotency key; ``lose``
    names those that are carried out but not answered; ``refuse`` maps them to a problem."""

    jobs: dict[str, Job] = field(default_factory=dict)
    deleted: dict[str, Job] = field(default_factory=dict)
    checkpoints: dict[str, list[Checkpoint]] = field(default_factory=dict)
    series: dict[str, Callable[[int, int], list[MetricSeries]]] = field(default_factory=dict)
    logs: dict[str, list[LogLine]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    texts_of: dict[tuple[str, int], str] = field(default_factory=dict)
    """Of one generation, where it differs from the others."""
    specs: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """Resolved specs by job and generation."""
    errors: dict[str, list[ErrorGroup]] = field(default_factory=dict)
    tasks: dict[str, list[Task]] = field(default_factory=dict)
    edges: dict[str, list[EdgePressure]] = field(default_factory=dict)
    pages: dict[str, Any] = field(default_factory=dict)
    """Answers by path, or functions of the query that make one."""
    happened: list[Event] = field(default_factory=list)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    now: float = 1_790_000_000.0
    effects: dict[str, Any] = field(default_factory=dict)
    """What a dry run says beside the plain things, by verb: fields of :class:`Effects`, or a function of the job and the body
    that makes them."""
    dry_runs: list[tuple[str, str, Any]] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)
    follows: bool = True
    """Whether logs can be followed; ``followers`` do so now."""
    followers: int = 0
    slow: set[str] = field(default_factory=set)
    """Verbs whose operations stay open until :meth:`finish`."""
    lose: set[str] = field(default_factory=set)
    refuse: dict[str, Problem] = field(default_factory=dict)
    hold: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.hold.set()

    def add(self, job: Job) -> None:
        """Add or replace a job."""
        with self.lock:
            self.jobs[job.id] = job

    def named(self, reference: str) -> Job | None:
        """The job of this id or name."""
        with self.lock:
            return self.jobs.get(reference) or next((job for job in self.jobs.values() if job.name == reference), None)

    def change(self, job_id: str, state: ExecutionState, **fields: Any) -> Job:
        """The job's execution takes another state."""
        with self.lock:
            job = self.jobs[job_id]
            execution = msgspec.structs.replace(job.execution, state=state, **fields)
            self.jobs[job_id] = job = msgspec.structs.replace(job, execution=execution, version=job.version + 1)
        return job

    def finish(self, outcome: OperationOutcome = OperationOutcome.SUCCEEDED, **fields: Any) -> None:
        """Every open operation ends."""
        for operation in list(self.operations.values()):
            if operation.outcome is None:
                ended = {"outcome": outcome, "finished_at": self.now, "phase": "done", **fields}
                self.operations[operation.id] = msgspec.structs.replace(operation, **ended)

    def begin(self, verb: str, job: Job, phase: str = "done") -> Operation:
        """An operation, which is over at once unless its verb is slow."""
        operation = Operation(
            id=f"op{len(self.operations)}", kind=verb, job_id=job.id, job_name=job.name, started_at=self.now, phase="asked for",
            usual_seconds=4.0,
        )  # fmt: skip
        if verb not in self.slow:
            over = {"outcome": OperationOutcome.SUCCEEDED, "finished_at": self.now + 0.8, "phase": phase}
            operation = msgspec.structs.replace(operation, **over)
        self.operations[operation.id] = operation
        return operation

    def effects_of(self, verb: str, job: Job, body: Any) -> Effects:
        """What a dry run says."""
        self.dry_runs.append((verb, job.id, body))
        more = self.effects.get(verb, {})
        fields = more(job, body) if callable(more) else more
        execution = job.execution
        plain = {
            "action": verb, "job_id": job.id, "job_name": job.name, "execution_id": execution.id if execution else None,
            "state": str(execution.state) if execution else "NEW", "allowed": True, "does": f"does the {verb}",
        }  # fmt: skip
        return msgspec.convert({**plain, **fields}, Effects)

    def present(self) -> dict[str, dict[str, Any]]:
        """The jobs as they are."""
        with self.lock:
            return {job.id: msgspec.to_builtins(job) for job in self.jobs.values()}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    @property
    def stage(self) -> Stage:
        return self.server.stage

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.endswith("/events"):
            self._events()
            return
        if url.path.endswith("/logs/follow"):
            self._follow(url.path.split("/")[-3], int(parse_qs(url.query)["after"][0]))
            return
        self.stage.hold.wait(60)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        parts = [unquote(part) for part in url.path.removeprefix("/api/v1/").split("/")]
        asks_operations = parts[0] == "operations" and url.path.removeprefix("/api/v1/") not in self.stage.pages
        answer = self._operations(parts, query) if asks_operations else self._read(parts, query)
        self._send(answer.status if isinstance(answer, Problem) else 200, answer)

    def _read(self, parts: list[str], query: dict[str, str]) -> Any:
        stage = self.stage
        match parts:
            case ["status"] if "status" in stage.pages:
                return stage.pages["status"]
            case ["status"]:
                return DaemonStatus(
                    pid=1, version="0.1.0", home="h", started_at=1_789_989_000.0, uptime=11_000.0, watching=(),
                    jobs=len(stage.jobs), running=0, memory_bytes=1, worker_pids=(),
                )  # fmt: skip
            case ["jobs", job]:
                return stage.named(job) or Problem(type="", title="", status=404, detail=f"no job {job}", code="not-found")
            case ["jobs", job, "checkpoints"]:
                return self._checkpoints(job, query)
            case ["savepoints"]:
                return self._savepoints(query.get("job"))
            case ["jobs", job, "errors"]:
                return ErrorReport(counts=(), rows=(), failures=(), groups=tuple(stage.errors.get(job, ())))
            case ["jobs", job, "details"]:
                return self._details(stage.jobs[job])
            case ["jobs", job, "metrics" | "logs" as what]:
                return (self._metrics if what == "metrics" else self._logs)(job, query)
            case ["jobs", job, "generations", number]:
                text = stage.texts_of.get((job, int(number)), stage.texts.get(job, ""))
                spec = stage.specs.get((job, int(number)), {})
                return Generation(job_id=job, number=int(number), content_hash="", created_at=0.0, text=text, spec=spec)
        return self._page("/".join(parts), query)

    def _page(self, path: str, query: dict[str, str]) -> Any:
        page = self.stage.pages.get(path)
        if page is None and path.endswith("/attempts"):
            return AttemptList(attempts=())
        if page is None and path == "reload":
            return ReloadReport(watching=())
        if page is None and path.endswith("/reload"):
            return Problem(type="", title="", status=404, detail="no file is watched for the job", code="not-found")
        if page is None:
            raise AssertionError(path)
        return page(query) if callable(page) else page

    def _logs(self, job: str, query: dict[str, str]) -> LogPage:
        after = int(query.get("after", 0))
        until = float(query.get("until", "inf"))
        lines = [one for one in self.stage.logs.get(job, []) if one.offset > after and one.at < until]
        return LogPage(lines=tuple(lines[-int(query["limit"]) :]))

    def _checkpoints(self, job: str, query: dict[str, str]) -> CheckpointList:
        found = self.stage.checkpoints.get(job, [])
        return CheckpointList(checkpoints=tuple(one for one in found if query.get("kind", one.kind) == one.kind))

    def _metrics(self, job: str, query: dict[str, str]) -> Any:
        if query.get("series") == "false":
            return self._details(self.stage.jobs[job]).metrics
        made = self.stage.series.get(job, lambda _window, _buckets: [])
        return SeriesList(series=tuple(made(int(float(query["window"])), int(query["buckets"]))))

    def _savepoints(self, wanted: str | None) -> SavepointList:
        found = [point for job, points in self.stage.checkpoints.items() if wanted in {None, job} for point in points]
        kept = [one for one in found if one.kind is CheckpointKind.SAVEPOINT and not one.failure]
        return SavepointList(savepoints=tuple(kept))

    def _operations(self, parts: list[str], query: dict[str, str]) -> OperationPage | Operation:
        if len(parts) > 1:
            return self.stage.operations[parts[1]]
        wanted = {"true": True, "false": False}.get(query.get("open", ""))
        found = [
            one
            for one in reversed(self.stage.operations.values())
            if (wanted is None or (one.outcome is None) is wanted)
            and query.get("job", one.job_id) == one.job_id
            and query.get("kind", one.kind) == one.kind
        ]
        return OperationPage(operations=tuple(found[: int(query["limit"])]))

    def do_DELETE(self) -> None:
        self.do_POST()

    def _details(self, job: Job) -> JobDetails:
        unknown = Throughput()
        metrics = JobMetrics(
            job_id=job.id, job_name=job.name, execution_id=None, state=None, at=0.0,
            window=MetricsWindow(seconds=300.0, start=0.0, end=300.0, resolution=1.0), totals=Counters(), growth=Counters(),
            rows_in=unknown, rows_out=unknown, bytes_in=unknown, bytes_out=unknown, lag_rows=None, lag_seconds=None,
            latency=LatencySummary(), checkpoint=CheckpointSummary(),
            backpressure=Backpressure(edges=tuple(self.stage.edges.get(job.id, ()))),
            resources=Resources(cpu_percent=Usage(), memory_bytes=Usage()), errors=ErrorRate(), restarts=0,
        )  # fmt: skip
        tasks = tuple(self.stage.tasks.get(job.id, ()))
        return JobDetails(job=job, uptime=None, tasks=tasks, generation=None, metrics=metrics, checkpoints=())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        path = self.path.removeprefix("/api/v1/")
        if path in self.stage.pages:
            self.stage.calls.append(("post", path, body))
            self.stage.hold.wait(60)
            answer = self.stage.pages[path]
            self._send(answer.status if isinstance(answer, Problem) else 200, answer)
            return
        stage, url = self.stage, urlsplit(self.path)
        verb, job = self._verb([unquote(part) for part in url.path.removeprefix("/api/v1/").split("/")])
        if parse_qs(url.query).get("dry_run") == ["true"]:
            stage.hold.wait(60)
            self._send(200, stage.effects_of(verb, stage.jobs[job], body))
            return
        key = self.headers.get("Idempotency-Key", "")
        version = (self.headers.get("If-Match") or "").strip('"')
        if version and key not in stage.answers and version != str(stage.jobs[job].version):
            detail = "the job has changed meanwhile"
            self._send(412, Problem(type="about:blank", title="t", status=412, detail=detail, code="precondition-failed"))
            return
        if key not in stage.answers:
            stage.calls.append((verb, job, body))
            if verb in stage.refuse:
                self._send(stage.refuse[verb].status, stage.refuse[verb])
                return
            stage.answers[key] = self._write(verb, job, body)
        answer = stage.answers[key] if key else stage.answers.pop(key)
        if verb in stage.lose:
            self.close_connection = True
            return
        self._send(204 if answer is None else 202, answer)

    def _verb(self, parts: list[str]) -> tuple[str, str]:
        """The verb of a command, and the job."""
        match self.command, parts:
            case "DELETE", ["jobs", job]:
                return "delete", job
            case "DELETE", ["jobs", job, "savepoints", number]:
                return f"delete savepoint {number}", job
        _, job, verb = parts
        return {"savepoints": "savepoint"}.get(verb, verb), job

    def _write(self, verb: str, job_id: str, body: dict[str, Any]) -> Any:
        stage, phase = self.stage, "done"
        job = stage.jobs.get(job_id) or stage.deleted[job_id]
        if verb == "savepoint":
            taken = self.server.make_savepoint(job)
            stage.checkpoints.setdefault(job_id, []).insert(0, taken)
            phase = f"savepoint {taken.id} is {taken.status}"
        elif verb == "delete":
            del stage.jobs[job_id]
            stage.deleted[job_id] = job
            return None
        elif verb == "undelete":
            stage.add(stage.deleted.pop(job_id))
            return stage.jobs[job_id]
        elif verb.startswith("delete savepoint "):
            number = int(verb.split()[-1])
            stage.checkpoints[job_id] = [one for one in stage.checkpoints[job_id] if one.id != number]
            return None
        elif verb in _STATES:
            fields = {"id": f"{job_id}-new"} if verb in ("restart", "start") else {}
            stage.change(job_id, _STATES[verb], **fields)
        return stage.begin(verb, job, phase)

    def _send(self, status: int, answer: Any) -> None:
        body = b"" if answer is None else msgspec.json.encode(answer)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(body)

    def _events(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(b": open\n\n")
            known = self.stage.present()
            told = 0 if "since" in self.path else len(self.stage.happened)
            self._tell("snapshot", {"jobs": list(known.values()), "more": False}, revision=told or 1)
            while not self.server.closing.wait(0.05):
                for event in self.stage.happened[told:]:
                    told += 1
                    self._write_event(event)
                present = self.stage.present()
                for job_id in known.keys() - present.keys():
                    del known[job_id]
                    self._tell("job.deleted", {}, job_id)
                for job_id, fields in present.items():
                    if known.get(job_id) != fields:
                        known[job_id] = fields
                        self._tell("job.changed", {"version": fields["version"], "changes": fields}, job_id)
        self.close_connection = True

    def _follow(self, job: str, after: int) -> None:
        """The lines of a log as they are written, for as long as the stage lets them be followed."""
        self.send_response(200 if self.stage.follows else 404)
        self.end_headers()
        self.close_connection = True
        self.stage.followers += 1
        with contextlib.suppress(OSError):
            self.wfile.write(b": open\n\n" if self.stage.follows else b"")
            while self.stage.follows and not self.server.closing.wait(0.02):
                for line in [one for one in self.stage.logs.get(job, []) if one.offset > after]:
                    after = line.offset
                    self.wfile.write(b"event: log\ndata: %b\n\n" % msgspec.json.encode(line))
                self.wfile.write(b": keep-alive\n\n")
                self.wfile.flush()
        self.stage.followers -= 1

    def _tell(self, kind: str, data: dict[str, Any], job_id: str | None = None, revision: int = 1) -> None:
        self._write_event(Event(revision=revision, at=0.0, kind=kind, job_id=job_id, data=data))

    def _write_event(self, event: Event) -> None:
        self.wfile.write(b"event: %b\ndata: %b\n\n" % (event.kind.encode(), msgspec.json.encode(event)))
        self.wfile.flush()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, path: Path, stage: Stage, make_savepoint: Callable[[Job], Checkpoint]) -> None:
        super().__init__(str(path), _Handler)
        self.stage = stage
        self.make_savepoint = make_savepoint
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Break every connection, as the death of a process does."""
        self.closing.set()
        for request in list(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)


class StageDaemon:
    """Serves a stage at a socket until closed; can be opened again."""

    def __init__(self, path: Path, stage: Stage, make_savepoint: Callable[[Job], Checkpoint]) -> None:
        self._path = path
        self._make = make_savepoint
        self.stage = stage
        self._server: _Server | None = None

    def open(self) -> None:
        """Listen."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = _Server(self._path, self.stage, self._make)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Be gone, as after a kill."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._path.unlink(missing_ok=True)
            self._server = None
