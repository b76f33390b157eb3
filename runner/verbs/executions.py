"""Verbs about executions and operations: what ran, and what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from runner.model import Attempt, Checkpoint, CheckpointKind, Execution
from runner.operation import Operation
from runner.replies import AttemptList, CheckpointList, ExecutionList, OperationPage
from runner.states import ExecutionState
from runner.transport import Query
from runner.verbs.call import Call, get
from runner.verbs.verb import Verb


class ExecutionVerbs:
    """Executions and their attempts; operations."""

    @Verb
    def executions(self, reference: str) -> Call[tuple[Execution, ...]]:
        """Of one job, newest first."""
        return get(ExecutionList, "jobs", reference, "executions").then(lambda reply: reply.executions)

    @Verb
    def execution_page(
        self,
        *,
        job: str | None = None,
        state: ExecutionState | Sequence[ExecutionState] | None = None,
        queue: str | None = None,
        limit: int = 100,
        after: str | None = None,
        sort: str | None = None,
        deleted: bool = False,
    ) -> Call[ExecutionList]:
        """Of all jobs, or of one, newest first, or as ``sort`` says (see ``jobs``); with ``deleted`` of those that are
        deleted. ``after`` is the ``next`` of the page before."""
        states = (state,) if isinstance(state, str) or state is None else tuple(state)
        query: Query = {"job": job, "state": states, "queue": queue, "limit": limit, "after": after, "sort": sort}
        return get(ExecutionList, "executions", query={**query, "deleted": deleted or None})

    @Verb
    def execution(self, execution_id: str) -> Call[Execution]:
        """One execution by its id."""
        return get(Execution, "executions", execution_id)

    @Verb
    def attempts(self, execution_id: str) -> Call[tuple[Attempt, ...]]:
        """The attempts of an execution, in order."""
        return get(AttemptList, "executions", execution_id, "attempts").then(lambda reply: reply.attempts)

    @Verb
    def attempt_page(
        self, execution_id: str, *, limit: int = 100, offset: int = 0, after: str | None = None
    ) -> Call[AttemptList]:
        """The same page by page: ``after`` is the ``next`` of the page before."""
        query: Query = {"limit": limit, "offset": offset or None, "after": after}
        return get(AttemptList, "executions", execution_id, "attempts", query=query)

    @Verb
    def execution_checkpoints(
        self, execution_id: str, kind: CheckpointKind | None = None, limit: int = 50
    ) -> Call[tuple[Checkpoint, ...]]:
        """Those that an execution took and that are kept, newest first."""
        asked = get(CheckpointList, "executions", execution_id, "checkpoints", query={"kind": kind, "limit": limit})
        return asked.then(lambda reply: reply.checkpoints)

    @Verb
    def execution_checkpoint_page(
        self,
        execution_id: str,
        kind: CheckpointKind | None = None,
        *,
        limit: int = 50,
        offset: int = 0,
        after: str | None = None,
    ) -> Call[CheckpointList]:
        """The same page by page: ``after`` is the ``next`` of the page before."""
        query: Query = {"kind": kind, "limit": limit, "offset": offset or None, "after": after}
        return get(CheckpointList, "executions", execution_id, "checkpoints", query=query)

    @Verb
    def operations(
        self,
        *,
        job: str | None = None,
        kind: str | None = None,
        is_open: bool | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Call[OperationPage]:
        """What was asked of the daemon, newest first; ``is_open``: only what is under way, or only the rest."""
        query: Query = {"job": job, "kind": kind, "open": is_open, "limit": limit, "after": after}
        return get(OperationPage, "operations", query=query)

    @Verb
    def operation(self, operation_id: str) -> Call[Operation]:
        """One command: how far it has come, or how it ended."""
        return get(Operation, "operations", operation_id)
