"""What the daemon answers about itself, its machine and its processes. Pure data, as in :mod:`runner.model`."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from runner.model import Queue, SplitProgress, WorkerState
from runner.states import ExecutionState


class FleetWorker(msgspec.Struct, frozen=True, kw_only=True):
    """One worker process of any job. ``name`` is its execution's id, a slash and its number.

    ``heartbeat`` is when it said something last, ``birth`` when it was started. Counts are since then: splits read to their
    end, rows read and written. ``busy``, ``idle`` and ``backpressured`` are shares of its threads' time since its last
    heartbeat but one (None: not known yet).
    """

    name: str
    number: int
    pid: int
    state: WorkerState
    job_id: str
    job_name: str
    execution_id: str
    attempt: int
    queue: str
    birth: float
    heartbeat: float
    splits: int = 0
    splits_finished: int = 0
    rows_in: int = 0
    rows_out: int = 0
    rows_rejected: int = 0
    busy: float | None = None
    idle: float | None = None
    backpressured: float | None = None
    cpu_percent: float | None = None
    memory_bytes: int | None = None


class FleetWorkerList(msgspec.Struct, frozen=True, kw_only=True):
    """Worker processes, by name."""

    workers: tuple[FleetWorker, ...]


class WorkerKill(msgspec.Struct, frozen=True, kw_only=True):
    """A worker that was killed. The attempt's record has ``reason``; the execution goes on from its last checkpoint."""

    worker: str
    pid: int
    execution_id: str
    attempt: int
    reason: str


class WorkersOfJob(msgspec.Struct, frozen=True, kw_only=True):
    """How many worker processes an execution of a job has."""

    job_id: str
    job_name: str
    execution_id: str
    workers: int


class WorkerKillList(msgspec.Struct, frozen=True, kw_only=True):
    """The workers of a queue that were killed, or would be, and whose they are: how many of each job."""

    killed: tuple[WorkerKill, ...]
    jobs: tuple[WorkersOfJob, ...]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A machine: there is one, this. ``disk`` is that of the home; ``load`` are the processes that wanted to run in the last
    1, 5 and 15 minutes."""

    hostname: str
    pid: int
    version: str
    cpus: int
    cpu_percent: float | None
    load: tuple[float, float, float]
    memory_total: int
    memory_available: int
    disk_total: int
    disk_free: int
    workers: int


class Controller(msgspec.Struct, frozen=True, kw_only=True):
    """An execution under control: how many workers it has and is to have, how many have joined and were lost under this daemon,
    how far its splits are, and how many attempts failed."""

    execution_id: str
    job_id: str
    job_name: str
    queue: str
    state: ExecutionState
    started_at: float | None
    attempt: int
    restarts: int
    workers_active: int
    workers_wanted: int | None
    workers_joined: int
    workers_disconnected: int
    splits: SplitProgress | None
    rows_in: int
    rows_out: int


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What there may be at most."""

    workers_of_an_execution: int
    log_followers: int
    readers_of_a_source: int
    events_retained: int
    executions_retained: int
    generations_retained: int


class ClusterState(msgspec.Struct, frozen=True, kw_only=True):
    """The daemon with all that it runs. ``state`` is ``running``, or ``degraded`` or ``down`` like the worst of its parts."""

    name: str
    state: str
    started_at: float
    uptime: float
    nodes: tuple[Node, ...]
    controllers: tuple[Controller, ...]
    queues: tuple[Queue, ...]
    jobs: int
    bounds: Bounds


class ClusterStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What has happened since the daemon started. Rows and splits count whatever was worked on, after a failure again."""

    since: float
    uptime: float
    jobs_created: int = 0
    executions_created: int = 0
    executions_finished: int = 0
    executions_stopped: int = 0
    executions_canceled: int = 0
    executions_failed: int = 0
    executions_running: int = 0
    attempts_failed: int = 0
    restarts: int = 0
    checkpoints_committed: int = 0
    checkpoints_failed: int = 0
    savepoints_committed: int = 0
    workers_joined: int = 0
    workers_disconnected: int = 0
    workers_killed: int = 0
    splits_processed: int = 0
    splits_queued: int = 0
    rows_in: int = 0
    rows_out: int = 0
    rows_rejected: int = 0


class HealthStatus(enum.StrEnum):
    """Of a part: it works, it works badly, it does not work."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class ComponentHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the daemon: how it is, since when, what that is judged by. When one that ``matters`` is down, the daemon is.
    Whoever has no key is told neither ``message`` nor ``detail``."""

    name: str
    status: HealthStatus
    matters: bool
    since: float
    message: str = ""
    detail: dict[str, Any] = {}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The worst of the parts that matter, and all parts by name."""

    status: HealthStatus
    at: float
    components: tuple[ComponentHealth, ...]
