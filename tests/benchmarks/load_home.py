"""A home as a daemon leaves it that has run many jobs: written through the store, with the daemon's own records.

Jobs, generations and events of their beginnings are made by the functions that make them in the daemon; what an execution
leaves (its states, attempt, checkpoints, metrics, latencies, errors, log, operation, entry of the audit trail) is told to the
store by the calls that the daemon uses, only without the waiting. Old metrics are summed up as housekeeping would have done.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from runner.audit import AuditEntry, AuditOutcome
from runner.home import Home
from runner.model import (
    Attempt,
    Checkpoint,
    CheckpointKind,
    CheckpointStatus,
    ErrorInfo,
    Execution,
    LogLine,
    RejectedRows,
    Rejection,
    Totals,
)
from runner.operation import Operation, OperationOutcome
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from runner.store.asynchronous import AsyncStore
from runner.store.latencies import LatencyCell
from runner.store.metrics import MetricSample
from runner.store.store import Store
from runner.supervisor.job_record import record_generation, stored_job
from runner.supervisor.journal import Entry
from runner.supervisor.submission import Submission, check_request
from runner.supervisor.work import Work

_SPREAD = 24 * 3600.0
_PER_TRANSACTION = 50
_EVENTS_KEPT = 20_000
_OPERATIONS_KEPT = 5000
_OWN = ("rows_in", "rows_out", "bytes_in", "bytes_out", "lag_rows", "lag_seconds", "cpu_percent", "memory_bytes")
_OF_PLUGIN = ("rows_in", "rows_out", "bytes_in", "bytes_out", "busy_seconds", "idle_seconds", "backpressured_seconds")
_OF_EDGE = ("queue_fill", "blocked_share")
_OF_CHECKPOINT = ("checkpoint_seconds", "latency_p50", "latency_p90", "latency_p99", "latency_p999")
_SAMPLES = 4
_SAMPLES_APART = 10.0


@dataclass(frozen=True, slots=True)
class Past:
    """How much is on record: so many jobs, and so many executions of them together."""

    jobs: int = 2000
    executions: int = 10_000


async def fill(home: Home, past: Past) -> None:
    """Write it all into a home that has no daemon."""
    home.create()
    submission = await check_request(SubmitRequest(text=_JOB_TEXT, name="nightly"))
    store = await AsyncStore.open(home.store_path)
    chance, now = random.Random(1), time.time()
    try:
        works = [
            Work(chance.randbytes(6).hex(), 1, msgspec.structs.replace(submission.job, name=f"nightly-{number:05}"), "/")
            for number in range(past.jobs)
        ]
        for begin in range(0, past.jobs, _PER_TRANSACTION):
            await store.write(_jobs(works[begin : begin + _PER_TRANSACTION], submission, now - 2 * _SPREAD))
        runs = [
            _Run(
                chance.randbytes(8).hex(),
                works[number % past.jobs],
                number,
                now - _SPREAD + number * _SPREAD / past.executions,
                chance.random(),
            )
            for number in range(past.executions)
        ]
        for begin in range(0, past.executions, _PER_TRANSACTION):
            await store.write(_executions(runs[begin : begin + _PER_TRANSACTION]))
        for run in runs:
            _write_log(home, run)
        await store.write(lambda found: found.prune_events(_EVENTS_KEPT))
        await store.write(lambda found: found.operations.prune(_OPERATIONS_KEPT))
        while await store.write(lambda found: found.tidy_metrics(now, now)):
            pass
    finally:
        await store.close()


_JOB_TEXT = """
env { job.mode = "BATCH" }
source { FakeSource { plugin_output = "orders", row.num = 20000
  schema { fields { id = bigint, name = string, category = string, amount = double, at = timestamp } } } }
transform { Sql { plugin_input = "orders", plugin_output = "large"
  query = "SELECT id, upper(name) AS name, amount FROM orders WHERE amount > 500" } }
