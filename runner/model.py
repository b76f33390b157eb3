"""The records that the store keeps, the API serves and the client returns. Pure data; no I/O.

Times are UTC epoch seconds as floats, durations are seconds, sizes are bytes. ``None`` means unknown or not yet; zero is a
measured zero. Those of which there are very many are left out of the search for garbage (``gc=False``): they are made from JSON
and so cannot contain themselves.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any

import msgspec

from runner.states import ExecutionState
from spec.job import DEFAULT_QUEUE, RetentionSettings


class DesiredState(enum.StrEnum):
    """What a person wants of a job; the supervisor works towards it."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    CANCELED = "CANCELED"


class CheckpointKind(enum.StrEnum):
    """Why a checkpoint was taken: by the clock, because a person asked, or because the input ended."""

    PERIODIC = "periodic"
    SAVEPOINT = "savepoint"
    FINAL = "final"


class CheckpointStatus(enum.StrEnum):
    """IN_PROGRESS until the store has it (COMPLETED) or it failed; a completed one is COMMITTED when every sink said so."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    COMMITTED = "committed"
    FAILED = "failed"


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A failure as data: a stable code, a sentence, what to do, and where (plugin, file and position) when known."""

    code: str
    message: str
    hint: str = ""
    plugin: str | None = None
    position: str | None = None


