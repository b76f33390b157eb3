# ruff: noqa: E501 - a table of jobs reads best in rows
"""A believable set of jobs, the same in every run: what screenshots and snapshots show."""

from __future__ import annotations

import math
from typing import Any

from runner.model import (
    Checkpoint,
    CheckpointKind,
    CheckpointStatus,
    DesiredState,
    ErrorInfo,
    Execution,
    Job,
    LogLine,
    MetricPoint,
    MetricSeries,
    ReloadStatus,
    Totals,
)
from runner.observation import EdgePressure, ErrorGroup, PluginSample, SampledRecord, SampleList, Task, TaskState
from runner.states import ExecutionState as S
from spec.job import PluginKind

NOW = 1_790_000_000.0
MB = 1_000_000

SPEC = '''# orders from the change log, one Parquet file per checkpoint
env {
  job.name = "orders-cdc"
  job.mode = "STREAMING"
  checkpoint.interval = 10000
  read_limit.rows_per_second = 200000
}

source {
  FakeSource {
    plugin_output = "orders"
    row.num = 5000000
    password = "hunter2"
    schema { fields { id = bigint, customer = string, amount = "decimal(12,2)", at = timestamp } }
  }
}

transform {
  Sql {
    plugin_input = "orders"
    plugin_output = "big"
    query = """
      select customer, sum(amount) as total
      from orders where amount > 10.5
    """
  }
}

sink {
  LocalFile { plugin_input = "big", path = ${?OUT}"/orders", file_format_type = parquet }
}
'''


def checkpoint(job_id: str, number: int, age: float, **fields: Any) -> Checkpoint:
    """A committed checkpoint that is ``age`` seconds old."""
    took = fields.pop("duration", 0.8)
    fields.setdefault("generation", 1)
    fields.setdefault("kind", CheckpointKind.PERIODIC)
    fields.setdefault("status", CheckpointStatus.COMMITTED)
    fields.setdefault("execution_id", f"{job_id}-e1")
    return Checkpoint(
        id=number, job_id=job_id, triggered_at=NOW - age - took, completed_at=NOW - age, duration=took, **fields
    )  # fmt: skip


def make_job(name: str, state: S, *, job_id: str, **fields: Any) -> Job:
    """A job in one state; what is not said has a plain default."""
    since = fields.pop("since", 3600.0)
    started = fields.pop("started", since)
    finished = NOW - since if state.is_terminal else None
    last = fields.pop("last", None)
    reload = fields.pop("reload", None)
    mode = fields.pop("mode", "STREAMING")
    generation = fields.pop("generation", 1)
    file = fields.pop("file", f"/data/jobs/{name}.conf")
    execution = Execution(
        id=f"{job_id}-e1", job_id=job_id, job_name=name, generation=generation, state=state, state_since=NOW - since,
        created_at=NOW - started - 1, started_at=NOW - started, finished_at=finished, attempt=fields.pop("attempt", 1),
        totals=fields.pop("totals", Totals()), **fields,
    )  # fmt: skip
    return Job(
        id=job_id, name=name, mode=mode, desired_state=DesiredState.RUNNING, generation=generation, created_at=NOW - started - 2,
        updated_at=NOW - since, file=file, execution=execution, last_checkpoint=last, reload=reload,
    )  # fmt: skip


def _live(rate_in: float, rate_out: float, rows: int, **more: Any) -> Totals:
    passes = rate_out / rate_in if rate_in else 1.0
    return Totals(
        rows_in=rows, rows_out=int(rows * passes), bytes_in=rows * 96, bytes_out=rows * 71,
        rows_in_per_second=rate_in, rows_out_per_second=rate_out, **more,
    )  # fmt: skip


