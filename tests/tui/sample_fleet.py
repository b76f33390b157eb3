"""A believable machine with workers, queues, events and an audit trail, for the sample jobs."""

from __future__ import annotations

from typing import Any

from runner.audit import AuditEntry, AuditOutcome, AuditPage
from runner.cluster import (
    Bounds,
    ClusterState,
    ClusterStatistics,
    ComponentHealth,
    FleetWorker,
    FleetWorkerList,
    Health,
    HealthStatus,
    Node,
)
from runner.model import Event, Queue, QueueKind, WorkerState
from runner.replies import JobPage

NOW = 1_790_000_000.0
ORDERS, CLICKS, INVENTORY, SENSORS, FX = "0f3a9c1d22aa", "1b77e0a4c3f0", "4e5566778899", "5f0a0b0c0d0e", "7b0000000001"


def worker(name: str, job_id: str, number: int, state: WorkerState, **fields: Any) -> FleetWorker:
    """One of a job's workers."""
    fields.setdefault("heartbeat", NOW - 0.4)
    return FleetWorker(
        name=f"{job_id}-e1/{number}", number=number, pid=411 + number, state=state, job_id=job_id, job_name=name,
        execution_id=f"{job_id}-e1", attempt=1, queue="default", birth=NOW - 3600, **fields,
    )  # fmt: skip


def sample_workers() -> tuple[FleetWorker, ...]:
    """Four of one job, of which one has said nothing for a while; one that is held up; two that have little to do."""
    reading = [
        worker("orders-cdc", ORDERS, number, WorkerState.READING, rows_in=480_000_000 + number, rows_out=476_000_000, splits=10,
               busy=0.82, idle=0.1, backpressured=0.08, cpu_percent=46.0, memory_bytes=103_000_000,
               heartbeat=NOW - (8.2 if number == 2 else 0.4))
        for number in range(4)
    ]  # fmt: skip
    return (
        *reading,
        worker("clickstream-hourly", CLICKS, 0, WorkerState.PAUSED, rows_in=612_000_000, rows_out=612_000_000, splits=3,
               busy=0.4, idle=0.6, backpressured=0.0, cpu_percent=96.0, memory_bytes=318_000_000),
        worker("inventory-delta", INVENTORY, 0, WorkerState.READING, rows_in=297_000_000, rows_out=296_000_000, splits=1,
               busy=0.04, idle=0.02, backpressured=0.94, cpu_percent=31.0, memory_bytes=96_000_000, rows_rejected=12),
        worker("sensor-rollup", SENSORS, 0, WorkerState.STARTING, heartbeat=NOW - 1.1),
    )  # fmt: skip


def sample_health(*, disk: HealthStatus = HealthStatus.OK) -> Health:
    """Parts that work, the disk as asked for."""
    words = "" if disk is HealthStatus.OK else "little room is left on the disk of the home"
    parts = [
        ComponentHealth(name=name, status=HealthStatus.OK, matters=name != "workers", since=NOW - 11_000)
        for name in ("event-loop", "fork-server", "leases", "store", "workers")
    ]
    room = ComponentHealth(name="disk", status=disk, matters=True, since=NOW - 400, message=words)
    return Health(status=disk, at=NOW, components=(room, *parts))


def sample_cluster() -> ClusterState:
    """One machine with three queues."""
    node = Node(
        hostname="etl-01", pid=1, version="0.1.0", cpus=8, cpu_percent=46.0, load=(3.4, 2.9, 2.2), memory_total=32 * 10**9,
        memory_available=19 * 10**9, disk_total=500 * 10**9, disk_free=83 * 10**9, workers=7,
    )  # fmt: skip
    queues = (
        Queue(name="default", limit=None, running=(ORDERS, CLICKS, INVENTORY, SENSORS), waiting=()),
        Queue(name="nightly", limit=2, running=("3d1122334455", "6a1b2c3d4e5f"), waiting=(FX,), waiting_since=(NOW - 20,)),
        Queue(name="pinned:fx", limit=1, running=(), waiting=(), kind=QueueKind.PINNED, paused=True),
    )
    bounds = Bounds(
        workers_of_an_execution=64, log_followers=64, readers_of_a_source=64, events_retained=20_000, executions_retained=100,
        generations_retained=50,
    )  # fmt: skip
    return ClusterState(
        name="etl-01", state="running", started_at=NOW - 11_000, uptime=11_000.0, nodes=(node,), controllers=(), queues=queues,
        jobs=11, bounds=bounds,
    )  # fmt: skip


