"""What an attempt reports to its execution: that it has begun, how its checkpoints fare, who works on it.

The execution changes its state by that, fulfils what people have wished, and sees how far it has come."""

from __future__ import annotations

import asyncio

from runner.model import Checkpoint, CheckpointKind, ErrorInfo, Execution
from runner.states import ExecutionState
from runner.supervisor.attempt import Attempt
from runner.supervisor.coordinator import Trigger
from runner.supervisor.course import Course
from runner.supervisor.crew import Crew
from runner.supervisor.errors import AttemptFailed
from runner.supervisor.leftovers import Leftovers
from runner.supervisor.outcome import Ending

_FINAL_TRIES = 3


class AttemptReports:
    """The listener (:class:`~runner.supervisor.attempt.AttemptListener`) of all attempts of the execution on ``course``."""

    def __init__(self, course: Course, leftovers: Leftovers) -> None:
        self.running = asyncio.Event()
        """Set when the work has begun for the first time."""
        self.proven = asyncio.Event()
        """Set when rows that this execution has written are durable."""
        self._course = course
        self._record = course.record
        self._leftovers = leftovers
        self._left: list[Execution] | None = None
        self._attempt: Attempt | None = None
        self._crew: Crew | None = None

    def follow(self, attempt: Attempt | None, crew: Crew | None) -> None:
        """From now on this one, and those who work on it, are reported of; None: there is none."""
        self._attempt, self._crew = attempt, crew

    async def clear_leftovers(self) -> None:
        """Before the first attempt: put in order what former executions of the job have left. What cannot be, the sinks do when
        they are recovered."""
        if self._left is None:
            self._left = await self._leftovers.clear(self._course.work.job_id)

    async def begun(self) -> None:
        """The work begins."""
        self._course.begun_at = asyncio.get_running_loop().time()
        if self._attempt is not None:
            self._record.remember(splits_left_out=self._attempt.left_out)
        if self._record.state is ExecutionState.STARTING:
            await self._record.change(self._reading(), error=None)
        # The sinks of this generation are recovered, and with them what former executions of it had left.
        await self._leftovers.settled(left for left in self._left or () if left.generation == self._course.work.generation)
        self._left = []
        self.running.set()

    def _reading(self) -> ExecutionState:
        """The state of an execution that reads, unless somebody has paused it."""
        return ExecutionState.RUNNING if self._record.current.pause is None else ExecutionState.PAUSED

    def wants(self, trigger: Trigger) -> bool:
        """Whether anybody still waits for the checkpoint."""
        return self._course.pending.wants(trigger)

    async def checkpoint_begins(self, trigger: Trigger) -> None:
        """Savepoints are a state of their own, unless the execution is being stopped by one."""
        if trigger.kind is CheckpointKind.SAVEPOINT and self._record.state is self._reading():
            await self._record.change(ExecutionState.SAVEPOINTING)

    async def checkpoint_durable(self, trigger: Trigger, checkpoint: Checkpoint) -> None:
        """Progress: it cannot be lost any more."""
        self._record.remember(rejected=checkpoint.rejected)
        rows = (checkpoint.rows_in or 0) + sum(found.rows for found in checkpoint.rejected)
        if rows > self._course.best_rows:
            self._course.best_rows = rows
            self._course.budget.progressed()
            self._course.recurrence.progressed()
        if (checkpoint.rows_out or 0) > self._course.restored_rows_out:
            self.proven.set()
        if trigger.stop and trigger.kind is CheckpointKind.SAVEPOINT:
            self._course.stop_savepoint = checkpoint.id
        elif trigger.kind is CheckpointKind.FINAL and self._course.final_tries is None:
            self._course.final_tries = _FINAL_TRIES

    async def checkpoint_committed(self, trigger: Trigger, checkpoint: Checkpoint) -> None:
        """A savepoint is over; one that stops ends the attempt instead."""
        if not trigger.stop and self._record.state is ExecutionState.SAVEPOINTING:
            await self._record.change(self._reading())
        self._course.pending.fulfil(trigger, checkpoint)

    async def workers_changed(self, message: str) -> None:
        """Some have come, or will not come."""
        await self._tell_workers(message)

    async def workers_left(self, workers: frozenset[int]) -> None:
        """Some have gone."""
        numbers = ", ".join(map(str, sorted(workers)))
        await self._tell_workers(f"worker{'s' if len(workers) > 1 else ''} {numbers} left")

    async def _tell_workers(self, message: str) -> None:
        pids = tuple(self._crew.pids.values()) if self._crew is not None else ()
        self._record.hired(pids)
        await self._record.keep("execution.workers", f"{message}; there are {len(pids)}", worker_pids=pids)

    async def checkpoint_failed(self, trigger: Trigger, reason: str) -> None:
        """Run on without it, if that is still possible."""
        if self._record.state is ExecutionState.SAVEPOINTING:
            await self._record.change(self._reading(), f"the savepoint failed: {reason}")
        self._course.pending.fail(trigger, reason)
        if not trigger.stop or trigger.kind is CheckpointKind.FINAL:
            return
        if trigger.kind is CheckpointKind.PERIODIC:
            self._course.ending = Ending.PARKED
        elif self._record.state is ExecutionState.STOPPING:
            raise AttemptFailed(ErrorInfo(code="savepoint-failed", message=f"the savepoint failed: {reason}"))