class RejectedRows(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of one plugin were rejected for one kind of reason, and when the first and the last of them."""

    plugin: str
    kind: str
    rows: int
    first_at: float
    last_at: float


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """One rejected row: why, its text (bounded), and where it was. ``line`` counts from 1 (in a file without lines it is the
    row's number), ``offset`` is the byte at which the row begins. ``checkpoint`` is the one that made the rejection durable."""

    plugin: str
    kind: str
    reason: str
    row: str
    file: str = ""
    line: int | None = None
    offset: int | None = None
    at: float
    checkpoint: int | None = None
    execution_id: str = ""


def merged_rejections(counts: Iterable[RejectedRows]) -> tuple[RejectedRows, ...]:
    """``counts`` of several workers or attempts as one, by plugin and kind."""
    merged: dict[tuple[str, str], RejectedRows] = {}
    for found in counts:
        known = merged.get((found.plugin, found.kind))
        if known is not None:
            found = RejectedRows(
                plugin=found.plugin,
                kind=found.kind,
                rows=known.rows + found.rows,
                first_at=min(known.first_at, found.first_at),
                last_at=max(known.last_at, found.last_at),
            )
        merged[found.plugin, found.kind] = found
    return tuple(merged[key] for key in sorted(merged))


class Totals(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Counters of an execution since its first attempt (restored work counted once) and its current rates."""

    rows_in: int = 0
    rows_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rows_rejected: int = 0
    rows_in_per_second: float | None = None
    rows_out_per_second: float | None = None
    lag_rows: int | None = None
    lag_seconds: float | None = None
    cpu_percent: float | None = None
    memory_bytes: int | None = None
    latency_p50: float | None = None
    """Half of the rows became durable and visible within so many seconds of being read; so for the others. Of the checkpoints
    that this daemon has seen committed."""
    latency_p90: float | None = None
    latency_p99: float | None = None
    latency_p999: float | None = None


class SavepointPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The directory of a savepoint: where it is or, while ``written_at`` is None, is to be. ``digest`` is the SHA-256 of its
    manifest; ``verified_at`` when it was last found to be whole. ``trouble``: why it is not there, or no longer whole."""

    path: str
    written_at: float | None = None
    digest: str = ""
    verified_at: float | None = None
    trouble: str = ""


class SavepointOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """The directory that a savepoint was imported from, and what took it there. ``digest`` is the SHA-256 of its manifest."""

    path: str
    digest: str
    job_id: str
    job_name: str
    number: int
    flowdeck_version: str
    imported_at: float


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One checkpoint or savepoint. ``id`` grows within its job and is never reused; a daemon that died may have left some out.

    ``duration`` is from the request until it was ready to be saved; ``prepared_seconds`` until every worker had its part ready
    (of which, in the slowest worker, ``aligned_seconds`` until the barrier had passed everything and ``synced_seconds`` until
    that was durable), ``saved_seconds`` then until the store had it, ``committed_seconds`` then until every sink had
    committed. ``size`` is that of the state; counters are those of the whole execution. ``late_workers`` are those that were
    not ready in time or, of a success, after half of that; ``requested_by`` says who wanted it.
    """

    id: int
    job_id: str
    execution_id: str
    generation: int
    kind: CheckpointKind
    status: CheckpointStatus
    triggered_at: float
    completed_at: float | None = None
    committed_at: float | None = None
    duration: float | None = None
    size: int | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    description: str = ""
    failure: str = ""
    requested_by: str = ""
    prepared_seconds: float | None = None
    aligned_seconds: float | None = None
    synced_seconds: float | None = None
    saved_seconds: float | None = None
    committed_seconds: float | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    splits: int | None = None
    splits_finished: int | None = None
    late_workers: tuple[int, ...] = ()
    slowest_worker: int | None = None
    place: SavepointPlace | None = None
    origin: SavepointOrigin | None = None
    rejected: tuple[RejectedRows, ...] = ()

    @property
    def took(self) -> float | None:
        """Seconds from the request to the last sink's commit, as far as that has come; None when it is not over."""
        later = (self.saved_seconds or 0.0) + (self.committed_seconds or 0.0)
        return None if self.duration is None else self.duration + later


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """A person wants nothing to be read: since when, and why."""

    since: float
    reason: str = ""


class SplitProgress(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many splits there are: those that wait for a reader, that are being read, that have been read to their end."""

    pending: int
    reading: int
    finished: int
    total: int


class WorkerState(enum.StrEnum):
    """What a worker is doing: getting ready, reading, having nothing to read, reading nothing because of a pause, leaving with
    the next checkpoint."""

    STARTING = "STARTING"
    READING = "READING"
    IDLE = "IDLE"
    PAUSED = "PAUSED"
    LEAVING = "LEAVING"


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One worker process of a running attempt. ``splits``: how many it has and has not read to their end. ``rows_in`` and
    ``rows_out``: what it has read and written since it started. ``heard_ago``: seconds since it said something."""

    number: int
    pid: int
    state: WorkerState
    splits: int = 0
    rows_in: int = 0
    rows_out: int = 0
    heard_ago: float
    cpu_percent: float | None = None
    memory_bytes: int | None = None


class FailedSplit(msgspec.Struct, frozen=True, kw_only=True):
    """A split at which an attempt failed: of which source, and where in it, when that is known."""

    source: str
    split: str
    position: str | None = None


class Cleanup(enum.StrEnum):
    """Which unfinished splits a recovery reads: all, those at which an attempt failed, or the others."""

    ALL = "all"
    ERRORS = "errors"
    PENDING = "pending"


class Execution(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One run of one generation.

    ``pause``: reading is to rest until somebody resumes it; the state is PAUSED once it does. ``workers_wanted``: how many
    workers the attempt is to have (None before the first); ``workers_asked``: how many somebody asked for while it ran, which
    counts over the job's own ``workers``. ``splits``: how far the input is read (None before it is known).
    """

    id: str
    job_id: str
    job_name: str
    generation: int
    state: ExecutionState
    state_since: float
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    attempt: int = 0
    restarts: int = 0
    restored_from: int | None = None
    restore_reason: str = ""
    savepoint_id: int | None = None
    error: ErrorInfo | None = None
    totals: Totals = Totals()
    rejected: tuple[RejectedRows, ...] = ()
    """What was rejected up to the last complete checkpoint."""
    cleanup: Cleanup | None = None
    """Which splits the execution reads, when it is a recovery."""
    recovers: str = ""
    """The recovery in whose place it goes on, with the same choice of splits."""
    left_behind: tuple[str, ...] = ()
    """The plugins whose state at the restore point it did not take over, because it does not fit this generation."""
    splits_left_out: int = 0
    """Unfinished splits that it does not read; a later recovery can."""
    worker_pids: tuple[int, ...] = ()
    workers_wanted: int | None = None
    workers_asked: int | None = None
    pause: Pause | None = None
    splits: SplitProgress | None = None
    phase: str = ""
    unsettled: str = ""
    """Why the unfinished output that the execution left is not removed yet; the daemon tries again. Empty: nothing is left."""


class ReloadStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What hot reload last made of the job's file. ``outcome``: synced, invalid, blocked, failed or upgrading."""

    outcome: str
    at: float
    message: str = ""
    diagnostics: tuple[dict[str, Any], ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A durable job with its latest execution (None before the first). ``queue`` is that of its current generation;
    ``overrides`` are the values by path that this generation has instead of the file's, secret ones masked."""

    id: str
    name: str
    mode: str
    desired_state: DesiredState
    generation: int
    created_at: float
    updated_at: float
    file: str | None = None
    execution: Execution | None = None
    last_checkpoint: Checkpoint | None = None
    queue: str = DEFAULT_QUEUE
    reload: ReloadStatus | None = None
    overrides: dict[str, str] = {}
    restarting_from: str = ""
    """What a restart is to begin from whose new execution is not recorded yet: ``none``, a checkpoint's id or a directory."""
    restarting_as: int | None = None
    """The generation that this restart is to run, when it is a new one."""
    version: int = 1
    """Grows with every change of the job and of its newest execution."""
    labels: dict[str, str] = {}
    deleted_at: float | None = None
    given_name: str = ""
    """A name that was given by hand, which counts over the job file's; empty: the file's."""
    retention: RetentionSettings = RetentionSettings()
    """How many executions that are over are kept, and for how long: as was said by hand, else by the job file; None of either:
    as the daemon was told."""
    given_retention: RetentionSettings | None = None
    """What was said of that by hand."""


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable snapshot of a job's spec: the resolved job, the text it came from, and the values by path that override
    the text's (secret ones masked)."""

    job_id: str
    number: int
    content_hash: str
    created_at: float
    text: str
    spec: dict[str, Any]
    overrides: dict[str, str] = {}


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One start of an execution's workers; the first has number 1.

    ``cause`` says why it was made, ``restore_reason`` why it began where it did. ``workers`` are those it had at the end or has
    now, ``rows_in`` and ``rows_out`` what they read and wrote beyond the restore point, durable or not; ``duration`` is
    measured, whatever the system's clock did meanwhile. ``failed_splits`` are those that were being read when it failed.
    """

    execution_id: str
    number: int
    started_at: float
    ended_at: float | None = None
    restored_from: int | None = None
    restore_reason: str = ""
    outcome: str = ""
    error: ErrorInfo | None = None
    failed_splits: tuple[FailedSplit, ...] = ()
    cause: str = ""
    workers: int = 0
    rows_in: int | None = None
    rows_out: int | None = None
    duration: float | None = None


class AttemptFailure(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that failed: of which execution, when, and why."""

    execution_id: str
    attempt: int
    at: float
    error: ErrorInfo
    job_id: str = ""
    job_name: str = ""


class MetricPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket of a metric series; ``value`` None where nothing was measured (a gap stays a gap). ``lowest`` and ``highest``
    of what was measured in it: of a counter the slowest and the fastest rate between two samples."""

    at: float
    value: float | None
    lowest: float | None = None
    highest: float | None = None


class MetricSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one plugin (or of the whole execution when ``plugin`` is empty) over a window.

    Names: ``rows_in rows_out bytes_in bytes_out`` (per-second rates derived from counters), ``lag_rows lag_seconds
    cpu_percent memory_bytes checkpoint_seconds checkpoint_alignment_seconds checkpoint_prepare_seconds
    checkpoint_commit_seconds latency_p50 latency_p90 latency_p99 latency_p999`` (gauges). ``queue_fill`` and
    ``blocked_share`` (gauges, 0 to 1) are of an edge: ``plugin`` is ``<producer> -> <consumer>`` then.
    """

    name: str
    plugin: str
    resolution: float
    points: tuple[MetricPoint, ...]


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an execution's log. ``offset`` is the byte position just after the line: pass it back to read on."""

    at: float
    level: str
    message: str
    plugin: str = ""
    worker: int | None = None
    attempt: int | None = None
    offset: int = 0


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A change that observers may care about. ``revision`` grows by one per event within a daemon's home."""

    revision: int
    at: float
    kind: str
    job_id: str | None = None
    execution_id: str | None = None
    message: str = ""
    data: dict[str, Any] = {}


class QueueKind(enum.StrEnum):
    """First come, first served within a limit; or one at a time, because these jobs have one key."""

    FIFO = "fifo"
    PINNED = "pinned"


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue: how many of its jobs may run at the same time (None: all), and the ids of those that run and, in the order of
    their turn, that wait; ``waiting_since``: since when each of these does. ``paused``: none starts, whatever the limit."""

    name: str
    limit: int | None
    running: tuple[str, ...]
    waiting: tuple[str, ...]
    kind: QueueKind = QueueKind.FIFO
    paused: bool = False
    waiting_since: tuple[float, ...] = ()


class KeyScope(enum.StrEnum):
    """What a key allows, each including the one before: look; submit and control jobs; end the daemon and make keys."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def allows(self, needed: KeyScope) -> bool:
        """Whether this scope includes ``needed``."""
        order = list(KeyScope)
        return order.index(self) >= order.index(needed)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that opens the daemon's TCP address, without its secret. From ``expires_at`` on it opens nothing; ``last_used_at``
    is right to a minute."""

    name: str
    scope: KeyScope
    created_at: float
    expires_at: float | None = None
    last_used_at: float | None = None


class DaemonStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The daemon that owns a home. ``listening`` is its TCP address as a URL, empty when it has none."""

    pid: int
    version: str
    home: str
    started_at: float
    uptime: float
    watching: tuple[str, ...]
    jobs: int
    running: int
    memory_bytes: int
    worker_pids: tuple[int, ...]
    embedded: bool = False
    listening: str = ""