sink { Console { plugin_input = "large", log.print.data = false } }
"""
_PLUGINS = ("FakeSource[0]", "Sql[0]", "Console[0]")
_EDGES = ("FakeSource[0] -> Sql[0]", "Sql[0] -> Console[0]")


@dataclass(frozen=True, slots=True)
class _Run:
    """One execution that is over. ``luck`` decides how it went: 0 to 1."""

    id: str
    work: Work
    number: int
    began: float
    luck: float

    @property
    def ended(self) -> float:
        return self.began + _SAMPLES * _SAMPLES_APART + 1

    @property
    def failed(self) -> bool:
        return self.luck < 0.1

    @property
    def error(self) -> ErrorInfo | None:
        if not self.failed:
            return None
        return ErrorInfo(code="io-error", message=f"cannot read part {self.number % 7}", plugin=_PLUGINS[0])


def _jobs(works: list[Work], submission: Submission, at: float) -> Callable[[Store], None]:
    def work(store: Store) -> None:
        entry = Entry(store)
        for each in works:
            own = replace(submission, job=each.job)
            stored_job(entry, each, own, at)
            record_generation(entry, each, own, at)
        entry.keep_notes()

    return work


def _executions(runs: list[_Run]) -> Callable[[Store], None]:
    def work(store: Store) -> None:
        entry = Entry(store)
        for run in runs:
            _record(entry, run)
        entry.keep_notes()
        store.append_metrics(sorted((sample for run in runs for sample in _samples(run)), key=lambda sample: sample.at))
        store.append_latencies([_latency(run, number) for run in runs for number in range(_SAMPLES)])
        store.operations.put([_operation(run) for run in runs])
        store.append_audit([_audit(run) for run in runs])

    return work


def _record(entry: Entry, run: _Run) -> None:
    """An execution from its first state to its last, with its attempt, checkpoints and rejected rows."""
    store, job = entry.store, run.work.job
    store.insert_execution(
        Execution(
            id=run.id,
            job_id=run.work.job_id,
            job_name=job.name,
            generation=1,
            state=ExecutionState.FAILED if run.failed else ExecutionState.FINISHED,
            state_since=run.ended,
            created_at=run.began,
            started_at=run.began,
            finished_at=run.ended,
            attempt=1,
            restore_reason="from the beginning",
            totals=Totals(
                rows_in=20_000, rows_out=9_000, bytes_in=1_400_000, bytes_out=300_000, latency_p50=0.1, latency_p99=0.9
            ),
            error=run.error,
            workers_wanted=1,
        )
    )
    _note(entry, run, "execution.created", f"{job.name}: generation 1, from the beginning", generation=1)
    previous = ExecutionState.CREATED
    last = ExecutionState.FAILED if run.failed else ExecutionState.FINISHED
    for state in (ExecutionState.STARTING, ExecutionState.RUNNING, last):
        _note(entry, run, "execution.state", f"{job.name} is {state}", state=str(state), previous=str(previous), attempt=1)
        previous = state
    store.insert_attempt(
        Attempt(
            execution_id=run.id,
            number=1,
            started_at=run.began,
            ended_at=run.ended,
            cause="the execution was started",
            outcome="failed" if run.failed else "finished",
            error=run.error,
            workers=1,
            rows_in=20_000,
            duration=41.0,
        )
    )
    _checkpoint(entry, run)
    if 0.1 < run.luck < 0.15:
        counted = RejectedRows(plugin=_PLUGINS[0], kind="cast", rows=3, first_at=run.began, last_at=run.ended)
        sample = Rejection(plugin=_PLUGINS[0], kind="cast", reason="'x' is no number", row="1,x", at=run.ended)
        store.record_rejections(run.work.job_id, run.id, [counted], [sample] * 3)


def _checkpoint(entry: Entry, run: _Run) -> None:
    store, job_id = entry.store, run.work.job_id
    checkpoint = Checkpoint(
        id=store.next_checkpoint_id(job_id, ahead=8),
        job_id=job_id,
        execution_id=run.id,
        generation=1,
        kind=CheckpointKind.FINAL,
        status=CheckpointStatus.COMMITTED,
        triggered_at=run.ended - 1,
        completed_at=run.ended - 0.9,
        committed_at=run.ended - 0.8,
        duration=0.1,
        size=900,
        rows_in=20_000,
    )
    store.insert_complete_checkpoint(checkpoint, b"state " * 150)
    _note(entry, run, "checkpoint.committed", f"checkpoint {checkpoint.id}", checkpoint=checkpoint.id, kind="final")


def _note(entry: Entry, run: _Run, event: str, message: str, **data: object) -> None:
    entry.note(event, message, job_id=run.work.job_id, execution_id=run.id, data=data, at=run.began)


def _samples(run: _Run) -> list[MetricSample]:
    keys = [("", name) for name in (*_OWN, *_OF_CHECKPOINT)]
    keys += [(plugin, name) for plugin in _PLUGINS for name in _OF_PLUGIN]
    keys += [(edge, name) for edge in _EDGES for name in _OF_EDGE]
    times = [run.began + number * _SAMPLES_APART for number in range(_SAMPLES)]
    return [MetricSample(at, run.id, plugin, name, 100.0 * number) for number, at in enumerate(times) for plugin, name in keys]


def _latency(run: _Run, number: int) -> LatencyCell:
    counts = {900 + 3 * bucket + run.number % 5: 100 for bucket in range(20)}
    return LatencyCell(run.began + number * _SAMPLES_APART, run.id, counts)


def _operation(run: _Run) -> Operation:
    return Operation(
        id=run.id[::-1],
        kind="start",
        job_id=run.work.job_id,
        job_name=run.work.job.name,
        execution_id=run.id,
        requested_by="unix:0",
        phase="it runs",
        progress=1.0,
        started_at=run.began,
        finished_at=run.began + 0.5,
        outcome=OperationOutcome.SUCCEEDED,
    )


def _audit(run: _Run) -> AuditEntry:
    return AuditEntry(
        at=run.began,
        who="unix:0",
        action="POST /jobs/{job}/start",
        target=run.work.job.name,
        job_id=run.work.job_id,
        outcome=AuditOutcome.DONE,
        status=202,
    )


def _write_log(home: Home, run: _Run) -> None:
    lines = [LogLine(at=run.began, level="info", message=f"line {number} of {run.work.job.name}") for number in range(40)]
    path = home.log_file(run.id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
