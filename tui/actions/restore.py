"""The points a job can be restored from: the newest checkpoint, every other one, and the beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.model import Checkpoint, CheckpointKind
from tui.actions.progress import is_usable


@dataclass(frozen=True, slots=True)
class Point:
    """One choice. ``restore`` is what the request says: ``latest``, ``none`` or a checkpoint's id."""

    restore: str
    title: str
    checkpoint: Checkpoint | None = None

    @property
    def is_newest(self) -> bool:
        """Whether nothing newer exists."""
        return self.restore == "latest"

    @property
    def does(self) -> str:
        """How an execution begins with it: ``from checkpoint #812``."""
        if self.checkpoint is None:
            return "from the beginning, without any checkpoint"
        return f"from {_noun(self.checkpoint)} #{self.checkpoint.id}"

    @property
    def go(self) -> str:
        """The words on the button."""
        return "start over" if self.checkpoint is None else f"restore #{self.checkpoint.id}"


def points(checkpoints: Sequence[Checkpoint]) -> tuple[Point, ...]:
    """The choices, the most likely first: the newest, savepoints and checkpoints by age, the beginning last."""
    usable = sorted((checkpoint for checkpoint in checkpoints if is_usable(checkpoint)), key=lambda one: -one.id)
    chosen = [Point("latest", "latest", usable[0])] if usable else []
    chosen.extend(Point(str(one.id), _noun(one), one) for one in usable[1:])
    return (*chosen, Point("none", "from the beginning"))


def _noun(checkpoint: Checkpoint) -> str:
    return "savepoint" if checkpoint.kind is CheckpointKind.SAVEPOINT else "checkpoint"
