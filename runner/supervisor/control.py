"""Runs one execution from its creation to a terminal state: attempts, restarts, and what people ask for in between.

One task per execution takes everything from one inbox, so nothing here runs twice at the same time. Each state that passes by
itself has a limit: STARTING, checkpoints and heartbeats in the attempt, RESTARTING by its delay, STOPPING by the savepoint's
timeout and then one more attempt, CANCELING by TERM, grace and KILL.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from dataclasses import dataclass

import msgspec

from runner.cluster import FleetWorker, WorkerKill
from runner.model import Checkpoint, Execution, Worker
from runner.observation import PluginSample
from runner.protocol import PluginCounters
from runner.states import ExecutionState
from runner.store.errors import LEASE_LOST, StoreError
from runner.store.latencies import LatencyCell
from runner.store.metrics import MetricSample
from runner.supervisor.acceptance import Acceptance
from runner.supervisor.aftermath import Aftermath
from runner.supervisor.attempt import Attempt
from runner.supervisor.attempt_reports import AttemptReports
from runner.supervisor.backoff import RestartBudget
from runner.supervisor.checkpoint_record import ABANDONED, CheckpointRecords
from runner.supervisor.course import Course
from runner.supervisor.crew import Crew
from runner.supervisor.errors import Conflict
from runner.supervisor.execution_record import ExecutionRecord
from runner.supervisor.leftovers import Leftovers
from runner.supervisor.link import Heard, Hung
from runner.supervisor.outcome import Ending, Outcome, failure_of
from runner.supervisor.pending_wishes import PendingWishes, reject
from runner.supervisor.queues import Ticket, wait_for_place
from runner.supervisor.restore import NONE
from runner.supervisor.snapshot import Snapshot
from runner.supervisor.statistics import Done
from runner.supervisor.totals import TotalsMeter
from runner.supervisor.wishes import Wish
from runner.supervisor.work import Parts, Restored, Work, worker_count
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_POST_PATIENCE = 5.0
_WRITE_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class PluginLoad:
    """Of one plugin: what its workers have counted, rows per second in and out, and the shares of its time by their names."""

    counters: PluginCounters
    rates: tuple[float, float] | None
    shares: dict[str, float]


@dataclass(frozen=True, slots=True)
class Load:
    """Of this moment. ``latency``: how long rows took, counts of a histogram that is not stored yet; ``edges``: by name how
    full it is and the share of time for which its writers wait."""

    latency: dict[int, int]
    edges: dict[str, tuple[float, float | None]]
    bytes_in_per_second: float | None
    bytes_out_per_second: float | None
    plugins: dict[str, PluginLoad]


class ExecutionControl:
    """The control of one execution. ``wanted`` is what it starts from as long as it has no checkpoint of its own.

    ``fragile``: its first failure is its last, whatever its restart strategy, until it is told that it may fail (for an upgrade
    that can be rolled back). ``resumed``: it ran before, under another daemon.
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
        self.ended = asyncio.Event()
        """Set when the execution is over, or left to the next daemon."""
        self._parts = parts
        self._meter = TotalsMeter(execution.id, work.job, execution.totals)
        lease = parts.leases.of(execution.id)
        self._course = Course(
            parts=parts,
            work=work,
            lease=lease,
            record=ExecutionRecord(lease.journal, execution, self._meter),
            records=CheckpointRecords(lease.journal, execution, work.job.env.checkpoint),
            budget=RestartBudget(work.job.env.restart, random.SystemRandom()),
            pending=PendingWishes(parts.limits.savepoints_waiting),
            fragile=fragile,
            touched=resumed,
        )
        self._record = self._course.record
        self._acceptance = Acceptance(self._course)
        self._aftermath = Aftermath(self._course)
        self._reports = AttemptReports(self._course, leftovers)
        self.running = self._reports.running
        self.proven = self._reports.proven
        self._inbox: asyncio.Queue[Heard | Hung | Wish] = asyncio.Queue(parts.limits.inbox)
        self._wanted = wanted
        self._ticket = ticket
        self._attempt: Attempt | None = None
        self._crew: Crew | None = None
        self._done = Done()

    @property
    def work(self) -> Work:
        """What it works on now."""
        return self._course.work

    def harden(self) -> None:
        """From now on a failure is followed by another attempt, as the restart strategy says."""
        self._course.fragile = False

    def view(self) -> Execution:
        """The execution at this moment, with live totals."""
        execution = self._record.view(_now())
        return execution if self._attempt is None else msgspec.structs.replace(execution, splits=self._attempt.progress())

    def checkpoint_view(self, stored: Checkpoint) -> Checkpoint:
        """The newest checkpoint of the execution at this moment, given as the store has it."""
        return self._course.records.view(stored)

    def workers(self) -> list[Worker]:
        """The workers that are there at this moment."""
        return [] if self._attempt is None else self._attempt.workers(_now())

    def samples(self, at: float) -> list[MetricSample]:
        """The metrics of this moment; ``at`` is the same moment in epoch seconds."""
        return self._meter.samples(_now(), at)

    def take_latency(self, at: float, *, over: bool = False) -> LatencyCell | None:
        """How long rows took, when it is time to store that."""
        return self._meter.take_latency(at, over=over)

    def fleet(self) -> list[FleetWorker]:
        """The workers that are there at this moment, each with what it belongs to."""
        return [] if self._attempt is None else self._attempt.fleet(_now(), self._record.current, self.work.job.env.queue)

    async def sample(self, rows: int) -> list[PluginSample] | None:
        """The last rows that left each plugin; None when nothing has begun."""
        attempt = self._attempt
        return None if attempt is None or not attempt.has_begun else await attempt.sample(rows)

    def kill_worker(self, number: int, reason: str) -> WorkerKill | None:
        """Kill a worker; None when there is none of that number. The attempt fails, and the next one begins at once."""
        pid = self._crew.kill(number, reason) if self._crew is not None else None
        return None if pid is None else self._killed(number, pid, reason)

    def kill_workers(self, reason: str, *, dry_run: bool = False) -> list[WorkerKill]:
        """Kill all workers that there are, before anything is known of the end of any; with ``dry_run`` only tell which."""
        present = {} if self._crew is None else self._crew.pids
        if self._crew is not None and not dry_run:
            for number in present:
                self._crew.kill(number, reason)
        return [self._killed(number, pid, reason) for number, pid in sorted(present.items())]

    def _killed(self, number: int, pid: int, reason: str) -> WorkerKill:
        current = self._record.current
        name = f"{current.id}/{number}"
        return WorkerKill(worker=name, pid=pid, execution_id=current.id, attempt=current.attempt, reason=reason)

    def done(self) -> Done:
        """What its workers have done under this daemon."""
        return self._done.plus(self._done_now())

    def _done_now(self) -> Done:
        """What those of the present attempt have done."""
        if self._attempt is None or self._crew is None:
            return Done()
        rows_in, rows_out = self._meter.attempted()
        rejected, splits = self._meter.rejected(), self._attempt.splits_finished
        return Done(rows_in, rows_out, rejected, splits, self._crew.hired, self._crew.lost)

    def load(self) -> Load:
        """What the store does not know yet, or only of the past."""
        meter = self._meter
        plugins = {
            plugin: PluginLoad(counters, meter.plugin_rates(plugin), meter.shares(plugin))
            for plugin, counters in meter.by_plugin().items()
        }
        return Load(meter.pending_latency, meter.edges(), *meter.bytes_per_second(), plugins)

    async def write_down(self) -> None:
        """Have the store know of every checkpoint what is known here; a store that refuses learns it later."""
        with contextlib.suppress(TimeoutError, StoreError):
            async with asyncio.timeout(_WRITE_PATIENCE):
                await self._course.records.write_down()

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
                await self._aftermath.bring_to(ending)
            elif self._ticket is not None:
                self._course.over = not await wait_for_place(self._ticket, self._record, self._inbox)
            while not self._course.over:
                await self._conclude(await self._make_attempt())
        except Exception as error:  # noqa: BLE001 - one bad execution must not end the daemon
            if isinstance(error, StoreError) and error.code == LEASE_LOST:
                _log.warning("the control of execution %s ends: %s", self._record.current.id, error.message)
                return
            _log.exception("the control of execution %s failed", self._record.current.id)
            await self._aftermath.give_up(error)
        finally:
            self.ended.set()
            self._refuse_everything()

    # one attempt

    async def _make_attempt(self) -> Outcome:
        self._course.begun_at = None
        outcome = Outcome(Ending.PARKED)  # what a cancelled task leaves behind
        try:
            if self._record.state is not ExecutionState.STOPPING:
                await self._record.change(ExecutionState.STARTING)
            await self._reports.clear_leftovers()
            restored = await self._course.records.restored(self._wanted)
            number = await self._record.begin_attempt(restored.choice)
            asked = self._record.current.workers_asked
            workers = worker_count(self.work.job, await self._parts.fork_server.sink_limits(), asked)
            self._record.remember(workers_wanted=workers)
            self._crew = self._new_crew(number, await self._course.lease.next_epoch())
            self._attempt = self._new_attempt(restored, workers, self._crew)
            self._reports.follow(self._attempt, self._crew)
            await self._attempt.start()
            self._record.hired(tuple(self._crew.pids.values()))
            outcome = await self._drive(self._attempt)
        except FlowdeckError as error:
            outcome = Outcome(Ending.FAILED, failure=failure_of(error))
        finally:
            await self._end_attempt(outcome)
        return outcome

    def _new_crew(self, number: int, epoch: int) -> Crew:
        parts = self._parts
        execution = self._record.current.id
        return Crew(parts.home, parts.fork_server, self._deliver, execution=execution, attempt=number, epoch=epoch)

    def _new_attempt(self, restored: Restored, workers: int, crew: Crew) -> Attempt:
        if restored.snapshot is not None:
            self._course.best_rows = max(self._course.best_rows, _progress(restored.snapshot))
            self._course.restored_rows_out = restored.snapshot.rows_out
        attempt = Attempt(
            self.work,
            restored,
            workers=workers,
            crew=crew,
            records=self._course.records,
            meter=self._meter,
            limits=self._parts.limits,
            listener=self._reports,
            log_file=str(self._parts.home.log_file(self._record.current.id)),
            now=_now(),
        )
        for trigger in self._course.pending.triggers():
            attempt.ask(trigger)
        if self._record.current.pause is not None:
            attempt.pause()
        return attempt

    async def _drive(self, attempt: Attempt) -> Outcome:
        while True:
            await self._acceptance.give_up_late_stop(attempt)
            await attempt.advance(_now())
            if attempt.stopped_by is not None:
                return Outcome(Ending.COMPLETE, checkpoint=attempt.stopped_by)
            if self._course.ending is not None:
                return Outcome(self._course.ending)
            item = await self._next(attempt.wake_at())
            if isinstance(item, Heard | Hung):
                await attempt.hear(item, _now())
            elif item is not None:
                await self._acceptance.accept(item, self._attempt)

    async def _end_attempt(self, outcome: Outcome) -> None:
        self._done = self.done()
        attempt, self._attempt = self._attempt, None
        crew, self._crew = self._crew, None
        self._reports.follow(None, None)
        if attempt is not None:
            self._course.touched = self._course.touched or attempt.has_begun
            self._record.remember(splits=attempt.progress())
        if crew is not None:
            if outcome.ending is Ending.COMPLETE:
                await crew.farewell(self._parts.limits.farewell)
            else:
                gentle = outcome.ending in {Ending.STOPPED, Ending.CANCELED}
                await crew.dismiss(self._parts.limits.grace if gentle else 0.0)
        self._meter.end_attempt()
        await self._course.records.fail_unfinished(_why(outcome))
        failure = outcome.failure
        await self._record.end_attempt(outcome.ending, failure.error if failure else None, failure.splits if failure else ())

    # what comes in

    async def _deliver(self, item: Heard | Hung) -> None:
        """What a worker says. Most of it only counts: for that the control's task is not woken."""
        if self._attempt is None or not self._attempt.overhear(item, _now()):
            await self._inbox.put(item)

    async def _next(self, until: float) -> Heard | Hung | Wish | None:
        """The next thing in the inbox; None when it is ``until``, or too late to go on."""
        if self._course.park_until is not None:
            if _now() >= self._course.park_until:
                self._course.ending = Ending.PARKED
                return None
            until = min(until, self._course.park_until)
        if (stop_until := self._course.pending.stop_until) is not None:
            until = min(until, stop_until)
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
        self._course.pending.fail_savepoints(reason)
        self._course.pending.drop_stop(reason)
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if not isinstance(item, Heard | Hung):
                reject(item, reason)

    # between two attempts

    async def _conclude(self, outcome: Outcome) -> None:
        delay = await self._aftermath.conclude(outcome)
        if delay is not None:
            await self._rest(delay)

    async def _rest(self, delay: float) -> None:
        """Wait for the next attempt, listening to people meanwhile."""
        until = _now() + delay
        while self._record.state is ExecutionState.RESTARTING and self._course.ending is None:
            item = await self._next(until)
            await self._acceptance.give_up_late_stop(None)
            if item is None and _now() >= until:
                break
            if item is not None and not isinstance(item, Heard | Hung):
                await self._acceptance.accept(item, None)
        if self._course.ending is not None:
            await self._conclude(Outcome(self._course.ending))


def _progress(snapshot: Snapshot) -> int:
    """Rows that have been read, be they rejected."""
    return snapshot.rows_in + sum(found.rows for found in snapshot.rejected)


def _why(outcome: Outcome) -> str:
    """Why a checkpoint that was under way did not happen."""
    return ABANDONED if outcome.failure is None else f"{ABANDONED}: {outcome.failure.error.message}"


def _now() -> float:
    return asyncio.get_running_loop().time()
