"""What the daemon answers where it is not one record of :mod:`runner.model`: lists in their envelopes, and problems."""

from __future__ import annotations

from typing import Any

import msgspec

from runner.dataflow import PlannedPlugin
from runner.model import (
    ApiKey,
    Attempt,
    AttemptFailure,
    Checkpoint,
    Execution,
    Generation,
    Job,
    KeyScope,
    LogLine,
    MetricSeries,
    Queue,
    RejectedRows,
    Rejection,
    Worker,
)
from runner.observation import ErrorGroup
from runner.operation import Operation


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the jobs that matched, and how many matched in all when that was asked for. ``next``: pass it as ``after`` for
    the page that follows; None: there is none."""

    jobs: tuple[Job, ...]
    total: int | None
    next: str | None = None


class CheckpointList(msgspec.Struct, frozen=True, kw_only=True):
    """Checkpoints of one job, newest first; ``next`` as in :class:`JobPage`."""

    checkpoints: tuple[Checkpoint, ...]
    next: str | None = None


class SavepointList(msgspec.Struct, frozen=True, kw_only=True):
    """Savepoints of one job or of all, newest first; ``next`` as in :class:`JobPage`."""

    savepoints: tuple[Checkpoint, ...]
    next: str | None = None


class SavepointVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A savepoint every byte of which was looked at, and what is wrong with it: nothing, when ``problems`` is empty."""

    savepoint: Checkpoint
    problems: tuple[str, ...] = ()


class ExecutionList(msgspec.Struct, frozen=True, kw_only=True):
    """Executions, newest first; ``total`` and ``next`` as in :class:`JobPage`."""

    executions: tuple[Execution, ...]
    total: int | None = None
    next: str | None = None


class SubmissionVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A job file that was checked, and would be taken: the name of its job, what it consists of, and what the check says.
    ``job_id``: the job that would get it as a generation; None: a new one. Nothing was stored."""

    name: str
    job_id: str | None
    content_hash: str
    plugins: tuple[PlannedPlugin, ...]
    diagnostics: tuple[dict[str, Any], ...]
    labels: dict[str, str]


class OperationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Operations, newest first."""

    operations: tuple[Operation, ...]
    next: str | None = None


class CanceledList(msgspec.Struct, frozen=True, kw_only=True):
    """Executions that waited and were canceled, and jobs that were named and did not wait, each with the reason."""

    canceled: tuple[Execution, ...]
    left: tuple[LeftAlone, ...] = ()


class LeftAlone(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was not touched, and why."""

    job: str
    why: str


class AttemptList(msgspec.Struct, frozen=True, kw_only=True):
    """Attempts of one execution, in order; ``next`` as in :class:`JobPage`."""

    attempts: tuple[Attempt, ...]
    next: str | None = None


class WorkerList(msgspec.Struct, frozen=True, kw_only=True):
    """The workers of a job's execution, by number, and how many it is to have."""

    workers: tuple[Worker, ...]
    wanted: int | None


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong in a job. ``counts`` is what its newest execution has rejected, the most first; ``rows`` the newest
    rejected rows that are kept of all its executions and ``failures`` the attempts that failed, both newest first. ``groups``
    has the failures and the rejected rows of all its executions that are the same but for details, the newest first.
    ``next`` goes on in all of these but ``counts``; a list that came to its end is empty on the pages that follow."""

    counts: tuple[RejectedRows, ...]
    rows: tuple[Rejection, ...]
    failures: tuple[AttemptFailure, ...]
    groups: tuple[ErrorGroup, ...] = ()
    next: str | None = None


class ErrorOverview(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong in all jobs: in groups, and the failures of attempts; ``next`` as in :class:`ErrorReport`."""

    groups: tuple[ErrorGroup, ...]
    failures: tuple[AttemptFailure, ...]
    next: str | None = None


class GenerationList(msgspec.Struct, frozen=True, kw_only=True):
    """Generations of one job, oldest first; ``next`` as in :class:`JobPage`."""

    generations: tuple[Generation, ...]
    next: str | None = None


class KeyList(msgspec.Struct, frozen=True, kw_only=True):
    """Keys by name."""

    keys: tuple[ApiKey, ...]


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was just made. ``key`` is shown this once: the store has only its digest."""

    name: str
    scope: KeyScope
    created_at: float
    expires_at: float | None = None
    key: str


class QueueList(msgspec.Struct, frozen=True, kw_only=True):
    """Queues by name."""

    queues: tuple[Queue, ...]


class SeriesList(msgspec.Struct, frozen=True, kw_only=True):
    """The metrics of one job over one window."""

    series: tuple[MetricSeries, ...]


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the log of ``execution_id`` (None: the job has never run), oldest first. ``next`` is the offset to read on from,
    behind everything that was looked through, be it in ``lines`` or not; with ``more`` there is more at once."""

    lines: tuple[LogLine, ...]
    execution_id: str | None = None
    next: int = 0
    more: bool = False


class ShutdownReply(msgspec.Struct, frozen=True, kw_only=True):
    """The process that is about to end."""

    pid: int


class ApiRoot(msgspec.Struct, frozen=True, kw_only=True):
    """Where the API begins: the version of the program, and the targets of what to read next by name."""

    version: str
    links: dict[str, str]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal or failure, as RFC 9457 says it. ``code`` is stable, ``hint`` says what to do next.

    ``errors`` holds the diagnostics of a job file, or ``{pointer, message, hint}`` for each fault of a request.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    errors: tuple[dict[str, Any], ...] = ()
