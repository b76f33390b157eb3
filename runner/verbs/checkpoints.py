"""Verbs about checkpoints and savepoints."""

from __future__ import annotations

from runner.model import Checkpoint, CheckpointKind
from runner.replies import CheckpointList, SavepointList, SavepointVerdict
from runner.transport import Query
from runner.verbs.call import LONG_SECONDS, Call, delete, get, post
from runner.verbs.verb import Action, Verb


class SavepointDeletion:
    """What can be tried dry."""

    @Action
    def delete_savepoint(self, reference: str, number: int, *, force: bool = False, deleted: bool = False) -> Call[None]:
        """Forget a savepoint; with ``force`` also one that the job needs. ``deleted``: of a job that is deleted."""
        return delete("jobs", reference, "savepoints", number, query={"force": force or None, "deleted": deleted or None})


class CheckpointVerbs(SavepointDeletion):
    """Checkpoints and savepoints."""

    @Verb
    def checkpoints(self, reference: str, kind: CheckpointKind | None = None, limit: int = 50) -> Call[tuple[Checkpoint, ...]]:
        """Newest first."""
        asked = get(CheckpointList, "jobs", reference, "checkpoints", query={"kind": kind, "limit": limit})
        return asked.then(lambda reply: reply.checkpoints)

    @Verb
    def checkpoint_page(
        self,
        reference: str,
        kind: CheckpointKind | None = None,
        *,
        limit: int = 50,
        offset: int = 0,
        after: str | None = None,
    ) -> Call[CheckpointList]:
        """The same page by page: ``after`` is the ``next`` of the page before."""
        query: Query = {"kind": kind, "limit": limit, "offset": offset or None, "after": after}
        return get(CheckpointList, "jobs", reference, "checkpoints", query=query)

    @Verb
    def savepoints(self, reference: str | None = None, *, deleted: bool = False) -> Call[tuple[Checkpoint, ...]]:
        """Of one job or of all, newest first; with ``deleted`` of one that is deleted, or of all that are."""
        query: Query = {"job": reference, "deleted": deleted or None}
        return get(SavepointList, "savepoints", query=query).then(lambda reply: reply.savepoints)

    @Verb
    def savepoint_page(
        self,
        reference: str | None = None,
        *,
        deleted: bool = False,
        limit: int = 100,
        offset: int = 0,
        after: str | None = None,
    ) -> Call[SavepointList]:
        """The same page by page: ``after`` is the ``next`` of the page before."""
        query: Query = {"job": reference, "deleted": deleted or None}
        return get(SavepointList, "savepoints", query={**query, "limit": limit, "offset": offset or None, "after": after})

    @Verb
    def show_savepoint(self, reference: str, number: int, *, deleted: bool = False) -> Call[Checkpoint]:
        """One savepoint; with ``deleted`` of a job that is deleted."""
        return get(Checkpoint, "jobs", reference, "savepoints", number, query={"deleted": deleted or None})

    @Verb
    def verify_savepoint(self, reference: str, number: int, *, deleted: bool = False) -> Call[SavepointVerdict]:
        """Have every byte of a savepoint read; with ``deleted`` of a job that is deleted."""
        query: Query = {"deleted": deleted or None}
        return post(SavepointVerdict, "jobs", reference, "savepoints", number, "verify", query=query, seconds=LONG_SECONDS)
