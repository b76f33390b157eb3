"""What is known of an execution's frequent checkpoints and not written down yet. None of it is needed after a crash: what has
begun is lost with the workers, and what is committed may be committed again."""

from __future__ import annotations

import time
from collections.abc import Sequence

from runner.model import Checkpoint

RIDES_ALONG = 0.8
"""Seconds after which it is written down together with something else."""
LONGEST = 1.5
"""Seconds after which it is written down."""


class Backlog:
    """``begun``: a checkpoint that was begun and that the store does not know. Times are those of the system's clock that
    nobody can set."""

    def __init__(self) -> None:
        self.begun: Checkpoint | None = None
        self._begun_at = 0.0
        self._committed: list[Checkpoint] = []
        self._newest: Checkpoint | None = None
        self._since = 0.0

    def begin(self, checkpoint: Checkpoint) -> None:
        """A checkpoint that is in progress."""
        self.begun = checkpoint
        self._begun_at = time.monotonic()

    def add(self, committed: Checkpoint) -> None:
        """A checkpoint that every sink has committed."""
        if not self._committed:
            self._since = time.monotonic()
        self._committed.append(committed)
        self._newest = committed

    def committed(self) -> Sequence[Checkpoint]:
        """All that are committed, oldest first."""
        return tuple(self._committed)

    def due(self) -> Sequence[Checkpoint]:
        """The same, once it is time to write them down with something else."""
        return self.committed() if self._committed and time.monotonic() - self._since >= RIDES_ALONG else ()

    def is_unwritten(self, checkpoint: Checkpoint) -> bool:
        """Whether the store does not know it."""
        return self.begun is not None and self.begun.id == checkpoint.id

    def view(self, stored: Checkpoint) -> Checkpoint:
        """The newest checkpoint that the store had when it was asked, as it is known here."""
        return self._newest if self._newest is not None and self._newest.id == stored.id else stored

    def is_empty(self) -> bool:
        """Whether the store knows everything."""
        return self.begun is None and not self._committed

    def is_old(self) -> bool:
        """Whether the store has to be told."""
        if self._committed and time.monotonic() - self._since >= LONGEST:
            return True
        return self.begun is not None and time.monotonic() - self._begun_at >= LONGEST

    def written(self, committed: Sequence[Checkpoint], begun: Checkpoint | None = None) -> None:
        """The store has been told of these."""
        if committed:
            told = {checkpoint.id for checkpoint in committed}
            self._committed = [checkpoint for checkpoint in self._committed if checkpoint.id not in told]
            self._since = time.monotonic()
        if begun is not None and self.is_unwritten(begun):
            self.begun = None
