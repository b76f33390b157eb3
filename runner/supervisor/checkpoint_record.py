"""The records of one execution's checkpoints: begun, complete (durable before anybody commits), committed, failed."""

from __future__ import annotations

import time

import msgspec

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, Execution
from runner.store.metrics import MetricSample
from runner.store.store import Store
from runner.supervisor.coordinator import Trigger
from runner.supervisor.journal import Entry, Journal
from runner.supervisor.restore import RestoreChoice, choose_restore_point
from runner.supervisor.snapshot import Snapshot, decode_snapshot, encode_snapshot
from runner.supervisor.work import Restored, Uncommitted

ALL = 1_000_000
_ABANDONED = "the attempt ended before it was complete"


class CheckpointRecords:
    """Writes the checkpoints of one execution. ``retained`` committed ones are kept besides savepoints."""

    def __init__(self, journal: Journal, execution: Execution, retained: int) -> None:
        self._journal = journal
        self._execution = execution
        self._retained = retained

    def adopt(self, execution: Execution, retained: int) -> None:
        """The execution goes on as another generation, and keeps so many checkpoints."""
        self._execution = execution
        self._retained = retained

    async def begin(self, trigger: Trigger) -> Checkpoint:
        """A checkpoint with a new number, in progress."""
        execution = self._execution

        def work(entry: Entry) -> Checkpoint:
            checkpoint = Checkpoint(
                id=entry.store.next_checkpoint_id(execution.job_id),
                job_id=execution.job_id,
                execution_id=execution.id,
                generation=execution.generation,
                kind=trigger.kind,
                status=CheckpointStatus.IN_PROGRESS,
                triggered_at=time.time(),
                description=trigger.description,
            )
            entry.store.insert_checkpoint(checkpoint)
            return checkpoint

        return await self._journal.write(work)

    async def complete(self, checkpoint: Checkpoint, snapshot: Snapshot) -> Checkpoint:
        """When this returns the checkpoint is durable, and only then may sinks commit."""

        def work(entry: Entry) -> Checkpoint:
            state = encode_snapshot(snapshot)
            now = time.time()
            complete = msgspec.structs.replace(
                checkpoint,
                status=CheckpointStatus.COMPLETED,
                completed_at=now,
                duration=now - checkpoint.triggered_at,
                size=len(state),
                rows_in=snapshot.rows_in,
                rows_out=snapshot.rows_out,
            )
            entry.store.complete_checkpoint(complete, state)
            return complete

        return await self._journal.write(work)

    async def committed(self, checkpoint: Checkpoint) -> Checkpoint:
        """Every sink has committed."""
        now = time.time()

        def work(entry: Entry) -> Checkpoint:
            entry.store.mark_committed(checkpoint.job_id, checkpoint.id, now)
            entry.store.prune_checkpoints(checkpoint.job_id, self._retained)
            seconds = now - checkpoint.triggered_at
            entry.store.append_metrics([MetricSample(now, checkpoint.execution_id, "", "checkpoint_seconds", seconds)])
            self._note(entry, "checkpoint.committed", checkpoint, f"{checkpoint.kind} checkpoint {checkpoint.id} is committed")
            return entry.store.checkpoint(checkpoint.job_id, checkpoint.id) or checkpoint

        return await self._journal.write_patiently(work)

    async def fail(self, checkpoint: Checkpoint, reason: str) -> None:
        """It will not happen."""

        def work(entry: Entry) -> None:
            entry.store.fail_checkpoint(checkpoint.job_id, checkpoint.id, reason, time.time())
            self._note(entry, "checkpoint.failed", checkpoint, f"{checkpoint.kind} checkpoint {checkpoint.id} failed: {reason}")

        await self._journal.write_patiently(work)

    async def fail_unfinished(self, reason: str = _ABANDONED) -> None:
        """No worker is left that could complete what is in progress."""

        def work(entry: Entry) -> None:
            for checkpoint in self._own(entry.store):
                if checkpoint.status is CheckpointStatus.IN_PROGRESS:
                    entry.store.fail_checkpoint(checkpoint.job_id, checkpoint.id, reason, time.time())

        await self._journal.write_patiently(work)

    async def restored(self, wanted: str) -> Restored:
        """Where the next attempt starts, with everything it needs for that. Raises what
        :func:`~runner.supervisor.restore.choose_restore_point`, the store and the decoding of the state raise."""
        job_id, execution_id = self._execution.job_id, self._execution.id

        def work(store: Store) -> Restored:
            choice = choose_restore_point(store.checkpoints(job_id, limit=ALL), wanted, execution_id)
            return read_restored(store, job_id, choice)

        return await self._journal.read(work)

    async def uncommitted(self) -> Uncommitted:
        """What of the job is complete and perhaps not committed. Raises what the store and the decoding of the states raise."""
        return await self._journal.read(lambda store: read_uncommitted(store, self._execution.job_id))

    async def recovered(self, uncommitted: tuple[int, ...]) -> None:
        """The sinks have committed these once more."""
        now = time.time()

        def work(entry: Entry) -> None:
            for number in uncommitted:
                if entry.store.checkpoint(self._execution.job_id, number) is not None:
                    entry.store.mark_committed(self._execution.job_id, number, now)

        if uncommitted:
            await self._journal.write_patiently(work)

    async def savepoint_since(self, since: float) -> int | None:
        """The newest complete savepoint of this execution that was triggered at ``since`` or later."""

        def work(store: Store) -> int | None:
            found = [
                checkpoint.id
                for checkpoint in self._own(store)
                if checkpoint.kind is CheckpointKind.SAVEPOINT
                and checkpoint.status in {CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED}
                and checkpoint.triggered_at >= since
            ]
            return max(found, default=None)

        return await self._journal.read(work)

    def _own(self, store: Store) -> list[Checkpoint]:
        checkpoints = store.checkpoints(self._execution.job_id, limit=ALL)
        return [checkpoint for checkpoint in checkpoints if checkpoint.execution_id == self._execution.id]

    def _note(self, entry: Entry, kind: str, checkpoint: Checkpoint, what: str) -> None:
        entry.note(
            kind,
            f"{self._execution.job_name}: {what}",
            job_id=checkpoint.job_id,
            execution_id=checkpoint.execution_id,
            data={"checkpoint": checkpoint.id, "kind": str(checkpoint.kind)},
        )


def read_restored(store: Store, job_id: str, choice: RestoreChoice) -> Restored:
    """The state of a restore point, and the tokens of every checkpoint of the job that may not be committed yet."""
    uncommitted = read_uncommitted(store, job_id)
    return Restored(
        choice=choice,
        snapshot=None if choice.id is None else _snapshot(store, job_id, choice.id),
        tokens=uncommitted.tokens,
        uncommitted=uncommitted.numbers,
    )


def read_uncommitted(store: Store, job_id: str) -> Uncommitted:
    """The checkpoints of the job that are complete and perhaps not committed, with their tokens, oldest first."""
    numbers = tuple(checkpoint.id for checkpoint in store.uncommitted_checkpoints(job_id))
    return Uncommitted(numbers, [token for number in numbers for token in _snapshot(store, job_id, number).tokens])


def _snapshot(store: Store, job_id: str, number: int) -> Snapshot:
    return decode_snapshot(store.checkpoint_state(job_id, number))
