"""The records of one execution's checkpoints: begun, complete (durable before anybody commits), committed, failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, Execution, Rejection, SavepointPlace
from runner.store.metrics import MetricSample
from runner.store.store import Store
from runner.supervisor.checkpoint_backlog import Backlog
from runner.supervisor.checkpoint_times import CheckpointTimes
from runner.supervisor.cleanup import read_split_choice
from runner.supervisor.coordinator import Trigger
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.restore_point import ALL, read_restore_point, read_uncommitted
from runner.supervisor.snapshot import Snapshot, encode_snapshot, without
from runner.supervisor.work import Restored, Uncommitted
from spec.job import CheckpointSettings

CHECKPOINT_SECONDS = "checkpoint_seconds"
"""A gauge with one sample for each committed checkpoint: how long it took from the request on."""
CHECKPOINT_FAILURES = "checkpoint_failures"
"""A gauge with one sample for each checkpoint that failed."""
ABANDONED = "the attempt ended before it was complete"
_FREQUENT = 2.0
"""Seconds: of checkpoints that come in shorter intervals, several are written down at once where that is harmless."""
_RESERVED, _FEW_RESERVED = 63, 15
"""So many more numbers are reserved with one of a frequent checkpoint, and with one of any other that comes by itself. A daemon
that dies leaves out what is left of them."""


class CheckpointRecords:
    """Writes the checkpoints of one execution, by the job's settings for them."""

    def __init__(self, journal: Journal, execution: Execution, settings: CheckpointSettings) -> None:
        self._journal = journal
        self._execution = execution
        self._settings = settings
        self._backlog = Backlog()
        self._lock = asyncio.Lock()

    def adopt(self, execution: Execution, settings: CheckpointSettings) -> None:
        """The execution goes on as another generation, with other settings."""
        self._execution = execution
        self._settings = settings

    async def begin(self, trigger: Trigger) -> Checkpoint:
        """A checkpoint with a new number, in progress. One that comes by itself is written down when it is complete or fails,
        or when it takes its time."""
        execution, ahead = self._execution, self._reserved(trigger.kind)
        number = self._journal.take_checkpoint_id(execution.job_id) if ahead else None
        if number is not None:
            checkpoint = self._new(number, trigger)
            self._backlog.begin(checkpoint)
            return checkpoint

        def work(entry: Entry) -> Checkpoint:
            checkpoint = self._new(entry.store.next_checkpoint_id(execution.job_id, ahead), trigger)
            entry.store.insert_checkpoint(checkpoint)
            return checkpoint

        async with self._lock:
            return await self._journal.write(work)

    def _new(self, number: int, trigger: Trigger) -> Checkpoint:
        return Checkpoint(
            id=number,
            job_id=self._execution.job_id,
            execution_id=self._execution.id,
            generation=self._execution.generation,
            kind=trigger.kind,
            status=CheckpointStatus.IN_PROGRESS,
            triggered_at=time.time(),
            description=trigger.description,
            requested_by=trigger.asked_by,
            place=SavepointPlace(path=trigger.directory) if trigger.directory else None,
        )

    def _reserved(self, kind: CheckpointKind) -> int:
        """How many more numbers are reserved with one of its kind, which nobody has asked for and nobody looks for then."""
        if kind is not CheckpointKind.PERIODIC:
            return 0
        return _RESERVED if self._is_frequent(kind) else _FEW_RESERVED

    def _is_frequent(self, kind: CheckpointKind) -> bool:
        """Whether it is one of so many that each of its transactions counts."""
        interval = self._settings.interval
        return kind is CheckpointKind.PERIODIC and interval is not None and interval < _FREQUENT

    async def complete(
        self, checkpoint: Checkpoint, snapshot: Snapshot, times: CheckpointTimes, rejections: Iterable[Rejection] = ()
    ) -> Checkpoint:
        """When this returns the checkpoint is durable, and only then may sinks commit. ``rejections`` are a sample of the rows
        that were rejected for it."""
        rows = [msgspec.structs.replace(row, checkpoint=checkpoint.id) for row in rejections]
        async with self._lock:
            is_new = self._backlog.is_unwritten(checkpoint)
            committed = self._backlog.due()

            def work(entry: Entry) -> Checkpoint:
                state = encode_snapshot(snapshot)
                complete = _completed(checkpoint, snapshot, times, len(state))
                if is_new:
                    entry.store.insert_complete_checkpoint(complete, state)
                else:
                    entry.store.complete_checkpoint(complete, state)
                entry.store.record_rejections(checkpoint.job_id, checkpoint.execution_id, snapshot.rejected, rows)
                self._write_committed(entry, committed)
                return complete

            complete = await self._journal.write(work)
            self._backlog.written(committed, begun=checkpoint)
            return complete

    async def committed(self, checkpoint: Checkpoint, times: CheckpointTimes) -> Checkpoint:
        """Every sink has committed. Of frequent checkpoints the store is told soon, of several at once: to commit them again
        after a crash is harmless."""
        now = time.time()
        if self._is_frequent(checkpoint.kind):
            committed = msgspec.structs.replace(
                checkpoint,
                status=CheckpointStatus.COMMITTED,
                committed_at=now,
                saved_seconds=times.saved_seconds,
                committed_seconds=times.committed_seconds,
            )
            self._backlog.add(committed)
            return committed
        async with self._lock:
            earlier = self._backlog.committed()

            def work(entry: Entry) -> Checkpoint:
                self._write_committed(entry, earlier)
                found = entry.store.mark_committed(
                    checkpoint.job_id, checkpoint.id, now, times.saved_seconds, times.committed_seconds
                )
                entry.store.prune_checkpoints(checkpoint.job_id, self._settings.retained)
                self._tell_committed(entry, [msgspec.structs.replace(checkpoint, committed_at=now)])
                return found

            found = await self._journal.write_patiently(work)
            self._backlog.written(earlier)
            return found

    def view(self, stored: Checkpoint) -> Checkpoint:
        """The newest checkpoint of this execution at this moment, given as the store has it."""
        return self._backlog.view(stored)

    def is_behind(self) -> bool:
        """Whether the store has not been told for long enough."""
        return self._backlog.is_old()

    async def write_down(self) -> None:
        """Have the store know everything: what has begun, and what is committed. Whoever asks may be cancelled: nothing is lost
        or told twice by that."""
        if self._backlog.is_empty():
            return
        async with self._lock:
            begun, committed = self._backlog.begun, self._backlog.committed()

            def work(entry: Entry) -> None:
                self._write_begun(entry, begun)
                self._write_committed(entry, committed)

            await self._journal.write_patiently(work)
            self._backlog.written(committed, begun=begun)

    async def fail(self, checkpoint: Checkpoint, reason: str, late_workers: tuple[int, ...] = ()) -> None:
        """It will not happen; ``late_workers`` are those that it waited for in vain."""
        async with self._lock:
            begun = self._backlog.begun

            def work(entry: Entry) -> None:
                self._write_begun(entry, begun)
                now = time.time()
                entry.store.fail_checkpoint(checkpoint.job_id, checkpoint.id, reason, now, late_workers)
                entry.store.append_metrics([MetricSample(now, checkpoint.execution_id, "", CHECKPOINT_FAILURES, 1)])
                self._note(
                    entry, "checkpoint.failed", checkpoint, f"{checkpoint.kind} checkpoint {checkpoint.id} failed: {reason}"
                )

            await self._journal.write_patiently(work)
            self._backlog.written((), begun=begun)

    async def fail_unfinished(self, reason: str = ABANDONED) -> None:
        """No worker is left that could complete what is in progress."""
        async with self._lock:
            begun, committed = self._backlog.begun, self._backlog.committed()

            def work(entry: Entry) -> None:
                self._write_begun(entry, begun)
                self._write_committed(entry, committed)
                for checkpoint in self._own(entry.store):
                    if checkpoint.status is CheckpointStatus.IN_PROGRESS:
                        entry.store.fail_checkpoint(checkpoint.job_id, checkpoint.id, reason, time.time())
                entry.store.return_checkpoint_ids(self._execution.job_id)

            await self._journal.write_patiently(work)
            self._backlog.written(committed, begun=begun)

    def _write_begun(self, entry: Entry, begun: Checkpoint | None) -> None:
        """Whoever wrote it down before may have been cancelled before it heard so."""
        if begun is not None and entry.store.checkpoint(begun.job_id, begun.id) is None:
            entry.store.insert_checkpoint(begun)

    def _write_committed(self, entry: Entry, committed: Sequence[Checkpoint]) -> None:
        if not committed:
            return
        job_id = self._execution.job_id
        fresh = set(entry.store.commit_checkpoints(job_id, committed))
        entry.store.prune_checkpoints(job_id, self._settings.retained)
        self._tell_committed(entry, [checkpoint for checkpoint in committed if checkpoint.id in fresh])

    def _tell_committed(self, entry: Entry, committed: Sequence[Checkpoint]) -> None:
        samples = []
        for checkpoint in committed:
            at = checkpoint.committed_at or time.time()
            seconds = at - checkpoint.triggered_at
            samples.append(MetricSample(at, checkpoint.execution_id, "", CHECKPOINT_SECONDS, seconds))
            what = f"{checkpoint.kind} checkpoint {checkpoint.id} is committed"
            self._note(entry, "checkpoint.committed", checkpoint, what, at)
        entry.store.append_metrics(samples)

    async def restored(self, wanted: str) -> Restored:
        """Where the next attempt starts, with everything it needs for that. Raises what
        :func:`~runner.supervisor.restore.choose_restore_point`, the store and the decoding of the state raise."""
        job_id, execution_id, policy = self._execution.job_id, self._execution.id, self._settings.on_damage
        execution = self._execution

        def work(store: Store) -> Restored:
            found = read_restore_point(store, job_id, wanted, execution_id, policy)
            point = found.choice.checkpoint
            if execution.left_behind and found.snapshot is not None and point and point.execution_id != execution_id:
                found = replace(found, snapshot=without(found.snapshot, execution.left_behind))
            if execution.cleanup is None:
                return found
            return replace(found, splits=read_split_choice(store, job_id, execution.cleanup, execution))

        restored = await self._journal.read(work)
        if restored.lost:
            await self._condemn(restored.lost)
        if restored.choice.id is not None and restored.choice.id == execution.restored_from and execution.restore_reason:
            # Where the execution began: why that, it was told when it was made.
            return replace(restored, choice=replace(restored.choice, reason=execution.restore_reason))
        return restored

    async def _condemn(self, lost: tuple[tuple[int, str], ...]) -> None:
        """Nobody is to go on from these any more: what comes next takes their place."""

        def work(entry: Entry) -> None:
            for number, trouble in lost:
                entry.store.condemn_checkpoint(self._execution.job_id, number, f"its state is damaged: {trouble}")
                message = f"{self._execution.job_name}: checkpoint {number} is passed over: {trouble}"
                data = {"checkpoint": number}
                job_id, execution_id = self._execution.job_id, self._execution.id
                entry.note("checkpoint.damaged", message, job_id=job_id, execution_id=execution_id, data=data)

        await self._journal.write_patiently(work)

    async def uncommitted(self) -> Uncommitted:
        """What of the job is complete and perhaps not committed. Raises what the store and the decoding of the states raise."""
        return await self._journal.read(lambda store: read_uncommitted(store, self._execution.job_id))

    async def recovered(self, uncommitted: tuple[int, ...]) -> None:
        """The sinks have committed these once more."""
        now = time.time()

        def work(entry: Entry) -> None:
            for number in uncommitted:
                found = entry.store.checkpoint(self._execution.job_id, number)
                if found is not None:
                    entry.store.mark_committed(self._execution.job_id, number, now)
                    what = f"{found.kind} checkpoint {number} is committed, after a failure"
                    self._note(entry, "checkpoint.committed", found, what)

        if uncommitted:
            await self._journal.write_patiently(work)

    async def savepoint_at_end(self) -> int | None:
        """The savepoint that this execution, which runs no more, has ended with: its newest complete checkpoint, if that is
        one. By their numbers, not by the time of day, which somebody may have set meanwhile."""

        def work(store: Store) -> int | None:
            complete = {CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}
            own = [checkpoint for checkpoint in self._own(store) if checkpoint.status in complete]
            newest = max(own, key=lambda checkpoint: checkpoint.id, default=None)
            return newest.id if newest is not None and newest.kind is CheckpointKind.SAVEPOINT else None

        return await self._journal.read(work)

    def _own(self, store: Store) -> list[Checkpoint]:
        checkpoints = store.checkpoints(self._execution.job_id, limit=ALL)
        return [checkpoint for checkpoint in checkpoints if checkpoint.execution_id == self._execution.id]

    def _note(self, entry: Entry, kind: str, checkpoint: Checkpoint, what: str, at: float | None = None) -> None:
        entry.note(
            kind,
            f"{self._execution.job_name}: {what}",
            job_id=checkpoint.job_id,
            execution_id=checkpoint.execution_id,
            data={"checkpoint": checkpoint.id, "kind": str(checkpoint.kind)},
            at=at,
        )


def _completed(checkpoint: Checkpoint, snapshot: Snapshot, times: CheckpointTimes, size: int) -> Checkpoint:
    now = time.time()
    return msgspec.structs.replace(
        checkpoint,
        status=CheckpointStatus.COMPLETED,
        completed_at=now,
        duration=now - checkpoint.triggered_at,
        size=size,
        rows_in=snapshot.rows_in,
        rows_out=snapshot.rows_out,
        bytes_in=snapshot.bytes_in,
        bytes_out=snapshot.bytes_out,
        splits=len(snapshot.splits),
        splits_finished=sum(split.finished for split in snapshot.splits),
        prepared_seconds=times.prepared_seconds,
        aligned_seconds=times.aligned_seconds,
        synced_seconds=times.synced_seconds,
        slowest_worker=times.slowest_worker,
        late_workers=times.late_workers,
        rejected=snapshot.rejected,
    )
