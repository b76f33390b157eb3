"""Takes the checkpoints of one attempt: carries out what the coordinator decides, with the workers and the store."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from runner.model import Checkpoint, ErrorInfo, RejectedRows, Totals, merged_rejections
from runner.protocol import Abort, Barrier, Committed, Complete, NotPrepared, Prepared
from runner.supervisor.checkpoint_record import CheckpointRecords
from runner.supervisor.checkpoint_times import CheckpointTimes
from runner.supervisor.coordinator import Coordinator, InFlight, Phase, Trigger
from runner.supervisor.crew import Crew
from runner.supervisor.errors import AttemptFailed
from runner.supervisor.snapshot import Snapshot
from runner.supervisor.splits import SplitPool
from runner.supervisor.totals import TotalsMeter
from spec.job import JobSpec
from spec.plan.compatibility import identities


class CheckpointListener(Protocol):
    """What the execution wants to know of its checkpoints."""

    def wants(self, trigger: Trigger) -> bool:
        """False when whoever asked has given up."""

    async def checkpoint_begins(self, trigger: Trigger) -> None:
        """Before anything is recorded or sent."""

    async def checkpoint_durable(self, trigger: Trigger, checkpoint: Checkpoint) -> None:
        """Nothing can undo it any more; the sinks are about to commit."""

    async def checkpoint_committed(self, trigger: Trigger, checkpoint: Checkpoint) -> None:
        """All sinks have committed."""

    async def workers_left(self, workers: frozenset[int]) -> None:
        """These have left with the checkpoint that was just committed, and the others read what they had left to read."""

    async def checkpoint_failed(self, trigger: Trigger, reason: str) -> None:
        """It was given up. May raise :class:`AttemptFailed` when the attempt is worth nothing without it."""


@dataclass(frozen=True, slots=True)
class CheckpointParts:
    """What the checkpoints of an attempt are made of. ``base``: what the restore point had counted;
    ``farewell``: seconds that a worker has to exit after it has left. ``rejected_before``: rows rejected up to the restore
    point."""

    job: JobSpec
    base: Totals
    crew: Crew
    pool: SplitPool
    records: CheckpointRecords
    meter: TotalsMeter
    listener: CheckpointListener
    farewell: float
    rejected_before: tuple[RejectedRows, ...] = ()


class Checkpointing:
    """One attempt's checkpoints. Times are seconds of the event loop's clock."""

    def __init__(self, coordinator: Coordinator, parts: CheckpointParts) -> None:
        self._coordinator = coordinator
        self._parts = parts
        self._record: Checkpoint | None = None
        self._departed: dict[int, Prepared] = {}
        self._times = CheckpointTimes(0.0, 0.0)
        self.stopped_by: Checkpoint | None = None
        """The committed checkpoint that ended the attempt, once there is one."""

    async def advance(self, now: float, *, drained: bool, idle: Collection[int] = ()) -> None:
        """Begin what is due, give up what has had its time. ``drained``: all input has been read; ``idle``: workers that have
        nothing left to read. Raises :class:`AttemptFailed`."""
        if self._coordinator.expired(now):
            await self._expire()
        if self._parts.records.is_behind():
            await self._parts.records.write_down()
        trigger = self._coordinator.due(now, drained=drained)
        if trigger is None:
            return
        if self._parts.listener.wants(trigger):
            await self._begin(trigger, now, idle)
        else:
            self._coordinator.withdraw(trigger)

    async def _begin(self, trigger: Trigger, now: float, idle: Collection[int]) -> None:
        await self._parts.listener.checkpoint_begins(trigger)
        self._record = await self._parts.records.begin(trigger)
        flight = self._coordinator.begin(self._record.id, trigger, now, idle=idle)
        self._times = CheckpointTimes(_now(), flight.deadline)
        for worker in flight.workers:
            self._parts.crew.send(
                Barrier(
                    checkpoint=flight.id,
                    kind=trigger.kind,
                    stop=flight.stops(worker),
                    leaves=worker in flight.leaving,
                    **self._parts.crew.address(worker),
                )
            )

    async def prepared(self, message: Prepared) -> None:
        """A worker's part. When it was the last: durable first, then the word to commit."""
        self._parts.meter.prepared(message.alignment_seconds, message.prepare_seconds)
        complete = self._coordinator.prepared(message.worker, message)
        flight = self._coordinator.in_flight
        if flight is not None and flight.id == message.checkpoint:
            self._times.arrived(message.worker, _now(), aligned=message.alignment_seconds, synced=message.prepare_seconds)
        if not complete:
            return
        self._times.prepared(_now())
        if flight is None or self._record is None:
            raise RuntimeError("a checkpoint without a record")
        for worker, part in flight.prepared.items():
            self._parts.pool.report(worker, part.splits)
        snapshot = self._snapshot(flight)
        check_limits(self._parts.job, snapshot.rejected)
        samples = [row for part in flight.prepared.values() for row in part.rejections]
        self._record = await self._parts.records.complete(self._record, snapshot, self._times, samples)
        self._times.saved(_now())
        self._coordinator.saved(_now())
        self._let_go(flight)
        await self._parts.listener.checkpoint_durable(flight.trigger, self._record)
        for worker in flight.workers:
            self._parts.crew.send(Complete(checkpoint=flight.id, **self._parts.crew.address(worker)))

    def _let_go(self, flight: InFlight) -> None:
        """What the leaving workers have processed is durable: from there on their splits are for others."""
        for worker in flight.leaving:
            self._departed[worker] = msgspec.structs.replace(flight.prepared[worker], splits=[], tokens=[], rejections=())
            self._parts.pool.release(worker)

    async def committed(self, message: Committed) -> None:
        """A worker has committed."""
        self._parts.meter.committed(message.latency, message.commit_seconds)
        if not self._coordinator.committed(message.worker, message.checkpoint) or self._record is None:
            return
        flight = self._coordinator.end(_now())
        self._times.committed(_now())
        record = await self._parts.records.committed(self._record, self._times)
        meter = self._parts.meter
        rows_in, rows_out = record.rows_in or 0, record.rows_out or 0
        meter.barrier_committed(rows_in, flight.begun)
        if flight.trigger.stop:
            meter.settle(rows_in, rows_out)
            self.stopped_by = record
        self._record = None
        for worker in flight.leaving:
            self._parts.crew.see_off(worker, self._parts.farewell)
            meter.depart(worker)
        await self._parts.listener.checkpoint_committed(flight.trigger, record)
        if flight.leaving:
            await self._parts.listener.workers_left(flight.leaving)

    async def not_prepared(self, message: NotPrepared) -> None:
        """A worker could not do its part, and has lost nothing: the checkpoint fails. Raises :class:`AttemptFailed` when that
        is more than the job tolerates."""
        flight = self._coordinator.in_flight
        if flight is not None and flight.id == message.checkpoint and flight.phase is Phase.PREPARING:
            await self._give_up(flight, f"worker {message.worker} could not prepare it: {message.error.message}", ())

    async def give_up(self, trigger: Trigger, reason: str) -> bool:
        """Do without the checkpoint that ``trigger`` stands for; False when it is durable already. Whoever asked has no time:
        that is no failure of the job's checkpoints."""
        flight = self._coordinator.in_flight
        if flight is None or flight.trigger is not trigger:
            self._coordinator.withdraw(trigger)
        elif flight.phase is Phase.PREPARING:
            await self._give_up(flight, reason, tuple(self._coordinator.missing()), counts=False)
        else:
            return False
        return True

    async def _expire(self) -> None:
        flight = self._coordinator.in_flight
        if flight is None:
            return
        late = tuple(self._coordinator.missing())
        workers = ", ".join(map(str, late))
        if flight.phase is Phase.COMMITTING:
            message = f"worker {workers} did not commit checkpoint {flight.id} in time"
            raise AttemptFailed(ErrorInfo(code="commit-timeout", message=message))
        waited = f"within {flight.deadline - flight.begun:g} s"
        await self._give_up(flight, f"worker {workers} did not prepare it {waited}", late)

    async def _give_up(self, flight: InFlight, reason: str, late: tuple[int, ...], *, counts: bool = True) -> None:
        if self._record is None:
            raise RuntimeError("a checkpoint without a record")
        exhausted = self._coordinator.abort(_now(), counts=counts)
        for worker in flight.workers:
            self._parts.crew.send(Abort(checkpoint=flight.id, **self._parts.crew.address(worker)))
        await self._parts.records.fail(self._record, reason, late)
        self._record = None
        await self._parts.listener.checkpoint_failed(flight.trigger, reason)
        if exhausted:
            count = self._coordinator.failures_in_a_row
            message = f"{count} checkpoints in a row failed, the last one because {reason}"
            hint = "a longer checkpoint.timeout, or more checkpoint.tolerated_failures, may help"
            raise AttemptFailed(ErrorInfo(code="checkpoints-failing", message=message, hint=hint))

    def _snapshot(self, flight: InFlight) -> Snapshot:
        parts = self._parts
        counted = parts.meter.counted()
        return Snapshot(
            plugins=identities(parts.job),
            sources=[source.id for source in parts.job.sources],
            splits=parts.pool.snapshot(),
            tokens=flight.tokens(),
            states=[state for part in self._departed.values() for state in part.states] + flight.states(),
            rows_in=parts.base.rows_in + flight.rows_in + sum(part.rows_in for part in self._departed.values()),
            rows_out=parts.base.rows_out + flight.rows_out + sum(part.rows_out for part in self._departed.values()),
            bytes_in=counted.bytes_in,
            bytes_out=counted.bytes_out,
            rejected=merged_rejections(
                [
                    *parts.rejected_before,
                    *(found for part in self._departed.values() for found in part.rejected),
                    *(found for part in flight.prepared.values() for found in part.rejected),
                ]
            ),
        )


def check_limits(job: JobSpec, rejected: Iterable[RejectedRows]) -> None:
    """Raise :class:`AttemptFailed` when all workers together have rejected more than a plugin's limit allows: each of them
    knows only its own."""
    rows: dict[str, int] = {}
    for found in rejected:
        rows[found.plugin] = rows.get(found.plugin, 0) + found.rows
    for plugin in job.plugins():
        limit = plugin.error_policy.limit
        if limit is not None and rows.get(plugin.id, 0) > limit:
            message = f"{rows[plugin.id]} rows were rejected, more than {limit} (on_error_limit)"
            hint = "look at the rows with flowdeck errors; raise the limit if they are as expected"
            error = ErrorInfo(code="too-many-rejected", message=message, hint=hint, plugin=plugin.id)
            raise AttemptFailed(error, retriable=False)


def _now() -> float:
    return asyncio.get_running_loop().time()