def sample_statistics() -> ClusterStatistics:
    """Of three hours."""
    return ClusterStatistics(
        since=NOW - 11_000, uptime=11_000.0, jobs_created=2, executions_created=9, executions_finished=3, executions_stopped=1,
        executions_canceled=1, executions_failed=1, executions_running=6, attempts_failed=8, restarts=8,
        checkpoints_committed=4_812, checkpoints_failed=3, savepoints_committed=5, workers_joined=21, workers_disconnected=2,
        workers_killed=1, rows_in=2_930_000_000, rows_out=2_919_000_000, rows_rejected=1_216,
    )  # fmt: skip


def sample_events() -> list[Event]:
    """What a quarter of an hour brought, oldest first."""
    told = [
        (900, "daemon.log", None, "3 jobs are carried on after the start"),
        (812, "execution.state", "2c90ddfe7711", "payments-sync is RESTARTING: duplicate key value"),
        (810, "attempt.failed", "2c90ddfe7711", "payments-sync: attempt 5 failed: duplicate key value"),
        (720, "execution.state", "2c90ddfe7711", "payments-sync is FAILED: duplicate key value"),
        (300, "savepoint.directory", ORDERS, "savepoint 790 is in /data/savepoints/0f3a9c1d22aa/790"),
        (52, "execution.state", SENSORS, "sensor-rollup is RUNNING"),
        (40, "job.reload", INVENTORY, "inventory-delta.conf: 1 error, the running generation stays"),
        (14, "checkpoint.committed", ORDERS, "orders-cdc: periodic checkpoint 811 is committed"),
        (8, "execution.state", CLICKS, "clickstream-hourly is SAVEPOINTING"),
        (4, "checkpoint.committed", ORDERS, "orders-cdc: periodic checkpoint 812 is committed"),
    ]
    return [
        Event(revision=number, at=NOW - age, kind=kind, job_id=job_id, message=message)
        for number, (age, kind, job_id, message) in enumerate(told, 1)
    ]


def sample_audit() -> AuditPage:
    """What people, keys, hot reload and the daemon did, newest first."""
    done, refused = AuditOutcome.DONE, AuditOutcome.REFUSED
    told: list[tuple[float, str, str, str, str | None, AuditOutcome, str]] = [
        (8, "unix:1000", "POST /jobs/{job}/savepoints", "clickstream-hourly", CLICKS, done, "before the upgrade"),
        (9, "unix:1000", "POST /jobs/{job}/stop (dry run)", CLICKS, CLICKS, done, ""),
        (40, "reload", "job.reload", "/data/jobs/inventory-delta.conf", INVENTORY, refused, "1 error"),
        (3000, "key:deploy", "POST /jobs", "sensor-rollup", SENSORS, done, ""),
        (3600, "key:deploy", "DELETE /jobs/{job}", "geo-enrich", "ae0000000004", refused, ""),
        (11_000, "daemon", "daemon started", "process 1", None, done, ""),
    ]
    entries = [
        AuditEntry(id=20 - number, at=NOW - age, who=who, action=action, target=target, job_id=job_id, outcome=outcome,
                   reason=reason, remote="", code="conflict" if outcome is refused and who != "reload" else "")
        for number, (age, who, action, target, job_id, outcome, reason) in enumerate(told)
    ]  # fmt: skip
    return AuditPage(entries=tuple(entries))


def put_on(stage: Any) -> None:
    """Let a staged daemon tell of all this."""
    stage.happened.extend(sample_events())
    stage.pages |= {
        "workers": FleetWorkerList(workers=sample_workers()),
        "health": sample_health(),
        "cluster": sample_cluster(),
        "cluster/statistics": sample_statistics(),
        "jobs": lambda _query: JobPage(jobs=(), total=0),
        "audit": lambda _query: sample_audit(),
    }
