"""The fields of a job that a filter can name and a table can be sorted by."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from runner.model import Execution, Job, Totals
from runner.states import ExecutionState
from tui.query.attention import reason

Value = str | float | None
_NO_TOTALS: Final = Totals()


class Kind(enum.Enum):
    """What the values of a field are, and so how an amount beside it is read."""

    TEXT = enum.auto()
    STATE = enum.auto()
    COUNT = enum.auto()
    SECONDS = enum.auto()
    BYTES = enum.auto()


class Field(msgspec.Struct, frozen=True):
    """One field. ``read`` takes the job and the time now; None means that nobody knows, which no comparison fits.
    ``also``: what else a filter takes."""

    name: str
    kind: Kind
    words: str
    read: Callable[[Job, float], Value]
    also: str = ""

    @property
    def is_amount(self) -> bool:
        """True for what can be more or less."""
        return self.kind in {Kind.COUNT, Kind.SECONDS, Kind.BYTES}


def state_of(job: Job) -> ExecutionState:
    """The state of the newest execution; CREATED before the first."""
    return job.execution.state if job.execution else ExecutionState.CREATED


def _totals(job: Job) -> Totals:
    return job.execution.totals if job.execution else _NO_TOTALS


def _live(job: Job, value: float | None) -> float | None:
    """A rate or a gauge means something only while the job is not over."""
    return None if state_of(job).is_terminal else value


def _up(job: Job, now: float) -> float | None:
    execution = job.execution
    if execution is None or execution.started_at is None:
        return None
    return (execution.finished_at or now) - execution.started_at


def _ended(job: Job, now: float) -> float | None:
    return now - job.execution.finished_at if job.execution and job.execution.finished_at else None


def _checkpoint_age(job: Job, now: float) -> float | None:
    last = job.last_checkpoint
    return None if last is None or last.completed_at is None else now - last.completed_at


def _error(job: Job, _now: float) -> str:
    error = job.execution.error if job.execution else None
    return f"{error.code} {error.message}" if error else ""


def _of_execution(read: Callable[[Execution], float | None]) -> Callable[[Job, float], float | None]:
    return lambda job, _now: read(job.execution) if job.execution else None


def _gauge(read: Callable[[Totals], float | None]) -> Callable[[Job, float], float | None]:
    return lambda job, _now: _live(job, read(_totals(job)))


def _labels(job: Job, _now: float) -> str:
    return " ".join(f"{key}={value}" for key, value in job.labels.items())


_FIELDS: Final = (
    Field("name", Kind.TEXT, "the job's name", lambda job, _: job.name),
    Field("id", Kind.TEXT, "the job's id", lambda job, _: job.id),
    Field("state", Kind.STATE, "the state", lambda job, _: state_of(job).value, also="a prefix of one, active or ended"),
    Field("queue", Kind.TEXT, "the queue it belongs to", lambda job, _: job.queue),
    Field("label", Kind.TEXT, "a label", _labels, also="label:team=x"),
    Field("file", Kind.TEXT, "the path of its file", lambda job, _: job.file or ""),
    Field("error", Kind.TEXT, "the last error, code or words", _error),
    Field("needs", Kind.TEXT, "why it needs you", reason),
    Field("mode", Kind.TEXT, "batch or streaming", lambda job, _: job.mode),
    Field("in", Kind.COUNT, "rows read per second", _gauge(lambda totals: totals.rows_in_per_second)),
    Field("out", Kind.COUNT, "rows written per second", _gauge(lambda totals: totals.rows_out_per_second)),
    Field("rows", Kind.COUNT, "rows written in all", _of_execution(lambda execution: execution.totals.rows_out)),
    Field("rejected", Kind.COUNT, "rows rejected", _of_execution(lambda execution: execution.totals.rows_rejected)),
    Field("lag", Kind.SECONDS, "seconds behind its source", _gauge(lambda totals: totals.lag_seconds)),
    Field("behind", Kind.COUNT, "rows behind its source", _gauge(lambda totals: totals.lag_rows)),
    Field("latency", Kind.SECONDS, "99 % of rows durable within", _gauge(lambda totals: totals.latency_p99)),
    Field("checkpoint", Kind.SECONDS, "age of the last checkpoint", _checkpoint_age),
    Field("restarts", Kind.COUNT, "restarts of this execution", _of_execution(lambda execution: execution.restarts)),
    Field("workers", Kind.COUNT, "worker processes", _of_execution(lambda execution: len(execution.worker_pids))),
    Field("cpu", Kind.COUNT, "per cent of a core", _gauge(lambda totals: totals.cpu_percent)),
    Field("memory", Kind.BYTES, "memory of its workers", _gauge(lambda totals: totals.memory_bytes)),
    Field("up", Kind.SECONDS, "how long it has run", _up),
    Field("ended", Kind.SECONDS, "how long ago it ended", _ended),
)
FIELDS: Final[Mapping[str, Field]] = MappingProxyType({field.name: field for field in _FIELDS})
"""By name, in the order in which completion offers them."""
