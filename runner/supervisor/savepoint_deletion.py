"""Whether a savepoint may be deleted, and what that would keep and lose. Reads the records; changes nothing."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import msgspec

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, Job
from runner.operation import Effects, Risk
from runner.store.store import Store
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.point_words import described, restore_point_of
from runner.supervisor.restore import RESTORABLE, only_restore_point
from runner.supervisor.restore_point import ALL

ACTION = "delete-savepoint"


def savepoint_of(store: Store, job: Job, number: int) -> Checkpoint:
    """The record of a savepoint. Raises :class:`NotFound`."""
    savepoint = store.checkpoint(job.id, number)
    if savepoint is None or savepoint.kind is not CheckpointKind.SAVEPOINT:
        hint = f"`flowdeck savepoints {shlex.quote(job.name)}` lists what it has"
        raise NotFound(f"the job {job.name} has no savepoint {number}", hint=hint)
    return savepoint


def deletable(store: Store, job: Job, number: int, *, force: bool) -> Checkpoint:
    """The savepoint, if it may be deleted. Raises :class:`NotFound`, :class:`Conflict` with why not and what to do instead."""
    savepoint = savepoint_of(store, job, number)
    if savepoint.status in {CheckpointStatus.IN_PROGRESS, CheckpointStatus.COMPLETED}:
        raise Conflict(f"savepoint {number} of {job.name} is not committed yet", hint="let the job run, or restart it")
    if force:
        return savepoint
    current = store.job(job.id)
    execution = current.execution if current else None
    if execution is not None and not execution.state.is_terminal and execution.restored_from == number:
        raise Conflict(
            f"{job.name} is running from savepoint {number}", hint="delete it when the job has ended, or with --force"
        )
    if only_restore_point(store.checkpoints(job.id, limit=ALL), number):
        raise Conflict(
            f"savepoint {number} is the only point that {job.name} can go on from",
            hint="take another one first, or delete it with --force",
        )
    return savepoint


def deletion_effects(store: Store, job: Job, number: int, *, force: bool) -> Effects:
    """What deleting the savepoint would do now. Raises :class:`NotFound`."""
    savepoint = savepoint_of(store, job, number)
    told = Effects(
        action=ACTION,
        job_id=job.id,
        job_name=job.name,
        execution_id=job.execution.id if job.execution else None,
        state=str(job.execution.state) if job.execution else "NEW",
        allowed=True,
        risk=Risk.DESTRUCTIVE,
    )
    try:
        deletable(store, job, number, force=force)
    except Conflict as error:
        return msgspec.structs.replace(told, allowed=False, reason=error.message, hint=error.hint, does="nothing")
    others = [point for point in store.checkpoints(job.id, limit=ALL) if point.status in RESTORABLE and point.id != number]
    next_point = max(others, key=lambda point: point.id, default=None)
    return msgspec.structs.replace(
        told,
        does="forgets the savepoint and removes its directory, if that is below the home",
        kept=_kept(savepoint, others, next_point),
        lost=(_lost(savepoint),),
        restore_point=restore_point_of(next_point),
    )


def _kept(savepoint: Checkpoint, others: Sequence[Checkpoint], next_point: Checkpoint | None) -> tuple[str, ...]:
    points = "no other restore point" if not others else f"{len(others)} other restore point{'s' if len(others) > 1 else ''}"
    kept = [f"the job, {points}, and what was written to the targets"]
    if next_point is not None and next_point.id < savepoint.id:
        kept.append("its state, as an ordinary checkpoint, until there is a newer one")
    elif next_point is not None:
        kept.append(f"where a restore begins: {described(next_point)}")
    return tuple(kept)


def _lost(savepoint: Checkpoint) -> str:
    note = savepoint.description.strip().partition("\n")[0]
    return f"the way back to {described(savepoint)}" + (f": {note}" if note else "")
