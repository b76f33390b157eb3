"""Long lists, record by record: pages are asked for as they are needed, so that nobody handles their tokens.

``for job in client.each_job(queue="nightly")``, and of the client for event loops ``async for``. What is added or removed
meanwhile shifts nothing: no record comes twice.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, overload

from runner.audit import AuditEntry
from runner.bounds import MAXIMUM_PAGE
from runner.model import Attempt, AttemptFailure, Checkpoint, CheckpointKind, Execution, Generation, Job
from runner.observation import ErrorGroup
from runner.operation import Operation
from runner.replies import ErrorOverview, ErrorReport
from runner.states import ExecutionState
from runner.verbs.call import Call
from runner.verbs.checkpoints import CheckpointVerbs
from runner.verbs.daemon import DaemonVerbs
from runner.verbs.executions import ExecutionVerbs
from runner.verbs.jobs import JobVerbs
from runner.verbs.observation import ObservationVerbs, Time
from runner.verbs.verb import Awaited, Blocking, Described, described

P = ParamSpec("P")
T = TypeVar("T")
Page: TypeAlias = tuple[tuple[T, ...], str | None]
"""Some records, and where the next ones begin; None: there are no more."""


class Each(Described[P, Page[T]]):
    """Decorates a method that returns the call for the first page; it becomes one that returns the records of all pages."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[Page[T]]]) -> None:
        super().__init__(describe)

        @functools.wraps(describe)
        def records(client: Any, *arguments: P.args, **options: P.kwargs) -> Any:
            call = describe(client, *arguments, **options)
            return _awaited(client, call) if isinstance(client, Awaited) else _blocking(client, call)

        self._perform = records

    @overload
    def __get__(self, client: None, owner: object = None) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(self, client: Blocking, owner: object = None) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: Awaited, owner: object = None) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Blocking | Awaited | None, owner: object = None) -> Callable[..., Any]:
        return self._bound(client)


def _blocking(client: Blocking, call: Call[Page[T]]) -> Iterator[T]:
    while True:
        records, token = client.perform(call)
        yield from records
        if token is None:
            return
        call = call.after(token)


async def _awaited(client: Awaited, call: Call[Page[T]]) -> AsyncIterator[T]:
    while True:
        records, token = await client.perform(call)
        for record in records:
            yield record
        if token is None:
            return
        call = call.after(token)


class EachVerbs:
    """Lists that may be longer than a page, the newest first unless it says otherwise."""

    @Each
    def each_job(
        self,
        state: ExecutionState | Sequence[ExecutionState] | None = None,
        name: str | None = None,
        queue: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        deleted: bool = False,
        sort: str | None = None,
    ) -> Call[Page[Job]]:
        """Every job that ``jobs`` would list, page after page."""
        narrowed = {"queue": queue, "labels": labels, "deleted": deleted, "sort": sort}
        asked = described(JobVerbs.jobs)(self, state, name, MAXIMUM_PAGE, count=False, **narrowed)
        return asked.then(lambda page: (page.jobs, page.next))

    @Each
    def each_execution(
        self,
        job: str | None = None,
        state: ExecutionState | Sequence[ExecutionState] | None = None,
        queue: str | None = None,
        *,
        sort: str | None = None,
        deleted: bool = False,
    ) -> Call[Page[Execution]]:
        """Every execution, of all jobs or of one, page after page; with ``deleted`` of those that are deleted."""
        narrowed = {"state": state, "queue": queue, "sort": sort, "deleted": deleted}
        asked = described(ExecutionVerbs.execution_page)(self, job=job, limit=MAXIMUM_PAGE, **narrowed)
        return asked.then(lambda page: (page.executions, page.next))

    @Each
    def each_generation(self, reference: str) -> Call[Page[Generation]]:
        """Every snapshot of the job's spec, the oldest first."""
        asked = described(JobVerbs.generation_page)(self, reference, limit=MAXIMUM_PAGE)
        return asked.then(lambda page: (page.generations, page.next))

    @Each
    def each_attempt(self, execution_id: str) -> Call[Page[Attempt]]:
        """Every attempt of an execution, the first one first."""
        asked = described(ExecutionVerbs.attempt_page)(self, execution_id, limit=MAXIMUM_PAGE)
        return asked.then(lambda page: (page.attempts, page.next))

    @Each
    def each_checkpoint(self, reference: str, kind: CheckpointKind | None = None) -> Call[Page[Checkpoint]]:
        """Every checkpoint of a job, page after page."""
        asked = described(CheckpointVerbs.checkpoint_page)(self, reference, kind, limit=MAXIMUM_PAGE)
        return asked.then(lambda page: (page.checkpoints, page.next))

    @Each
    def each_savepoint(self, reference: str | None = None, *, deleted: bool = False) -> Call[Page[Checkpoint]]:
        """Every savepoint, of all jobs or of one, page after page."""
        asked = described(CheckpointVerbs.savepoint_page)(self, reference, deleted=deleted, limit=MAXIMUM_PAGE)
        return asked.then(lambda page: (page.savepoints, page.next))

    @Each
    def each_error_group(
        self, reference: str | None = None, *, kind: str | None = None, since: Time | None = None, sort: str | None = None
    ) -> Call[Page[ErrorGroup]]:
        """Everything that went wrong in a job or in all, in groups of what is the same but for details, page after page."""
        return _errors(self, reference, kind, since, sort).then(lambda page: (page.groups, page.next))

    @Each
    def each_failure(
        self, reference: str | None = None, *, kind: str | None = None, since: Time | None = None, sort: str | None = None
    ) -> Call[Page[AttemptFailure]]:
        """Every attempt that failed, of a job or of all, page after page; the newest 2,000."""
        return _errors(self, reference, kind, since, sort).then(lambda page: (page.failures, page.next))

    @Each
    def each_operation(
        self, job: str | None = None, kind: str | None = None, *, is_open: bool | None = None
    ) -> Call[Page[Operation]]:
        """Everything that was asked of the daemon, page after page."""
        asked = described(ExecutionVerbs.operations)(self, job=job, kind=kind, is_open=is_open, limit=MAXIMUM_PAGE)
        return asked.then(lambda page: (page.operations, page.next))

    @Each
    def each_audit_entry(
        self,
        job: str | None = None,
        *,
        who: str | None = None,
        action: str | None = None,
        since: Time | None = None,
        until: Time | None = None,
    ) -> Call[Page[AuditEntry]]:
        """The whole audit trail, or some of it, page after page."""
        narrowed = {"who": who, "action": action, "since": since, "until": until}
        asked = described(DaemonVerbs.audit)(self, job, limit=MAXIMUM_PAGE, **narrowed)
        return asked.then(lambda page: (page.entries, page.next))


def _errors(
    client: Any, reference: str | None, kind: str | None, since: Time | None, sort: str | None
) -> Call[ErrorReport] | Call[ErrorOverview]:
    narrowed = {"kind": kind, "since": since, "sort": sort, "limit": MAXIMUM_PAGE}
    if reference is None:
        return described(ObservationVerbs.all_errors)(client, **narrowed)
    return described(ObservationVerbs.errors)(client, reference, **narrowed)
