"""What follows an attempt: another one and when, the end of the execution and which, or nothing under this daemon."""

from __future__ import annotations

import asyncio
import logging

from runner.model import Checkpoint, CheckpointKind, DesiredState, ErrorInfo
from runner.states import ExecutionState
from runner.supervisor.course import Course
from runner.supervisor.crew import WORKER_KILLED
from runner.supervisor.errors import AttemptFailed, error_info
from runner.supervisor.orphans import NOTHING_NOTED
from runner.supervisor.outcome import Ending, Outcome
from runner.supervisor.pending_wishes import resolve
from runner.supervisor.recurrence import FILE_MISSING, recurring
from runner.supervisor.settlement import settle
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
HOME_TROUBLE = frozenset({"store-unavailable", "store-timeout", NOTHING_NOTED})
"""Failures of the home's disk: not the job's, so they use up none of its restarts. It waits until the disk is better."""
_HOME_PAUSE = 1.0
NOT_TRIED_AGAIN = "not tried again: it would fail the same way"
"""The phase of an execution that failed although its restart strategy would have allowed another attempt."""
DAEMON_ENDS = "the daemon was shut down; the next one goes on from the last checkpoint"
"""The phase of an execution that was left in order."""
_AT_WORK = frozenset({ExecutionState.STARTING, ExecutionState.RUNNING, ExecutionState.PAUSED, ExecutionState.SAVEPOINTING})


