"""One attempt of an execution: the conversation with its workers, from Start to the checkpoint that stops them.

Reacts only: the execution's control feeds it messages and the time, and ends it. It has no task of its own.
"""

from __future__ import annotations

import math
from typing import Protocol

import msgspec

from runner.cluster import FleetWorker
from runner.model import Checkpoint, ErrorInfo, Execution, SplitProgress, Totals, Worker, WorkerState
from runner.observation import PluginSample
from runner.protocol import (
    Committed,
    Enumerate,
    Enumerated,
    Failed,
    Heartbeat,
    NoMoreSplits,
    NotPrepared,
    Pause,
    Prepared,
    Ready,
    Recover,
    Recovered,
    Resume,
    Sampled,
    Split,
    SplitAssigned,
    SplitRequest,
    Start,
    WorkerMessage,
)
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.checkpointing import Checkpointing, CheckpointListener, CheckpointParts
from runner.supervisor.coordinator import Coordinator, Trigger
from runner.supervisor.crew import Crew
from runner.supervisor.errors import AttemptFailed
from runner.supervisor.limits import Limits
from runner.supervisor.link import Heard, Hung
from runner.supervisor.rescaling import Rescaling, RescalingListener
from runner.supervisor.sample_requests import SampleRequests
from runner.supervisor.splits import SplitPool
from runner.supervisor.totals import TotalsMeter
from runner.supervisor.work import Restored, Work
from runner.supervisor.worker_loads import WorkerLoads
from spec.job import CheckpointSettings, JobMode

# A look at the clock that comes this late means that this process was stopped, not that all workers fell silent.
_OVERSLEPT = 2.0
_WATCH_INTERVAL = 1.0
_LOOKS = 4
"""So many looks at least are taken in the time after which a worker that says nothing is given up."""
_TICK = 0.1
"""Seconds: all attempts look when the clock shows multiples of it, so that the daemon wakes up for many of them at once."""


class AttemptListener(CheckpointListener, RescalingListener, Protocol):
    """What the execution wants to know of its attempt."""

    async def begun(self) -> None:
        """All workers are ready and recovered: the work begins."""