def sample_jobs() -> list[Job]:
    """One job in nearly every state."""
    day = 86_400.0
    return [
        make_job("orders-cdc", S.RUNNING, job_id="0f3a9c1d22aa", since=3.2 * day, generation=7, worker_pids=(411, 412, 413, 414),
                 totals=_live(182_400, 181_100, 1_921_000_000, lag_seconds=2.1, cpu_percent=184.0, memory_bytes=412 * MB),
                 last=checkpoint("0f3a9c1d22aa", 812, 4, size=42 * MB, rows_in=1_918_500_000, rows_out=1_904_000_000)),
        make_job("clickstream-hourly", S.SAVEPOINTING, job_id="1b77e0a4c3f0", since=8, started=1.3 * day, phase="prepare",
                 totals=_live(95_300, 95_300, 612_000_000, lag_seconds=0.4, cpu_percent=96.0, memory_bytes=318 * MB),
                 last=checkpoint("1b77e0a4c3f0", 3101, 31, size=9 * MB, rows_in=609_000_000, duration=0.3)),
        make_job("payments-sync", S.FAILED, job_id="2c90ddfe7711", since=12 * 60, started=5 * 3600, restarts=5, attempt=6,
                 totals=Totals(rows_in=48_220_133, rows_out=48_219_000, bytes_in=6 * 10**9, bytes_out=5 * 10**9),
                 error=ErrorInfo(code="sink-write", plugin="Jdbc", position="payments.conf:31",
                                 message="duplicate key value violates unique constraint \"payments_pkey\"\nKey (id)=(48220134) already exists",
                                 hint="set primary_keys on the sink to upsert, or restore from an older savepoint"),
                 last=checkpoint("2c90ddfe7711", 96, 13 * 60, size=3 * MB, rows_in=48_200_000, duration=1.2)),
        make_job("users-full", S.PAUSED, job_id="3d1122334455", since=9 * 3600, mode="BATCH",
                 totals=_live(0, 0, 88_000_000, cpu_percent=0.0, memory_bytes=120 * MB),
                 last=checkpoint("3d1122334455", 12, 3600, size=18 * MB, rows_in=88_000_000, kind=CheckpointKind.SAVEPOINT, duration=12.0)),
        make_job("inventory-delta", S.RUNNING, job_id="4e5566778899", since=6.5 * 3600, worker_pids=(500,),
                 totals=_live(12_700, 12_640, 297_000_000, lag_rows=1800, cpu_percent=31.0, memory_bytes=96 * MB),
                 last=checkpoint("4e5566778899", 2340, 7, size=700_000, rows_in=296_900_000, duration=0.06),
                 reload=ReloadStatus(outcome="invalid", at=NOW - 40, message="1 error, the running generation stays",
                                     diagnostics=({"code": "J201", "severity": "error", "message": "unknown option “row.nums”", "label": "FakeSource has no such option", "notes": ["help: did you mean “row.num”?"],
                                                   "file": "orders.conf", "start": {"line": 12, "column": 5}, "end": {"line": 12, "column": 13}},))),
        make_job("sensor-rollup", S.RUNNING, job_id="5f0a0b0c0d0e", since=52, restarts=2, attempt=3,
                 totals=_live(1_840, 61, 95_000, lag_seconds=64.0, cpu_percent=12.0, memory_bytes=88 * MB)),
        make_job("mail-bounces", S.RESTARTING, job_id="6a1b2c3d4e5f", since=3, started=600, restarts=1, attempt=2,
                 totals=Totals(rows_in=10_220, rows_out=10_000),
                 error=ErrorInfo(code="source-read", plugin="LocalFile", message="permission denied: /data/bounces/07.json", hint="give the daemon's user read access"),
                 last=checkpoint("6a1b2c3d4e5f", 4, 35, rows_in=10_000, size=2_100, duration=0.05)),
        make_job("fx-rates", S.QUEUED, job_id="7b0000000001", since=20, mode="BATCH"),
        make_job("sessions-parquet", S.FINISHED, job_id="8c0000000002", since=1800, started=5400, mode="BATCH",
                 totals=Totals(rows_in=740_112_903, rows_out=740_112_903, bytes_in=71 * 10**9, bytes_out=12 * 10**9),
                 last=checkpoint("8c0000000002", 1, 1800, kind=CheckpointKind.FINAL, rows_in=740_112_903, size=4_000, duration=0.4)),
        make_job("audit-archive", S.STOPPED, job_id="9d0000000003", since=2.2 * day, started=9 * day,
                 totals=Totals(rows_in=5_002_118, rows_out=5_002_118), savepoint_id=44,
                 last=checkpoint("9d0000000003", 44, 2.2 * day, kind=CheckpointKind.SAVEPOINT, rows_in=5_002_118, size=31_000, duration=0.2)),
        make_job("geo-enrich", S.CANCELED, job_id="ae0000000004", since=6 * 3600, started=7 * 3600,
                 totals=Totals(rows_in=18_333, rows_out=0)),
    ]  # fmt: skip


