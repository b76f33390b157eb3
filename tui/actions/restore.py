"""The points a job can be restored from: the newest checkpoint, every other one, and the beginning."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runner.model import Checkpoint, CheckpointKind, CheckpointStatus

_USABLE = (CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED)


class Point(msgspec.Struct, frozen=True):
    """One choice. ``restore`` is what the request says: ``latest``, ``none`` or a checkpoint's id."""

    restore: str
    title: str
    checkpoint: Checkpoint | None = None

    @property
    def noun(self) -> str:
        """``checkpoint #812``, ``savepoint #402``, ``the beginning``."""
        return f"{_noun(self.checkpoint)} #{self.checkpoint.id}" if self.checkpoint else "the beginning"


def points(checkpoints: Sequence[Checkpoint]) -> tuple[Point, ...]:
    """The choices, the most likely first: the newest, savepoints and checkpoints by age, the beginning last."""
    usable = sorted((checkpoint for checkpoint in checkpoints if checkpoint.status in _USABLE), key=lambda one: -one.id)
    chosen = [Point("latest", "latest", usable[0])] if usable else []
    chosen.extend(Point(str(one.id), _noun(one), one) for one in usable[1:])
    return (*chosen, Point("none", "from the beginning"))


def _noun(checkpoint: Checkpoint) -> str:
    return "savepoint" if checkpoint.kind is CheckpointKind.SAVEPOINT else "checkpoint"
