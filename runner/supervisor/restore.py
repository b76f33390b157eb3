"""Where an attempt starts from: the one function that serves a crash, a restart of the daemon and a restore by hand. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from runner.model import Checkpoint, CheckpointStatus, Execution
from runner.supervisor.errors import Conflict, NotFound

NONE: Final = "none"
LATEST: Final = "latest"
_RESTORABLE = frozenset({CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED})


@dataclass(frozen=True, slots=True)
class RestoreChoice:
    """The checkpoint to start from (None: the beginning) and the sentence that says why this one."""

    checkpoint: Checkpoint | None
    reason: str

    @property
    def id(self) -> int | None:
        """The checkpoint's id, None for the beginning."""
        return self.checkpoint.id if self.checkpoint else None


def choose_restore_point(checkpoints: Iterable[Checkpoint], wanted: str, execution_id: str | None = None) -> RestoreChoice:
    """Decide where the next attempt of a job starts.

    ``checkpoints`` are those of the job, in any order. The progress of the execution itself (``execution_id``, None for one
    that is only being created) always wins: its newest complete checkpoint. Without any, ``wanted`` decides, what the execution
    was asked to start from: ``none``, ``latest`` (of the whole job) or a checkpoint's id.

    Raises :class:`NotFound` for an id that does not exist, :class:`Conflict` for one that is not complete and for ``latest``
    without any complete checkpoint. Never falls back to an older checkpoint, or to the beginning, in silence.
    """
    known = {checkpoint.id: checkpoint for checkpoint in checkpoints}
    complete = [checkpoint for checkpoint in known.values() if checkpoint.status in _RESTORABLE]
    own = [checkpoint for checkpoint in complete if checkpoint.execution_id == execution_id]
    if own:
        return _chosen(max(own, key=_age), "the last complete one of this execution")
    if wanted == NONE:
        return RestoreChoice(None, "from the beginning: there is no complete checkpoint to go on from")
    if wanted == LATEST:
        return _latest(complete)
    return _by_id(known, wanted)


def has_left_off(checkpoints: Iterable[Checkpoint], execution: Execution) -> bool:
    """Whether there is a complete checkpoint of the execution's own."""
    return any(point.execution_id == execution.id and point.status in _RESTORABLE for point in checkpoints)


def require_left_off(checkpoints: Iterable[Checkpoint], executions: Iterable[Execution]) -> None:
    """Raise :class:`Conflict` unless ``latest`` is where the job's newest execution left off (``executions``: newest first).

    One that began from the beginning may have emptied its targets. Without a complete checkpoint of its own, the older ones
    are those of output that may be gone: nobody goes on from them without naming one.
    """
    complete = [point for point in checkpoints if point.status in _RESTORABLE]
    newest = next((execution for execution in executions if execution.attempt), None)
    if not complete or newest is None or newest.restored_from is not None:
        return
    if not has_left_off(complete, newest):
        raise Conflict(
            "the last execution began from the beginning and ended without a checkpoint to go on from",
            hint="start from the beginning with --restore none, or give the number of an older checkpoint",
        )


def _latest(complete: list[Checkpoint]) -> RestoreChoice:
    if not complete:
        raise Conflict(
            "there is no complete checkpoint or savepoint to start from", hint="start from the beginning with --restore none"
        )
    return _chosen(max(complete, key=_age), "the newest complete one of the job")


def _by_id(known: dict[int, Checkpoint], wanted: str) -> RestoreChoice:
    if not (wanted.isascii() and wanted.isdigit()):
        raise NotFound(f"{wanted!r} is no restore point", hint="give `none`, `latest` or the number of a checkpoint")
    checkpoint = known.get(int(wanted))
    if checkpoint is None:
        raise NotFound(f"the job has no checkpoint {wanted}", hint="`flowdeck checkpoints JOB` lists what it has")
    if checkpoint.status not in _RESTORABLE:
        raise Conflict(f"checkpoint {wanted} is {checkpoint.status}, so it cannot be restored", hint="choose a complete one")
    return _chosen(checkpoint, "asked for by its number")


def _chosen(checkpoint: Checkpoint, why: str) -> RestoreChoice:
    return RestoreChoice(checkpoint, f"{checkpoint.kind} checkpoint {checkpoint.id}: {why}")


def _age(checkpoint: Checkpoint) -> int:
    return checkpoint.id
