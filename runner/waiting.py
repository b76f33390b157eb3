"""Waiting for a job to become what somebody wants of it: what both clients share of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.endpoint import DaemonUnreachable
from runner.model import Event, Job
from runner.states import ExecutionState
from spec.errors import FlowdeckError

_STEP_SECONDS = 1.0


def is_over(job: Job) -> bool:
    """Whether the job's newest execution has ended, one way or another. To be given to ``wait_until``."""
    return job.execution is not None and job.execution.state.is_terminal


def is_running(job: Job) -> bool:
    """Whether the job runs and has read something. To be given to ``wait_until``."""
    execution = job.execution
    return execution is not None and execution.state is ExecutionState.RUNNING and execution.totals.rows_in > 0


class WaitTimeout(FlowdeckError):
    """What was waited for did not happen in time."""

    code = "timeout"


class Waiting:
    """One wait for ``predicate``. The job is to be looked at on each of its events, and once a second for what has no event
    (its counters)."""

    def __init__(self, predicate: Callable[[Job], bool], timeout: float) -> None:
        self._predicate = predicate
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout

    def is_over(self, job: Job, *, ended: bool) -> bool:
        """Whether the job is as it is wanted. Raises :class:`WaitTimeout` when it is not and the time is over, and
        :class:`DaemonUnreachable` when the feed of events has ended."""
        if self._predicate(job):
            return True
        if time.monotonic() >= self._deadline:
            state = job.execution.state if job.execution else "never started"
            raise WaitTimeout(
                f"the job {job.name} is {state} after {self._timeout:g} seconds",
                hint=f"flowdeck show {job.name} tells what it does",
            )
        if ended:
            raise DaemonUnreachable("the daemon ended while we waited")
        return False

    @property
    def step(self) -> float:
        """Seconds to wait for the next event."""
        return max(0.0, min(_STEP_SECONDS, self._deadline - time.monotonic()))


def concerns(event: Event | None, job_id: str) -> bool:
    """Whether the event may have changed the job."""
    return event is not None and event.job_id in {job_id, None}