class Aftermath:
    """Decides and records what comes after each attempt of the execution on ``course``."""

    def __init__(self, course: Course) -> None:
        self._course = course

    async def conclude(self, outcome: Outcome) -> float | None:
        """Draw the conclusion: seconds to rest before the next attempt, or None when there is nothing to wait for."""
        match outcome.ending:
            case Ending.COMPLETE if outcome.checkpoint is not None:
                await self._conclude_complete(outcome.checkpoint)
            case Ending.CANCELED:
                await self._finish(ExecutionState.CANCELED, clean=False)
            case Ending.STOPPED:
                await self._finish(ExecutionState.STOPPED, clean=False, savepoint_id=self._course.stop_savepoint)
            case Ending.PARKED:
                await self._park()
            case _ if outcome.failure is not None:
                return await self._after_failure(outcome.failure)
        return None

    async def _conclude_complete(self, checkpoint: Checkpoint) -> None:
        record, pending = self._course.record, self._course.pending
        match checkpoint.kind:
            case CheckpointKind.FINAL:
                await self._finish(ExecutionState.FINISHED, self._left_out(), clean=True)
            case CheckpointKind.SAVEPOINT:
                if record.state is not ExecutionState.STOPPING:
                    await record.change(ExecutionState.STOPPING, desired=self._desired())
                await self._finish(ExecutionState.STOPPED, clean=True, savepoint_id=checkpoint.id)
                if pending.stop is not None:
                    resolve(pending.stop.accepted, None)
            case CheckpointKind.PERIODIC:
                await self._park()

    def _left_out(self) -> str:
        """What a recovery has not read."""
        current = self._course.record.current
        count = current.splits_left_out
        if not count:
            return ""
        words = "1 split was" if count == 1 else f"{count} splits were"
        return f"{words} left out: flowdeck recover {current.job_name} takes what is not finished"

    def _desired(self) -> DesiredState | None:
        stop = self._course.pending.stop
        return stop.desired if stop else None

    async def _after_failure(self, failure: AttemptFailed) -> float | None:
        """The seconds to wait before the next attempt; None: there is none, or it comes at once."""
        course, record, error = self._course, self._course.record, failure.error
        course.pending.fail_savepoints(f"the attempt failed: {error.message}")
        if record.state is ExecutionState.STOPPING:
            await self._after_failed_stop(failure)
            return None
        if course.pending.stop is not None:
            course.pending.drop_stop(f"the attempt failed: {error.message}")
        killed = error.code == WORKER_KILLED
        if not killed and course.recurrence.recurs(error):
            error = recurring(error)
            await self._finish(ExecutionState.FAILED, NOT_TRIED_AGAIN, clean=False, error=error)
            return None
        never = error.code == FILE_MISSING and not course.touched  # a path mistyped: whoever started the job is waiting
        hopeless = not killed and (course.fragile or never or not failure.retriable)
        delay = None if hopeless else self._next_delay(error)
        if delay is None:
            permanent = never or not failure.retriable
            why = NOT_TRIED_AGAIN if permanent else "" if hopeless else course.budget.describe()
            await self._finish(ExecutionState.FAILED, why, clean=False, error=error)
            return None
        await record.change(
            ExecutionState.RESTARTING,
            f"attempt {record.current.attempt} failed; the next one starts in {delay:g} s",
            restarts=record.current.restarts + 1,
            error=error,
            worker_pids=(),
        )
        return delay

    def _next_delay(self, error: ErrorInfo) -> float | None:
        if error.code in HOME_TROUBLE:
            return _HOME_PAUSE
        if error.code == WORKER_KILLED:
            return 0.0
        if self._course.final_tries:
            # All input is processed and durable; only the sinks' commit is missing, whatever the restart strategy says.
            self._course.final_tries -= 1
            return 0.0
        if self._course.begun_at is not None:
            self._course.budget.ran(asyncio.get_running_loop().time() - self._course.begun_at)
        return self._course.budget.next_delay()

    async def _after_failed_stop(self, failure: AttemptFailed) -> None:
        """One more attempt, which does nothing but take the savepoint where the last checkpoint left off; then stop without."""
        course = self._course
        if failure.retriable and not course.stop_tried:
            course.stop_tried = True
            await course.record.note("stop.retried", f"the stop is tried again: {failure.message}")
            return
        await self._finish(
            ExecutionState.STOPPED,
            f"without a savepoint: {failure.message}" if course.stop_savepoint is None else failure.message,
            clean=False,
            savepoint_id=course.stop_savepoint,
            error=failure.error,
        )

    async def _park(self) -> None:
        record = self._course.record
        if record.state in _AT_WORK:
            await record.change(ExecutionState.RESTARTING, DAEMON_ENDS, worker_pids=())
        self._course.over = True

    async def bring_to(self, ending: Ending) -> None:
        """For an execution that nobody ran any more when this daemon came: do what was wanted of it."""
        course, record = self._course, self._course.record
        state = record.state
        if ending is Ending.STOPPED and state is ExecutionState.STOPPING:
            course.stop_savepoint = await course.records.savepoint_at_end()
        if state in {ExecutionState.CREATED, ExecutionState.QUEUED}:
            never = ExecutionState.STOPPED if ending is Ending.STOPPED else ExecutionState.CANCELED
            await self._finish(never, "it had not started", clean=True)
            return
        passing = ExecutionState.STOPPING if ending is Ending.STOPPED else ExecutionState.CANCELING
        if state is not passing:
            await record.change(passing)
        await self.conclude(Outcome(ending))

    async def _finish(
        self,
        state: ExecutionState,
        message: str = "",
        *,
        clean: bool,
        savepoint_id: int | None = None,
        error: ErrorInfo | None = None,
    ) -> None:
        """Go over to a terminal state. Unless the end was ``clean``, put the outputs in order first."""
        course, trouble = self._course, ""
        if not clean and course.touched:
            trouble = await settle(course.parts, course.work, course.record.current, course.lease)
            if trouble:
                message = "; ".join(filter(None, [message, f"unfinished output is not removed yet: {trouble}"]))
        await course.record.change(state, message, savepoint_id=savepoint_id, error=error, unsettled=trouble)
        course.over = True

    async def give_up(self, error: Exception) -> None:
        """The last resort: whatever went wrong, the record says so, if the store still takes it."""
        course, record = self._course, self._course.record
        if record.state.is_terminal:
            return
        try:
            info = error_info(error)
            await record.change(ExecutionState.FAILED, error=info, unsettled=info.message if course.touched else "")
        except FlowdeckError:
            _log.exception("the failure of execution %s could not be recorded", record.current.id)
