"""Where an attempt starts from: the one function that serves a crash, a restart of the daemon, a restore by hand and an
imported directory. Pure: whether a state can be read it asks its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from runner.model import Checkpoint, CheckpointStatus, Execution
from runner.supervisor.errors import CheckpointDamaged, Conflict, NotFound
from spec.job import DamagePolicy

NONE: Final = "none"
LATEST: Final = "latest"
RESTORABLE = frozenset({CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED})

Damage: TypeAlias = Callable[[Checkpoint], str]
"""Why the state of a checkpoint cannot be read; empty when it can."""
_DIGITS = 19
"""No checkpoint has a number of so many; Python makes none of several thousand."""


@dataclass(frozen=True, slots=True)
class RestoreChoice:
    """The checkpoint to start from (None: the beginning) and the sentence that says why this one. ``damaged``: newer ones that
    were passed over because their states cannot be read, each with the reason."""

    checkpoint: Checkpoint | None
    reason: str
    damaged: tuple[tuple[int, str], ...] = ()

    @property
    def id(self) -> int | None:
        """The checkpoint's id, None for the beginning."""
        return self.checkpoint.id if self.checkpoint else None


def _undamaged(_checkpoint: Checkpoint) -> str:
    return ""


def choose_restore_point(
    checkpoints: Iterable[Checkpoint],
    wanted: str,
    execution_id: str | None = None,
    *,
    policy: DamagePolicy = DamagePolicy.REFUSE,
    damage: Damage = _undamaged,
) -> RestoreChoice:
    """Decide where the next attempt of a job starts.

    ``checkpoints`` are those of the job, in any order. The progress of the execution itself (``execution_id``, None for one
    that is only being created) always wins: its newest complete checkpoint. Without any, ``wanted`` decides, what the execution
    was asked to start from: ``none``, ``latest`` (of the whole job) or a checkpoint's id.

    Raises :class:`NotFound` for an id that does not exist, :class:`Conflict` for one that is not complete and for ``latest``
    without any complete checkpoint, :class:`CheckpointDamaged` when the state of the chosen one cannot be read. Never falls
    back to an older checkpoint, or to the beginning, in silence: to an older one only when ``policy`` says so, which the reason
    tells; to the beginning, and from one that was named, never.
    """
    known = {checkpoint.id: checkpoint for checkpoint in checkpoints}
    complete = [checkpoint for checkpoint in known.values() if checkpoint.status in RESTORABLE]
    own = _newest_first(checkpoint for checkpoint in complete if checkpoint.execution_id == execution_id)
    if own:
        return _first_readable(own, "the last complete one of this execution", policy, damage)
    if wanted == NONE:
        return RestoreChoice(None, _beginning(len(complete), execution_id))
    if wanted == LATEST:
        if not complete:
            raise Conflict(
                "there is no complete checkpoint or savepoint to start from",
                hint="start from the beginning: flowdeck restart JOB --from none",
            )
        return _first_readable(_newest_first(complete), "the newest complete one of the job", policy, damage)
    return _first_readable([_by_id(known, wanted)], "asked for by its number", DamagePolicy.REFUSE, damage)


def has_left_off(checkpoints: Iterable[Checkpoint], execution: Execution) -> bool:
    """Whether there is a complete checkpoint of the execution's own."""
    return any(point.execution_id == execution.id and point.status in RESTORABLE for point in checkpoints)


def require_left_off(checkpoints: Iterable[Checkpoint], executions: Iterable[Execution]) -> None:
    """Raise :class:`Conflict` unless ``latest`` is where the job's newest execution left off (``executions``: newest first).

    One that began from the beginning may have emptied its targets. Without a complete checkpoint of its own, the older ones
    are those of output that may be gone: nobody goes on from them without naming one.
    """
    complete = [point for point in checkpoints if point.status in RESTORABLE]
    newest = next((execution for execution in executions if execution.attempt), None)
    if not complete or newest is None or newest.restored_from is not None:
        return
    if not has_left_off(complete, newest):
        raise Conflict(
            "the last execution began from the beginning and ended without a checkpoint to go on from",
            hint="start from the beginning: flowdeck restart JOB --from none; or give the number of an older checkpoint",
        )


def only_restore_point(checkpoints: Iterable[Checkpoint], number: int) -> bool:
    """Whether ``number`` is complete and no other checkpoint of the job is."""
    return [point.id for point in checkpoints if point.status in RESTORABLE] == [number]


def _beginning(complete: int, execution_id: str | None) -> str:
    """Why everything is read again: said in so many words, for it may be a mistake."""
    if execution_id is not None:
        return "from the beginning: this execution began there and has no complete checkpoint of its own"
    if not complete:
        return "from the beginning: there is no complete checkpoint to go on from"
    count = "1 complete checkpoint is" if complete == 1 else f"{complete} complete checkpoints are"
    return f"from the beginning, as was asked for: {count} passed over"


def _first_readable(candidates: list[Checkpoint], why: str, policy: DamagePolicy, damage: Damage) -> RestoreChoice:
    """The first of ``candidates`` whose state can be read; all but the first only when ``policy`` allows it."""
    damaged: list[tuple[int, str]] = []
    for candidate in candidates:
        trouble = damage(candidate)
        if not trouble:
            return RestoreChoice(candidate, _reason(candidate, why, damaged), tuple(damaged))
        damaged.append((candidate.id, trouble))
        if policy is DamagePolicy.REFUSE:
            break
    number, trouble = damaged[0]
    others = "" if len(damaged) == 1 else f", nor can those before it ({', '.join(str(found) for found, _ in damaged[1:])})"
    raise CheckpointDamaged(
        f"checkpoint {number}, {why}, cannot be read: {trouble}{others}",
        hint="start from another one by its number, or from the beginning: flowdeck restart JOB --from ID|none",
    )


def _reason(checkpoint: Checkpoint, why: str, damaged: list[tuple[int, str]]) -> str:
    reason = f"{checkpoint.kind} checkpoint {checkpoint.id}: {why}"
    if not damaged:
        return reason
    lost = ", ".join(f"{number} ({trouble})" for number, trouble in damaged)
    return f"{reason} that can be read, as checkpoint.on_damage says; passed over: {lost}; rows after it may be there twice"


def _by_id(known: dict[int, Checkpoint], wanted: str) -> Checkpoint:
    if not (wanted.isascii() and wanted.isdigit()):
        raise NotFound(f"{wanted!r} is no restore point", hint="give `none`, `latest` or the number of a checkpoint")
    checkpoint = known.get(int(wanted)) if len(wanted) < _DIGITS else None
    if checkpoint is None:
        raise NotFound(f"the job has no checkpoint {wanted}", hint="`flowdeck checkpoints JOB` lists what it has")
    if checkpoint.status not in RESTORABLE:
        raise Conflict(f"checkpoint {wanted} is {checkpoint.status}, so it cannot be restored", hint="choose a complete one")
    return checkpoint


def _newest_first(checkpoints: Iterable[Checkpoint]) -> list[Checkpoint]:
    return sorted(checkpoints, key=lambda checkpoint: checkpoint.id, reverse=True)
