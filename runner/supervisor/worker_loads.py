"""What each worker of an attempt last said of itself: whether it has anything left to read, its counters, its load."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from runner.cluster import FleetWorker
from runner.model import Execution, Worker, WorkerState
from runner.protocol import Heartbeat
from spec.job import JobSpec

_SHARES = {"busy": "busy_seconds", "idle": "idle_seconds", "backpressured": "backpressured_seconds"}


@dataclass(slots=True)
class _Load:
    beat: Heartbeat
    at: float
    cpu_percent: float | None = None
    shares: dict[str, float] = field(default_factory=dict)


class WorkerLoads:
    """The heartbeats of one attempt's workers, those that left included; they run ``job``. Times are the event loop's."""

    def __init__(self, job: JobSpec) -> None:
        self._sources = {plugin.id for plugin in job.sources}
        self._sinks = {plugin.id for plugin in job.sinks}
        self._loads: dict[int, _Load] = {}

    def observe(self, beat: Heartbeat, now: float) -> None:
        """Take in a heartbeat."""
        former = self._loads.get(beat.worker)
        load = _Load(beat, now)
        if former is not None and now > former.at:
            load.cpu_percent = max(0.0, 100 * (beat.cpu_seconds - former.beat.cpu_seconds) / (now - former.at))
            load.shares = _shares(former.beat, beat)
        self._loads[beat.worker] = load

    def is_drained(self, worker: int, given: int) -> bool:
        """Whether ``worker`` has read all of the ``given`` splits, and was told that there are no more. What it said before it
        heard of the last one does not count."""
        load = self._loads.get(worker)
        return load is not None and load.beat.drained and load.beat.splits_heard >= given

    @property
    def splits_finished(self) -> int:
        """How many splits have been read to their end, whether a checkpoint knows of it or not."""
        return sum(load.beat.splits_finished for load in self._loads.values())

    def view(self, worker: int, pid: int, state: WorkerState, given: int, heard_ago: float) -> Worker:
        """What is known of ``worker``, which has been ``given`` so many splits."""
        load = self._loads.get(worker)
        if load is None:
            return Worker(number=worker, pid=pid, state=state, splits=given, heard_ago=heard_ago)
        counters = load.beat.counters
        return Worker(
            number=worker,
            pid=pid,
            state=state,
            splits=max(0, given - load.beat.splits_finished),
            rows_in=sum(counter.rows_in for counter in counters if counter.plugin in self._sources),
            rows_out=sum(counter.rows_out for counter in counters if counter.plugin in self._sinks),
            heard_ago=heard_ago,
            cpu_percent=load.cpu_percent,
            memory_bytes=load.beat.memory_bytes,
        )

    def of_fleet(self, worker: Worker, execution: Execution, queue: str, birth: float) -> FleetWorker:
        """What is known of ``worker``, which was started at ``birth`` (epoch seconds) and works for ``execution``."""
        load = self._loads.get(worker.number)
        return FleetWorker(
            name=f"{execution.id}/{worker.number}",
            number=worker.number,
            pid=worker.pid,
            state=worker.state,
            job_id=execution.job_id,
            job_name=execution.job_name,
            execution_id=execution.id,
            attempt=execution.attempt,
            queue=queue,
            birth=birth,
            heartbeat=time.time() - worker.heard_ago,
            splits=worker.splits,
            splits_finished=0 if load is None else load.beat.splits_finished,
            rows_in=worker.rows_in,
            rows_out=worker.rows_out,
            rows_rejected=0 if load is None else sum(counters.rows_rejected for counters in load.beat.counters),
            cpu_percent=worker.cpu_percent,
            memory_bytes=worker.memory_bytes,
            **({} if load is None else load.shares),
        )


def _shares(former: Heartbeat, latter: Heartbeat) -> dict[str, float]:
    """Of the seconds that all plugins' threads have counted since, how many went where; together one."""
    before = {counters.plugin: counters for counters in former.counters}
    spent = dict.fromkeys(_SHARES, 0.0)
    for counters in latter.counters:
        if (old := before.get(counters.plugin)) is not None:
            for name, counted in _SHARES.items():
                spent[name] += max(0.0, getattr(counters, counted) - getattr(old, counted))
    whole = sum(spent.values())
    return {name: seconds / whole for name, seconds in spent.items()} if whole else {}
