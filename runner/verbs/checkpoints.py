"""Verbs about checkpoints and savepoints."""

from __future__ import annotations

from runner.model import Checkpoint, CheckpointKind
from runner.replies import CheckpointList, SavepointList, SavepointVerdict
from runner.verbs.call import LONG_SECONDS, Call, delete, get, post
from runner.verbs.verb import Verb


class CheckpointVerbs:
    """Checkpoints and savepoints."""

    @Verb
    def checkpoints(self, reference: str, kind: CheckpointKind | None = None, limit: int = 50) -> Call[tuple[Checkpoint, ...]]:
        """Newest first."""
        asked = get(CheckpointList, "jobs", reference, "checkpoints", query={"kind": kind, "limit": limit})
        return asked.then(lambda reply: reply.checkpoints)

    @Verb
    def savepoints(self, reference: str | None = None) -> Call[tuple[Checkpoint, ...]]:
        """Of one job or of all, newest first."""
        return get(SavepointList, "savepoints", query={"job": reference}).then(lambda reply: reply.savepoints)

    @Verb
    def delete_savepoint(self, reference: str, number: int, *, force: bool = False) -> Call[None]:
        """Forget a savepoint; with ``force`` also one that the job needs."""
        return delete("jobs", reference, "savepoints", number, query={"force": True if force else None})

    @Verb
    def verify_savepoint(self, reference: str, number: int) -> Call[SavepointVerdict]:
        """Have every byte of a savepoint read."""
        return post(SavepointVerdict, "jobs", reference, "savepoints", number, "verify", seconds=LONG_SECONDS)
