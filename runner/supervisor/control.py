"""Runs one execution from its creation to a terminal state: attempts, restarts, and what people ask for in between.

One task per execution takes everything from one inbox, so nothing here runs twice at the same time. Each state that passes by
itself has a limit: STARTING, checkpoints and heartbeats in the attempt, RESTARTING by its delay, STOPPING by the savepoint's
timeout and then one more attempt, CANCELING by TERM, grace and KILL.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

from runner.model import Checkpoint, CheckpointKind, DesiredState, ErrorInfo, Execution
from runner.states import ExecutionState
from runner.store.metrics import MetricSample
from runner.supervisor.adoption import adopt
from runner.supervisor.attempt import Attempt
from runner.supervisor.backoff import RestartBudget
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.coordinator import Trigger
from runner.supervisor.crew import Crew
from runner.supervisor.errors import AttemptFailed, Conflict, error_info
from runner.supervisor.execution_record import ExecutionRecord
from runner.supervisor.leftovers import Leftovers
from runner.supervisor.link import Heard, Hung
from runner.supervisor.outcome import Ending, Outcome, failure_of
from runner.supervisor.pending_wishes import PendingWishes, reject, resolve
from runner.supervisor.queues import Ticket, wait_for_place
from runner.supervisor.restore import NONE
from runner.supervisor.settlement import settle
from runner.supervisor.totals import TotalsMeter
from runner.supervisor.wishes import CancelWish, ParkWish, SavepointWish, SettingsWish, StopWish, Wish
from runner.supervisor.work import Parts, Restored, Work, worker_count
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_POST_PATIENCE = 5.0
_FINAL_TRIES = 3
DAEMON_ENDS = "the daemon was shut down; the next one goes on from the last checkpoint"
"""The phase of an execution that was left in order."""


class ExecutionControl:
    """The control of one execution. ``wanted`` is what it starts from as long as it has no checkpoint of its own.

    ``fragile``: its first failure is its last, whatever its restart strategy, until it has written something durable or is told
    that it may fail (for an upgrade that can be rolled back). ``resumed``: it ran before, under another daemon.
    ``ticket``: its place in the job's queue, or the right to wait for one.
    """

    def __init__(
        self,
        parts: Parts,
        leftovers: Leftovers,
        work: Work,
        execution: Execution,
        *,
        wanted: str = NONE,
        fragile: bool = False,
        resumed: bool = False,
        ticket: Ticket | None = None,
    ) -> None:
        self.work = work
        self.ended = asyncio.Event()
        """Set when the execution is over, or left to the next daemon."""
        self.running = asyncio.Event()
        """Set when the work has begun for the first time."""
        self.proven = asyncio.Event()
        """Set when rows that this execution has written are durable."""
        self._parts = parts
        self._leftovers = leftovers
        self._left: list[Execution] | None = None
        self._meter = TotalsMeter(execution.id, work.job, execution.totals)
        self._record = ExecutionRecord(parts.journal, execution, self._meter)
        self._records = CheckpointRecords(parts.journal, execution, work.job.env.checkpoint.retained)
        self._budget = RestartBudget(work.job.env.restart)
        self._pending = PendingWishes(parts.limits.savepoints_waiting)
        self._inbox: asyncio.Queue[Heard | Hung | Wish] = asyncio.Queue(parts.limits.inbox)
        self._wanted = wanted
        self._fragile = fragile
        self._ticket = ticket
        self._touched = resumed
        self._attempt: Attempt | None = None
        self._ending: Ending | None = None
        self._over = False
        self._park_until: float | None = None
        self._stop_tried = False
        self._stop_savepoint: int | None = None
        self._final_tries: int | None = None
        self._best_rows = 0
        self._restored_rows_out = 0

    def harden(self) -> None:
        """From now on a failure is followed by another attempt, as the restart strategy says."""
        self._fragile = False

    def view(self) -> Execution:
        """The execution at this moment, with live totals."""
        return self._record.view(_now())

    def samples(self, at: float) -> list[MetricSample]:
        """The metrics of this moment; ``at`` is the same moment in epoch seconds."""
        return self._meter.samples(_now(), at)

    async def post(self, wish: Wish) -> None:
        """Put a wish into the inbox. Raises :class:`Conflict` when the execution is over or does not get to it."""
        if self.ended.is_set():
            raise Conflict(f"the execution is {self._record.state}")
        try:
            async with asyncio.timeout(_POST_PATIENCE):
                await self._inbox.put(wish)
        except TimeoutError:
            raise Conflict("the execution is too busy to listen", hint="try again") from None
        if self.ended.is_set():
            self._refuse_everything()

    async def run(self, ending: Ending | None = None) -> None:
        """To the end. With ``ending`` no attempt is made: the execution only has to be brought to that end."""
        try:
            if ending is not None:
                await self._bring_to(ending)
            elif self._ticket is not None:
                self._over = not await wait_for_place(self._ticket, self._record, self._inbox)
            while not self._over:
                await self._conclude(await self._make_attempt())
        except Exception as error:  # noqa: BLE001 - one bad execution must not end the daemon
            _log.exception("the control of execution %s failed", self._record.current.id)
            await self._give_up(error)
        finally:
            self.ended.set()
            self._refuse_everything()

    # one attempt

    async def _make_attempt(self) -> Outcome:
        crew: Crew | None = None
        outcome = Outcome(Ending.PARKED)  # what a cancelled task leaves behind
        try:
            if self._record.state is not ExecutionState.STOPPING:
                await self._record.change(ExecutionState.STARTING)
            if self._left is None:
                self._left = await self._leftovers.clear(self.work.job_id)
            restored = await self._records.restored(self._wanted)
            number = await self._record.begin_attempt(restored.choice)
            workers = worker_count(self.work.job, await self._parts.fork_server.sink_limits())
            crew = self._new_crew(number)
            self._attempt = self._new_attempt(restored, workers, crew)
            await self._attempt.start()
            self._record.remember(worker_pids=crew.pids)
            outcome = await self._drive(self._attempt)
        except FlowdeckError as error:
            outcome = Outcome(Ending.FAILED, failure=failure_of(error))
        finally:
            await self._end_attempt(crew, outcome)
        return outcome

    def _new_crew(self, number: int) -> Crew:
        parts = self._parts
        execution = self._record.current.id
        # The clock is no promise of order, only of being different: a worker of another daemon's life cannot speak here.
        return Crew(parts.home, parts.fork_server, self._inbox.put, execution=execution, attempt=number, epoch=time.time_ns())

    def _new_attempt(self, restored: Restored, workers: int, crew: Crew) -> Attempt:
        if restored.snapshot is not None:
            self._best_rows = max(self._best_rows, restored.snapshot.rows_in)
            self._restored_rows_out = restored.snapshot.rows_out
        attempt = Attempt(
            self.work,
            restored,
            workers=workers,
            crew=crew,
            records=self._records,
            meter=self._meter,
            limits=self._parts.limits,
            listener=self,
            log_file=str(self._parts.home.log_file(self._record.current.id)),
            now=_now(),
        )
        for trigger in self._pending.triggers():
            attempt.ask(trigger)
        return attempt

    async def _drive(self, attempt: Attempt) -> Outcome:
        while True:
            await attempt.advance(_now())
            if attempt.stopped_by is not None:
                return Outcome(Ending.COMPLETE, checkpoint=attempt.stopped_by)
            if self._ending is not None:
                return Outcome(self._ending)
            item = await self._next(attempt.wake_at())
            if isinstance(item, Heard | Hung):
                await attempt.hear(item, _now())
            elif item is not None:
                await self._accept(item)

    async def _end_attempt(self, crew: Crew | None, outcome: Outcome) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            self._touched = self._touched or attempt.has_begun
        if crew is not None:
            if outcome.ending is Ending.COMPLETE:
                await crew.farewell(self._parts.limits.farewell)
            else:
                gentle = outcome.ending in {Ending.STOPPED, Ending.CANCELED}
                await crew.dismiss(self._parts.limits.grace if gentle else 0.0)
        self._meter.end_attempt()
        await self._records.fail_unfinished()
        await self._record.end_attempt(outcome.ending, outcome.failure.error if outcome.failure else None)

    # what the attempt reports

    async def begun(self) -> None:
        """The work begins."""
        if self._record.state is ExecutionState.STARTING:
            await self._record.change(ExecutionState.RUNNING, error=None)
        # The sinks of this generation are recovered, and with them what former executions of it had left.
        await self._leftovers.settled(left for left in self._left or () if left.generation == self.work.generation)
        self._left = []
        self.running.set()

    def wants(self, trigger: Trigger) -> bool:
        """Whether anybody still waits for the checkpoint."""
        return self._pending.wants(trigger)

    async def checkpoint_begins(self, trigger: Trigger) -> None:
        """Savepoints are a state of their own, unless the execution is being stopped by one."""
        if trigger.kind is CheckpointKind.SAVEPOINT and self._record.state is ExecutionState.RUNNING:
            await self._record.change(ExecutionState.SAVEPOINTING)

    async def checkpoint_durable(self, trigger: Trigger, checkpoint: Checkpoint) -> None:
        """Progress: it cannot be lost any more."""
        rows = checkpoint.rows_in or 0
        if rows > self._best_rows:
            self._best_rows = rows
            self._budget.progressed()
        if (checkpoint.rows_out or 0) > self._restored_rows_out:
            self.proven.set()
            self.harden()
        if trigger.stop and trigger.kind is CheckpointKind.SAVEPOINT:
            self._stop_savepoint = checkpoint.id
        elif trigger.kind is CheckpointKind.FINAL and self._final_tries is None:
            self._final_tries = _FINAL_TRIES

    async def checkpoint_committed(self, trigger: Trigger, checkpoint: Checkpoint) -> None:
        """A savepoint is over; one that stops ends the attempt instead."""
        if not trigger.stop and self._record.state is ExecutionState.SAVEPOINTING:
            await self._record.change(ExecutionState.RUNNING)
        self._pending.fulfil(trigger, checkpoint)

    async def checkpoint_failed(self, trigger: Trigger, reason: str) -> None:
        """Run on without it, if that is still possible."""
        if self._record.state is ExecutionState.SAVEPOINTING:
            await self._record.change(ExecutionState.RUNNING, f"the savepoint failed: {reason}")
        self._pending.fail(trigger, reason)
        if not trigger.stop or trigger.kind is CheckpointKind.FINAL:
            return
        if trigger.kind is CheckpointKind.PERIODIC:
            self._ending = Ending.PARKED
        elif self._record.state is ExecutionState.STOPPING:
            raise AttemptFailed(ErrorInfo(code="savepoint-failed", message=f"the savepoint failed: {reason}"))

    # what people ask for

    async def _accept(self, wish: Wish) -> None:
        match wish:
            case SavepointWish():
                self._accept_savepoint(wish)
            case CancelWish():
                if self._record.state is not ExecutionState.CANCELING:
                    await self._record.change(ExecutionState.CANCELING, desired=DesiredState.CANCELED)
                self._ending = Ending.CANCELED
                resolve(wish.accepted, None)
            case StopWish(savepoint=False):
                await self._stopping(wish)
                self._ending = Ending.STOPPED
            case StopWish():
                await self._accept_stop(wish)
            case ParkWish():
                self._accept_parking()
            case SettingsWish():
                if await adopt(wish, self._record, self._records, self._budget, self._attempt):
                    self.work = replace(self.work, generation=wish.generation, job=wish.job)

    def _accept_savepoint(self, wish: SavepointWish) -> None:
        if self._record.state is ExecutionState.STOPPING:
            reject(wish, "the job is STOPPING")
            return
        trigger = self._pending.add_savepoint(wish)
        if trigger is not None and self._attempt is not None:
            self._attempt.ask(trigger)

    async def _accept_stop(self, wish: StopWish) -> None:
        already = self._record.state is ExecutionState.STOPPING
        if already and wish.reversible:
            reject(wish, "the job is STOPPING")
            return
        if not wish.reversible:
            await self._stopping(wish)
        if already:
            return
        trigger = self._pending.add_stop(wish)
        if self._attempt is not None:
            self._attempt.ask(trigger)
        elif not wish.reversible:
            self._stop_tried = True  # nothing runs that could be saved: one attempt to get a savepoint is enough

    async def _stopping(self, wish: StopWish) -> None:
        if self._record.state is not ExecutionState.STOPPING:
            how = "with a savepoint" if wish.savepoint else "without a savepoint"
            await self._record.change(ExecutionState.STOPPING, how, desired=wish.desired)
        elif wish.desired is not None:  # it is being stopped for a restart, and now for good
            await self._record.want(wish.desired)
        resolve(wish.accepted, None)

    def _accept_parking(self) -> None:
        attempt = self._attempt
        if attempt is None or not attempt.has_begun:
            self._ending = Ending.PARKED
            return
        self._park_until = _now() + self._parts.limits.parking
        if self._record.state in {ExecutionState.RUNNING, ExecutionState.SAVEPOINTING}:
            attempt.ask(Trigger(CheckpointKind.PERIODIC, stop=True, description="the daemon was shut down"))

    async def _next(self, until: float) -> Heard | Hung | Wish | None:
        """The next thing in the inbox; None when it is ``until``, or too late to go on."""
        if self._park_until is not None:
            if _now() >= self._park_until:
                self._ending = Ending.PARKED
                return None
            until = min(until, self._park_until)
        if self._inbox.empty() and until <= _now():
            return None
        try:
            async with asyncio.timeout_at(until if self._inbox.empty() else None):
                return await self._inbox.get()
        except TimeoutError:
            return None

    def _refuse_everything(self) -> None:
        """The execution is over: nobody is left waiting."""
        reason = f"the execution is {self._record.state}"
        self._pending.fail_savepoints(reason)
        self._pending.drop_stop(reason)
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if not isinstance(item, Heard | Hung):
                reject(item, reason)

    # what follows an attempt

    async def _conclude(self, outcome: Outcome) -> None:
        match outcome.ending:
            case Ending.COMPLETE if outcome.checkpoint is not None:
                await self._conclude_complete(outcome.checkpoint)
            case Ending.CANCELED:
                await self._finish(ExecutionState.CANCELED, clean=False)
            case Ending.STOPPED:
                await self._finish(ExecutionState.STOPPED, clean=False, savepoint_id=self._stop_savepoint)
            case Ending.PARKED:
                await self._park()
            case _ if outcome.failure is not None:
                await self._after_failure(outcome.failure)

    async def _conclude_complete(self, checkpoint: Checkpoint) -> None:
        match checkpoint.kind:
            case CheckpointKind.FINAL:
                await self._finish(ExecutionState.FINISHED, clean=True)
            case CheckpointKind.SAVEPOINT:
                if self._record.state is not ExecutionState.STOPPING:
                    await self._record.change(ExecutionState.STOPPING, desired=self._desired())
                if self._pending.stop is not None:
                    resolve(self._pending.stop.accepted, None)
                await self._finish(ExecutionState.STOPPED, clean=True, savepoint_id=checkpoint.id)
            case CheckpointKind.PERIODIC:
                await self._park()

    def _desired(self) -> DesiredState | None:
        return self._pending.stop.desired if self._pending.stop else None

    async def _after_failure(self, failure: AttemptFailed) -> None:
        error = failure.error
        self._pending.fail_savepoints(f"the attempt failed: {error.message}")
        if self._record.state is ExecutionState.STOPPING:
            await self._after_failed_stop(failure)
            return
        if self._pending.stop is not None:
            self._pending.drop_stop(f"the attempt failed: {error.message}")
        hopeless = self._fragile or not failure.retriable
        delay = None if hopeless else self._next_delay()
        if delay is None:
            await self._finish(ExecutionState.FAILED, "" if hopeless else self._budget.describe(), clean=False, error=error)
            return
        await self._record.change(
            ExecutionState.RESTARTING,
            f"attempt {self._record.current.attempt} failed; the next one starts in {delay:g} s",
            restarts=self._record.current.restarts + 1,
            error=error,
            worker_pids=(),
        )
        await self._rest(delay)

    def _next_delay(self) -> float | None:
        if self._final_tries:
            # All input is processed and durable; only the sinks' commit is missing, whatever the restart strategy says.
            self._final_tries -= 1
            return 0.0
        return self._budget.next_delay()

    async def _after_failed_stop(self, failure: AttemptFailed) -> None:
        """One more attempt, which does nothing but take the savepoint where the last checkpoint left off; then stop without."""
        if failure.retriable and not self._stop_tried:
            self._stop_tried = True
            await self._record.note("stop.retried", f"the stop is tried again: {failure.message}")
            return
        await self._finish(
            ExecutionState.STOPPED,
            f"without a savepoint: {failure.message}" if self._stop_savepoint is None else failure.message,
            clean=False,
            savepoint_id=self._stop_savepoint,
            error=failure.error,
        )

    async def _rest(self, delay: float) -> None:
        """Wait for the next attempt, listening to people meanwhile."""
        until = _now() + delay
        while self._record.state is ExecutionState.RESTARTING and self._ending is None:
            item = await self._next(until)
            if item is None:
                break
            if not isinstance(item, Heard | Hung):
                await self._accept(item)
        if self._ending is not None:
            await self._conclude(Outcome(self._ending))

    async def _park(self) -> None:
        if self._record.state in {ExecutionState.STARTING, ExecutionState.RUNNING, ExecutionState.SAVEPOINTING}:
            await self._record.change(ExecutionState.RESTARTING, DAEMON_ENDS, worker_pids=())
        self._over = True

    async def _bring_to(self, ending: Ending) -> None:
        """For an execution that nobody ran any more when this daemon came: do what was wanted of it."""
        state = self._record.state
        if ending is Ending.STOPPED and state is ExecutionState.STOPPING:
            self._stop_savepoint = await self._records.savepoint_since(self._record.current.state_since)
        if state in {ExecutionState.CREATED, ExecutionState.QUEUED}:
            never = ExecutionState.STOPPED if ending is Ending.STOPPED else ExecutionState.CANCELED
            await self._finish(never, "it had not started", clean=True)
            return
        passing = ExecutionState.STOPPING if ending is Ending.STOPPED else ExecutionState.CANCELING
        if state is not passing:
            await self._record.change(passing)
        await self._conclude(Outcome(ending))

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
        trouble = ""
        if not clean and self._touched:
            trouble = await settle(self._parts, self.work, self._record.current)
            if trouble:
                message = "; ".join(filter(None, [message, f"unfinished output is not removed yet: {trouble}"]))
        await self._record.change(state, message, savepoint_id=savepoint_id, error=error, unsettled=trouble)
        self._over = True

    async def _give_up(self, error: Exception) -> None:
        """The last resort: whatever went wrong, the record says so, if the store still takes it."""
        if self._record.state.is_terminal:
            return
        try:
            info = error_info(error)
            await self._record.change(ExecutionState.FAILED, error=info, unsettled=info.message if self._touched else "")
        except FlowdeckError:
            _log.exception("the failure of execution %s could not be recorded", self._record.current.id)


def _now() -> float:
    return asyncio.get_running_loop().time()