def sample_series(rate: float, *, hole: bool = False, memory: float = 412e6) -> Any:
    """Metric history that looks like work: waves, a dip, and a gap when asked for."""

    def made(window: int, buckets: int) -> list[MetricSeries]:
        step = window / buckets

        def points(scale: float, shape: float, floor: float = 0.35) -> tuple[MetricPoint, ...]:
            values = []
            for index in range(buckets):
                at = NOW - window + index * step
                wave = floor + (1 - floor) * (0.5 + 0.5 * math.sin(at / shape)) * (0.85 + 0.15 * math.sin(at / (shape / 7)))
                gone = hole and 0.55 < index / buckets < 0.63
                values.append(MetricPoint(at=at, value=None if gone else scale * wave))
            return tuple(values)

        def series(name: str, *shape: float) -> MetricSeries:
            return MetricSeries(name=name, plugin="", resolution=step, points=points(*shape))

        return [
            series("rows_in", rate * 1.15, window / 11),
            series("rows_out", rate * 1.14, window / 11),
            series("lag_seconds", 4.0, window / 6, 0.05),
            series("cpu_percent", 210.0, window / 11),
            series("memory_bytes", memory, window / 3, 0.9),
        ]

    return made


def sample_checkpoints(job_id: str) -> list[Checkpoint]:
    """Newest first: periodic ones, a failed one, two savepoints."""
    rows = 1_918_500_000
    return [
        checkpoint(job_id, 812, 4, generation=7, size=42 * MB, rows_in=rows, rows_out=rows - 9_000),
        checkpoint(job_id, 811, 14, generation=7, size=42 * MB, rows_in=rows - 1_800_000, rows_out=rows - 1_900_000, duration=0.7),
        checkpoint(job_id, 810, 24, generation=7, status=CheckpointStatus.FAILED, failure="worker 2 did not prepare within 60 s", duration=60.0),
        checkpoint(job_id, 809, 94, generation=7, size=41 * MB, rows_in=rows - 9_000_000, rows_out=rows - 9_100_000, duration=0.9),
        checkpoint(job_id, 790, 3600, generation=7, kind=CheckpointKind.SAVEPOINT, size=41 * MB, rows_in=rows - 600_000_000,
                   rows_out=rows - 600_100_000, description="before the schema change", duration=1.4),
        checkpoint(job_id, 402, 2.1 * 86_400, generation=5, kind=CheckpointKind.SAVEPOINT, size=20 * MB, rows_in=700_000_000, rows_out=699_000_000,
                   description="weekly", duration=1.1),
    ]  # fmt: skip


def sample_logs() -> list[LogLine]:
    """Lines of every level, some of several lines."""
    entries = [
        ("info", "", "execution 0f3a9c1d22aa-e1, attempt 1: 4 workers, restored from checkpoint #402"),
        ("info", "orders", "reading split 12 of 40 from row 1,200,000"),
        ("debug", "big", "segment of 65,536 rows in 3.1 ms"),
        ("output", "Console", '{"customer": "c-1881", "total": 1820.50}'),
        ("output", "Console", '{"customer": "c-0042", "total": 99.10}'),
        ("warning", "LocalFile", "fsync took 1.9 s: the disk is busy"),
        ("info", "", "checkpoint #811 committed in 0.7 s"),
        ("error", "orders", "row 1,918,332 does not fit: amount = “12,50” is not a decimal(12,2)\nskipped, 1 of 100 allowed\nread from split 12"),
        ("info", "", "checkpoint #812 committed in 0.8 s"),
    ]  # fmt: skip
    made = []
    for number in range(45):
        level, plugin, message = entries[number % len(entries)]
        made.append(
            LogLine(
                at=NOW - 90 + number * 2,
                level=level,
                plugin=plugin,
                message=message,
                worker=number % 4,
                offset=(number + 1) * 100,
            )
        )
    return made


def sample_tasks() -> list[Task]:
    """Two sources into a join, which feeds two sinks; the join is busy and held up by the second sink."""
    flow = {"rows_in_per_second": 182_300.0, "rows_out_per_second": 182_300.0}
    return [
        Task(id="0", name="FakeSource", kind=PluginKind.SOURCE, state=TaskState.RUNNING, parallelism=4, output="orders",
             rows_out=1_921_000_000, rows_out_per_second=182_300.0, busy=0.41, idle=0.1, backpressured=0.49),
        Task(id="1", name="LocalFile", kind=PluginKind.SOURCE, state=TaskState.BACKPRESSURED, parallelism=1, output="customers",
             rows_out=48_200, rows_out_per_second=12.0, busy=0.02, idle=0.1, backpressured=0.88),
        Task(id="2", name="Sql", kind=PluginKind.TRANSFORM, state=TaskState.RUNNING, parallelism=2, inputs=("orders", "customers"),
             output="big", rows_in=1_921_048_200, rows_out=1_920_900_000, busy=0.93, idle=0.02, backpressured=0.05, **flow),
        Task(id="3", name="LocalFile", kind=PluginKind.SINK, state=TaskState.RUNNING, parallelism=1, inputs=("big",),
             rows_in=1_920_900_000, rows_in_per_second=181_900.0, busy=0.62, idle=0.38),
        Task(id="4", name="Console", kind=PluginKind.SINK, state=TaskState.WAITING, parallelism=1, inputs=("big",),
             rows_in=1_920_900_000, rows_in_per_second=181_900.0, rows_rejected=1_204, busy=0.05, idle=0.95),
    ]  # fmt: skip


