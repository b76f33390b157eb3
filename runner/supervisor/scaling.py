"""The number of workers that people ask for while an execution runs. It holds for its later attempts too: it is in the store
before anybody is hired or let go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from runner.supervisor.execution_record import ExecutionRecord
from runner.supervisor.limits import MAXIMUM_WORKERS
from runner.supervisor.pausing import ENDING
from runner.supervisor.pending_wishes import reject, resolve
from runner.supervisor.wishes import ScaleWish
from runner.supervisor.work import worker_count
from spec.job import JobSpec


class Scalable(Protocol):
    """The attempt that runs."""

    def scale(self, workers: int) -> None:
        """Have so many workers."""


async def scale(
    wish: ScaleWish, record: ExecutionRecord, job: JobSpec, sink_limits: Mapping[str, int], attempt: Scalable | None
) -> None:
    """Have another number of workers, in this attempt and those that follow."""
    if record.state in ENDING:
        reject(wish, f"the job is {record.state}")
        return
    asked = wish.total
    if asked is None:
        asked = (record.current.workers_wanted or worker_count(job, sink_limits)) + wish.change
    trouble = _trouble(asked, job, sink_limits)
    if trouble:
        reject(wish, trouble)
        return
    if (asked, asked) != (record.current.workers_wanted, record.current.workers_asked):
        await keep_scale(record, asked, by_hand=True)
    if attempt is not None:
        attempt.scale(asked)
    resolve(wish.accepted, None)


async def keep_scale(record: ExecutionRecord, workers: int, *, by_hand: bool) -> None:
    """Record how many workers the execution is to have; ``by_hand``: whatever the job itself says."""
    said = f"is to have {workers} worker{'s' if workers > 1 else ''}" + ("" if by_hand else ", as its file says")
    await record.keep("execution.workers", said, workers_wanted=workers, workers_asked=workers if by_hand else None)


def _trouble(asked: int, job: JobSpec, sink_limits: Mapping[str, int]) -> str:
    """Why there cannot be ``asked`` workers; empty when there can."""
    if asked < 1:
        return "the last worker cannot leave: pause or stop the job instead"
    if asked > MAXIMUM_WORKERS:
        return f"a job has at most {MAXIMUM_WORKERS} workers"
    for sink in job.sinks:
        most = sink_limits.get(sink.name)
        if most is not None and asked > most:
            return f"the sink {sink.id} ({sink.name}) can be written to by {most} worker{'s' if most > 1 else ''} at most"
    return ""
