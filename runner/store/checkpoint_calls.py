"""What may be asked of the store about checkpoints and savepoints: that part of :class:`runner.store.store.Store`."""

from __future__ import annotations

from collections.abc import Sequence

from runner.model import Checkpoint, CheckpointKind, SavepointPlace
from runner.store import checkpoints, jobs
from runner.store.pages import ALL, CheckpointFilter, Place
from runner.store.session import Session


class CheckpointCalls:
    """The calls about checkpoints of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def next_checkpoint_id(self, job_id: str, ahead: int = 0) -> int:
        """An id that no checkpoint of this job has had; needs a write transaction. ``ahead`` more may be reserved, for
        :meth:`~runner.store.asynchronous.AsyncStore.take_checkpoint_id`."""
        return jobs.next_checkpoint_id(self._session, job_id, ahead)

    def return_checkpoint_ids(self, job_id: str) -> None:
        """Nobody takes what was reserved ahead. What a daemon that died had reserved is left out for good."""
        jobs.return_checkpoint_ids(self._session, job_id)

    def insert_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Add a checkpoint that was triggered."""
        checkpoints.insert(self._session, checkpoint)

    def complete_checkpoint(self, checkpoint: Checkpoint, state: bytes) -> None:
        """Replace the record of a checkpoint in progress by this completed one and keep its state. When the transaction has
        committed, both are durable. StoreError ``conflict`` unless the stored one is in progress."""
        checkpoints.complete(self._session, checkpoint, state)

    def insert_complete_checkpoint(self, checkpoint: Checkpoint, state: bytes) -> None:
        """Add a checkpoint that is complete already, or that was committed elsewhere, with its state. That it was begun may
        have been recorded; ``already-exists`` if more was."""
        checkpoints.insert_complete(self._session, checkpoint, state)

    def commit_checkpoints(self, job_id: str, committed: Sequence[Checkpoint]) -> list[int]:
        """Replace the records of complete checkpoints by these committed ones; the ids of those that were not committed yet.
        What is gone or lost meanwhile stays so."""
        return checkpoints.commit_all(self._session, job_id, committed)

    def mark_committed(
        self,
        job_id: str,
        checkpoint_id: int,
        at: float,
        saved_seconds: float | None = None,
        committed_seconds: float | None = None,
    ) -> Checkpoint:
        """Record that every sink has committed, and how long saving and committing took when it is known; again is harmless.
        Its record from now on. ``conflict`` unless the checkpoint is completed."""
        return checkpoints.mark_committed(self._session, job_id, checkpoint_id, at, saved_seconds, committed_seconds)

    def fail_checkpoint(
        self, job_id: str, checkpoint_id: int, failure: str, at: float, late_workers: tuple[int, ...] = ()
    ) -> None:
        """Record that a checkpoint in progress will not happen; ``conflict`` once it is completed."""
        checkpoints.fail(self._session, job_id, checkpoint_id, failure, at, late_workers)

    def condemn_checkpoint(self, job_id: str, checkpoint_id: int, failure: str) -> None:
        """Record that a complete checkpoint is lost because its state cannot be read; nobody restores it from now on."""
        checkpoints.condemn(self._session, job_id, checkpoint_id, failure)

    def set_savepoint_place(self, job_id: str, checkpoint_id: int, place: SavepointPlace) -> None:
        """Record where the directory of a savepoint is; nothing when the savepoint is gone."""
        checkpoints.set_place(self._session, job_id, checkpoint_id, place)

    def checkpoint(self, job_id: str, checkpoint_id: int) -> Checkpoint | None:
        """One checkpoint, None when there is none."""
        return checkpoints.get(self._session, job_id, checkpoint_id)

    def checkpoints(self, job_id: str, kind: CheckpointKind | str | None = None, limit: int = 50) -> list[Checkpoint]:
        """Checkpoints of a job, newest first."""
        return self.checkpoint_page(job_id, CheckpointFilter(kind=kind), limit)

    def checkpoint_page(self, job_id: str, wanted: CheckpointFilter, limit: int = 50) -> list[Checkpoint]:
        """The checkpoints of a job that ``wanted`` describes, newest first."""
        return checkpoints.of_job(self._session, job_id, wanted, limit)

    def checkpoint_state(self, job_id: str, checkpoint_id: int) -> bytes:
        """The state as it was saved, verified by its SHA-256; StoreError ``checkpoint-corrupt`` when it is not."""
        return checkpoints.state(self._session, job_id, checkpoint_id)

    def uncommitted_checkpoints(self, job_id: str) -> list[Checkpoint]:
        """Checkpoints that are completed and not committed, oldest first."""
        return checkpoints.uncommitted(self._session, job_id)

    def savepoints(
        self, *, deleted: bool = False, limit: int = ALL, offset: int = 0, after: Place | None = None
    ) -> list[Checkpoint]:
        """Complete savepoints of all jobs, or of those that are deleted, newest first; see :class:`.CheckpointFilter`."""
        return checkpoints.savepoints(self._session, deleted=deleted, limit=limit, offset=offset, after=after)

    def savepoint_ids(self) -> set[tuple[str, int]]:
        """The job's id and the number of every savepoint, those of deleted jobs and damaged ones too."""
        return checkpoints.savepoint_ids(self._session)

    def release_savepoint(self, job_id: str, checkpoint_id: int) -> bool:
        """Forget a savepoint, with its state. The newest complete checkpoint of a job, and the one that its execution runs
        from, is kept as a periodic one instead, until another one takes its place (False then): to go on from an older one
        would repeat what it has made visible."""
        return checkpoints.release(self._session, job_id, checkpoint_id)

    def delete_checkpoint(self, job_id: str, checkpoint_id: int) -> None:
        """Remove a checkpoint or savepoint with its state."""
        checkpoints.delete(self._session, job_id, checkpoint_id)

    def keep_checkpoint(self, job_id: str, checkpoint_id: int, description: str) -> None:
        """Keep a checkpoint until somebody deletes it: as a savepoint, which it may be already."""
        checkpoints.keep(self._session, job_id, checkpoint_id, description)

    def prune_checkpoints(self, job_id: str, retained: int) -> list[int]:
        """Remove committed periodic and final checkpoints beyond the newest ``retained`` (at least one stays) and all but
        the last 20 failed ones; never a savepoint, an uncommitted one, the newest to restore from, or the one that an
        execution without a checkpoint of its own started from. Returns the ids that went."""
        return checkpoints.prune(self._session, job_id, retained)

    def state_file_names(self) -> set[str]:
        """The names of all state files that checkpoints refer to."""
        return checkpoints.state_file_names(self._session)