def sample_records() -> dict[str, PluginSample]:
    """The last records of plugins, by their ids: what a client sees of them, a secret among it."""
    orders = [(1_921_048_120 + number, f"c-{number * 37 % 1900:04}", 10.5 + number * 7.25) for number in range(12)]
    big = [(f"c-{number * 37 % 1900:04}", 120.5 + number * 61.75) for number in range(8)]
    return {
        "0": PluginSample(
            plugin="0", columns=("id", "customer", "amount", "card", "at"),
            types=("int64", "string", "decimal(12,2)", "string", "timestamp"),
            records=tuple(
                SampledRecord(values={"id": key, "customer": customer, "amount": amount, "card": "******",
                                      "at": f"2026-09-21T14:13:{number + 6:02}"})
                for number, (key, customer, amount) in enumerate(orders)
            ),
        ),
        "2": PluginSample(
            plugin="2", columns=("customer", "total"), types=("string", "double"),
            records=tuple(SampledRecord(values={"customer": customer, "total": total}) for customer, total in big),
        ),
    }  # fmt: skip


def sample_errors() -> list[ErrorGroup]:
    """A failure that came five times, and rows that did not fit."""
    return [
        ErrorGroup(fingerprint="a1", kind="failure", code="sink-write", pattern="duplicate key value violates unique constraint …",
                   plugin="Jdbc", count=5, first_at=NOW - 4000, last_at=NOW - 720,
                   sample="duplicate key value violates unique constraint “payments_pkey”\nKey (id)=(4822013) already exists.",
                   hint="set primary_keys, so that rows are written over instead of twice"),
        ErrorGroup(fingerprint="b2", kind="rejected", code="cast", pattern="amount = “…” is not a decimal(12,2)", plugin="orders",
                   count=1204, first_at=NOW - 86_400, last_at=NOW - 4, sample="amount = “12,50” is not a decimal(12,2)"),
        ErrorGroup(fingerprint="c3", kind="failure", code="worker-died", pattern="worker … was killed by signal …", count=1,
                   first_at=NOW - 9000, last_at=NOW - 9000, sample="worker 2 was killed by signal 9"),
    ]  # fmt: skip


def sample_effects() -> dict[str, Any]:
    """What a daemon says of a cancel and of a stop, by verb."""
    return {
        "cancel": {
            "does": "ends now, without a savepoint",
            "kept": ["checkpoint 812, 4 s old, 1918500000 rows read", "what checkpoints have committed to the targets"],
            "lost": ["2500000 rows read after it: they are read again"],
            "safer": [{"action": "stop", "why": "takes a savepoint first, and loses nothing"}],
            "rows_to_read_again": 2_500_000,
            "risk": "destructive",
        },
        "stop": {
            "does": "takes a savepoint, then stops",
            "kept": ["everything: 1921000000 rows read so far, and what is read until then"],
            "usual_seconds": 0.8,
        },
    }  # fmt: skip


def put_on(stage: Any) -> None:
    """Let a staged daemon tell of the sample jobs: with history, checkpoints, logs and specs."""
    for job in sample_jobs():
        stage.add(job)
        rate = job.execution.totals.rows_in_per_second
        stage.texts[job.id] = SPEC
        if rate is not None:
            stage.series[job.id] = sample_series(rate, hole=job.name == "orders-cdc")
    stage.effects.update(sample_effects())
    stage.checkpoints["0f3a9c1d22aa"] = sample_checkpoints("0f3a9c1d22aa")
    stage.logs["0f3a9c1d22aa"] = sample_logs()
    stage.tasks["0f3a9c1d22aa"] = sample_tasks()
    stage.edges["0f3a9c1d22aa"] = [EdgePressure(edge="LocalFile -> Sql", fill=0.97, level=0.88), EdgePressure(edge="x -> y")]
    stage.errors["0f3a9c1d22aa"] = sample_errors()
    records = sample_records()
    stage.pages["jobs/0f3a9c1d22aa/samples"] = lambda query: SampleList(
        samples=(records.get(query["plugin"], PluginSample(plugin=query["plugin"], trouble="no rows have passed")),)
    )


def new_savepoint(job: Any) -> Checkpoint:
    """What a staged daemon answers when a savepoint is asked for."""
    return checkpoint(job.id, 900, 0, size=42_000_000, rows_in=1_921_000_000, kind=CheckpointKind.SAVEPOINT, duration=0.8)
