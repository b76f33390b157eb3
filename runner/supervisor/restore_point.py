"""Reads a restore point out of the store: the choice, the state it stands for, and what may have to be committed again."""

from __future__ import annotations

from runner.model import Checkpoint
from runner.protocol import SinkToken
from runner.store.errors import StoreError
from runner.store.store import Store
from runner.supervisor.errors import CheckpointDamaged
from runner.supervisor.restore import choose_restore_point
from runner.supervisor.snapshot import Snapshot, SnapshotUnreadable, decode_snapshot
from runner.supervisor.work import Restored, Uncommitted
from spec.job import DamagePolicy

ALL = 1_000_000
_CORRUPT = "checkpoint-corrupt"


def read_restore_point(
    store: Store,
    job_id: str,
    wanted: str,
    execution_id: str | None = None,
    policy: DamagePolicy = DamagePolicy.REFUSE,
) -> Restored:
    """Where the next attempt of a job starts, and with what. Every way to an attempt comes through here.

    Raises what :func:`~runner.supervisor.restore.choose_restore_point` raises, and :class:`CheckpointDamaged` when output that
    the job needs cannot be committed because the state that names it cannot be read.
    """
    snapshots: dict[int, Snapshot] = {}

    def damage(checkpoint: Checkpoint) -> str:
        try:
            snapshots[checkpoint.id] = _snapshot(store, job_id, checkpoint.id)
        except (StoreError, SnapshotUnreadable) as error:
            if isinstance(error, StoreError) and error.code != _CORRUPT:
                raise
            return error.message
        return ""

    choice = choose_restore_point(store.checkpoints(job_id, limit=ALL), wanted, execution_id, policy=policy, damage=damage)
    found: list[int] = []
    tokens: list[SinkToken] = []
    lost = dict(choice.damaged)
    for checkpoint in store.uncommitted_checkpoints(job_id):
        trouble = damage(checkpoint)
        if not trouble:
            found.append(checkpoint.id)
            tokens.extend(snapshots[checkpoint.id].tokens)
        elif checkpoint.id < (choice.id or 0):
            raise CheckpointDamaged(
                f"the output of checkpoint {checkpoint.id} cannot be committed: {trouble}",
                hint=f"go on from a checkpoint before {checkpoint.id}, or from the beginning: its rows are read again then",
            )
        else:  # its rows come after the restore point: they are read again
            lost[checkpoint.id] = trouble
    snapshot = snapshots[choice.id] if choice.id is not None else None
    return Restored(choice, snapshot, tokens, tuple(found), tuple(lost.items()))


def read_uncommitted(store: Store, job_id: str) -> Uncommitted:
    """The checkpoints of the job that are complete and perhaps not committed, with their tokens, oldest first."""
    numbers = tuple(checkpoint.id for checkpoint in store.uncommitted_checkpoints(job_id))
    return Uncommitted(numbers, [token for number in numbers for token in _snapshot(store, job_id, number).tokens])


def _snapshot(store: Store, job_id: str, number: int) -> Snapshot:
    return decode_snapshot(store.checkpoint_state(job_id, number))