class Attempt:
    """Drives ``workers`` workers of ``crew`` through ``work``, from ``restored`` on. Times are the event loop's."""

    def __init__(
        self,
        work: Work,
        restored: Restored,
        *,
        workers: int,
        crew: Crew,
        records: CheckpointRecords,
        meter: TotalsMeter,
        limits: Limits,
        listener: AttemptListener,
        log_file: str,
        now: float,
    ) -> None:
        self._work = work
        self._restored = restored
        self._workers = workers
        self._crew = crew
        self._records = records
        self._meter = meter
        self._limits = limits
        self._listener = listener
        self._log_file = log_file
        self._pool = SplitPool([source.id for source in work.job.sources], bounded=work.job.env.mode is JobMode.BATCH)
        self._known_sources = set(restored.snapshot.sources) if restored.snapshot else set()
        self._ready: set[int] = set()
        self._loads = WorkerLoads(work.job)
        self._samples = SampleRequests(crew)
        self._paused = False
        self._splits_known = False
        self.left_out = 0
        """How many unfinished splits this attempt does not read, because the execution is not to."""
        self._finished_before = 0
        self._recovered = False
        self._begun = False
        self._starting_until = now + limits.starting
        self._watched = now
        self._watch_interval = min(_WATCH_INTERVAL, limits.heartbeat / _LOOKS)
        base = _base(restored)
        meter.begin_attempt(base, now)
        self._coordinator = Coordinator(workers, work.job.env.checkpoint, now=now)
        rejected = restored.snapshot.rejected if restored.snapshot else ()
        parts = CheckpointParts(work.job, base, crew, self._pool, records, meter, listener, limits.farewell, rejected)
        self._checkpointing = Checkpointing(self._coordinator, parts)
        self._rescaling = Rescaling(
            crew, self._coordinator, instructions=self._instructions, patience=limits.starting, listener=listener
        )

    @property
    def has_begun(self) -> bool:
        """True once the workers were allowed to read."""
        return self._begun

    @property
    def stopped_by(self) -> Checkpoint | None:
        """The committed checkpoint that ended the attempt; the workers exit by themselves then."""
        return self._checkpointing.stopped_by

    def adopt(self, settings: CheckpointSettings, now: float) -> None:
        """Take checkpoints by other settings from now on."""
        self._coordinator.adopt(settings, now)

    def ask(self, trigger: Trigger) -> None:
        """Want a checkpoint; it is taken as soon as the work has begun and nothing else is in flight."""
        self._coordinator.ask(trigger)

    async def give_up(self, trigger: Trigger, reason: str) -> bool:
        """Do without a checkpoint that was asked for; False when it is durable already."""
        return await self._checkpointing.give_up(trigger, reason)

    async def start(self) -> None:
        """Hire the workers and tell them what to do. Raises :class:`~runner.supervisor.fork_server.ForkServerError`."""
        snapshot = self._restored.snapshot
        for worker in await self._crew.hire(self._workers):
            start = self._instructions(worker, self._workers)
            self._crew.send(msgspec.structs.replace(start, states=snapshot.states if snapshot else []))
            self._tell_pause(worker)

    def _instructions(self, worker: int, workers: int) -> Start:
        """What ``worker`` of ``workers`` is told first; it has nothing to restore."""
        return Start(
            job=self._work.job,
            job_id=self._work.job_id,
            workers=workers,
            checkpoint=self._restored.choice.id or 0,
            states=[],
            log_file=self._log_file,
            base_directory=self._work.base_directory,
            rejected=self._restored.snapshot.rejected if self._restored.snapshot else (),
            patience=self._limits.heartbeat,
            **self._crew.address(worker),
        )

    async def sample(self, rows: int) -> list[PluginSample]:
        """The last rows that left each plugin."""
        return await self._samples.ask(rows)

    def pause(self) -> None:
        """Read nothing until :meth:`resume`, whoever joins meanwhile included. Checkpoints are taken as ever, but not the
        final one."""
        self._paused = self._meter.paused = True
        for worker in self._crew.pids:
            self._tell_pause(worker)

    def resume(self) -> None:
        """Read again."""
        self._paused = self._meter.paused = False
        for worker in self._crew.pids:
            self._crew.send(Resume(**self._crew.address(worker)))

    def _tell_pause(self, worker: int) -> None:
        if self._paused:
            self._crew.send(Pause(**self._crew.address(worker)))

    def scale(self, workers: int) -> None:
        """Have ``workers`` workers: those that are missing join while the work goes on, those that are too many leave with the
        next checkpoint."""
        self._rescaling.want(workers)

    def wake_at(self) -> float:
        """When to look again although nobody has said anything."""
        watch = math.ceil((self._watched + self._watch_interval) / _TICK) * _TICK
        due = self._coordinator.wake_at() if self._begun else self._starting_until
        return watch if due is None else min(watch, due)

    def overhear(self, item: Heard | Hung, now: float) -> bool:
        """Take in at once what nothing follows from: a worker that goes on. False: it is to be heard in its turn."""
        if isinstance(item, Hung) or not isinstance(item.message, Heartbeat):
            return False
        if item.message.drained or not self._crew.owns(item.fence):
            return False
        self._hear_of_course(item.message, now)
        return True

    async def hear(self, item: Heard | Hung, now: float) -> None:
        """React to a worker. Messages of other attempts mean nothing. Raises :class:`AttemptFailed`."""
        if not self._crew.owns(item.fence):
            return
        if isinstance(item, Hung):
            await self._hear_end(item.fence.worker, item.reason)
        else:
            await self._hear_message(item.fence.worker, item.message, now)

    async def _hear_end(self, worker: int, reason: str) -> None:
        if self._coordinator.may_leave(worker):
            return
        loss = await self._crew.loss(worker, reason)
        if not self._rescaling.is_joining(worker):
            raise loss
        await self._rescaling.lost(worker, loss.message)

    async def _hear_message(self, worker: int, message: WorkerMessage, now: float) -> None:
        match message:
            case Heartbeat() | Sampled() as told:
                self._hear_of_course(told, now)
            case SplitRequest(source=source):
                self._pool.ask(worker, source)
            case Prepared() as prepared:
                await self._checkpointing.prepared(prepared)
            case NotPrepared() as trouble:
                await self._checkpointing.not_prepared(trouble)
            case Committed() as committed:
                await self._checkpointing.committed(committed)
            case Failed(error=error) if self._rescaling.is_joining(worker):
                await self._rescaling.lost(worker, error.message)
            case Failed(error=error, retriable=retriable, splits=splits):
                raise AttemptFailed(error, retriable=retriable, splits=splits)
            case Ready() if self._rescaling.is_joining(worker):
                self._tell_pause(worker)
                await self._rescaling.joined(worker)
            case Ready() | Recovered() | Enumerated() as step:
                await self._prepare(worker, step)

    def _hear_of_course(self, message: Heartbeat | Sampled, now: float) -> None:
        """What changes nothing, but is there to be looked at."""
        if isinstance(message, Sampled):
            self._samples.answered(message)
        else:
            self._meter.observe(message, now)
            self._loads.observe(message, now)

    async def _prepare(self, worker: int, step: Ready | Recovered | Enumerated) -> None:
        """The steps before the work begins: worker 0 recovers the sinks and lists the splits, the others only get ready."""
        if isinstance(step, Ready):
            self._ready.add(worker)
            if worker == 0:
                fresh = self._restored.snapshot is None
                self._crew.send(Recover(tokens=self._restored.tokens, fresh=fresh, **self._crew.address(0)))
        elif isinstance(step, Recovered):
            self._recovered = True
            await self._records.recovered(self._restored.uncommitted)
            self._restore_splits()
        else:
            self._pool.add(split for split in step.splits if split.source not in self._known_sources)
            self._know_splits()

    def _restore_splits(self) -> None:
        """Splits of the restore point go on; sources that it does not know are enumerated."""
        names = {source.id for source in self._work.job.sources}
        splits: list[Split] = self._restored.snapshot.splits if self._restored.snapshot else []
        self._pool.add(split for split in splits if split.source in names)
        self._finished_before = self._pool.finished
        if names <= self._known_sources:
            self._know_splits()
        else:
            self._crew.send(Enumerate(**self._crew.address(0)))

    def _know_splits(self) -> None:
        choice = self._restored.splits
        self.left_out = self._pool.leave_out(lambda split: not choice.takes(split))
        self._splits_known = True

    async def advance(self, now: float) -> None:
        """Do what has become possible or due. Raises :class:`AttemptFailed`."""
        await self._watch(now)
        if not self._begun:
            await self._begin_if_ready(now)
        if self._begun and self.stopped_by is None:
            await self._rescaling.advance(now)
            self._hand_out()
            idle = self._idle_workers()
            drained = idle == self._coordinator.members and not self._paused
            await self._checkpointing.advance(now, drained=drained, idle=idle)

    async def _begin_if_ready(self, now: float) -> None:
        if len(self._ready) == self._workers and self._recovered and self._splits_known:
            self._begun = True
            self._coordinator.start(now)
            await self._listener.begun()
        elif now >= self._starting_until:
            message = f"the workers were not ready within {self._limits.starting:g} s"
            raise AttemptFailed(ErrorInfo(code="start-timeout", message=message))

    def _hand_out(self) -> None:
        for assignment in self._pool.hand_out(self._coordinator.staying):
            address = self._crew.address(assignment.worker)
            if assignment.split is None:
                self._crew.send(NoMoreSplits(source=assignment.source, **address))
            else:
                self._crew.send(SplitAssigned(split=assignment.split, **address))

    def _idle_workers(self) -> frozenset[int]:
        """The workers that have nothing left to read; of a stream none is."""
        if self._work.job.env.mode is not JobMode.BATCH or not self._pool.all_handed_out:
            return frozenset()
        members = self._coordinator.members
        return frozenset(worker for worker in members if self._loads.is_drained(worker, self._pool.given(worker)))

    def progress(self) -> SplitProgress | None:
        """How far the input is read; None as long as it is not known."""
        if not self._splits_known:
            return None
        pool = self._pool
        finished = min(pool.total - pool.pending, max(pool.finished, self._finished_before + self._loads.splits_finished))
        reading = pool.total - pool.pending - finished
        return SplitProgress(pending=pool.pending, reading=reading, finished=finished, total=pool.total)

    def workers(self, now: float) -> list[Worker]:
        """The workers that are there, by number."""
        return [
            self._loads.view(worker, pid, self._state(worker), self._pool.given(worker), now - self._crew.last_heard(worker))
            for worker, pid in self._crew.pids.items()
        ]

    @property
    def splits_finished(self) -> int:
        """How many splits this attempt's workers have read to their end."""
        return self._loads.splits_finished

    def fleet(self, now: float, execution: Execution, queue: str) -> list[FleetWorker]:
        """The workers that are there, by number, each with what it belongs to."""
        births = {worker: self._crew.birth(worker) for worker in self._crew.pids}
        workers = self.workers(now)
        return [self._loads.of_fleet(worker, execution, queue, births[worker.number]) for worker in workers]

    def _state(self, worker: int) -> WorkerState:
        if not self._begun or worker not in self._coordinator.members:
            return WorkerState.STARTING
        if worker in self._coordinator.leaving:
            return WorkerState.LEAVING
        if self._paused:
            return WorkerState.PAUSED
        return WorkerState.IDLE if worker in self._idle_workers() else WorkerState.READING

    async def _watch(self, now: float) -> None:
        if now - self._watched > _OVERSLEPT + self._watch_interval:
            self._crew.excuse(now)
        self._watched = now
        silent = self._crew.silent(self._limits.heartbeat, now)
        if silent is not None:
            reason = f"has been silent for {self._limits.heartbeat:g} s"
            if not self._rescaling.is_joining(silent):
                raise AttemptFailed(ErrorInfo(code="worker-silent", message=f"worker {silent} {reason}"))
            await self._rescaling.lost(silent, f"it {reason}")


def _base(restored: Restored) -> Totals:
    snapshot = restored.snapshot
    if snapshot is None:
        return Totals()
    return Totals(
        rows_in=snapshot.rows_in,
        rows_out=snapshot.rows_out,
        bytes_in=snapshot.bytes_in,
        bytes_out=snapshot.bytes_out,
        rows_rejected=sum(found.rows for found in snapshot.rejected),
    )
