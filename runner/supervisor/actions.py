"""Commands as clients give them: each can be tried dry, is checked against the table, and is an operation until it has come
about. What the commands do is in the service; how one is followed to its end, in :mod:`runner.supervisor.following`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from runner.model import Checkpoint, Execution, Job
from runner.operation import Effects, Operation, OperationOutcome
from runner.requests import RestartRequest, StartRequest, SubmitRequest, UpdateRequest
from runner.store.store import Store
from runner.supervisor.catalog import as_submit
from runner.supervisor.commands import Command, permit, rule_of
from runner.supervisor.effects import Facts, effects_of
from runner.supervisor.errors import Conflict
from runner.supervisor.executions import Executions
from runner.supervisor.following import CONTINUED, Following, Known
from runner.supervisor.journal import Journal
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.operations import Operations
from runner.supervisor.submission import check_request
from spec.errors import FlowdeckError
from spec.plan.plan import plan_change

T = TypeVar("T")
_log = logging.getLogger(__name__)
Tell: TypeAlias = Callable[[str, float | None], None]
"""Takes the phase of an operation, and its progress."""
SUBMIT = "submit"
_FORGETTING = frozenset({Command.DELETE, Command.UNDELETE, Command.PURGE})
_ALL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks, and why. ``execution``: the one that is to be acted on, None: the job's newest, whichever it is."""

    requested_by: str = ""
    reason: str = ""
    execution: str | None = None


@dataclass(frozen=True, slots=True)
class Started(Generic[T]):
    """A command under way: its operation, and the task that has its answer."""

    operation: Operation
    task: asyncio.Task[T]


class Submittable(Known, Protocol):
    """What carries out the commands, as far as this is not left to who gives them."""

    async def submit(self, request: SubmitRequest) -> Job:
        """Check and run a job file, or only store it."""


S = TypeVar("S", bound=Submittable)


class Actions(Generic[S]):
    """All commands of one daemon, carried out by ``service``."""

    def __init__(
        self,
        service: S,
        operations: Operations,
        executions: Executions,
        lifecycle: JobLifecycle,
        journal: Journal,
    ) -> None:
        self.operations = operations
        self._service = service
        self._executions = executions
        self._lifecycle = lifecycle
        self._journal = journal
        self._following = Following(service, operations, executions, lifecycle)
        self._tasks: set[asyncio.Task[Any]] = set()

    # trying

    async def effects(self, command: Command, reference: str, request: object = None, asked: Asked | None = None) -> Effects:
        """What the command would do now."""
        job = await self._job(reference, asked or Asked())
        rule = rule_of(command, job, replacing=self._lifecycle.lock(job.id).locked())
        return effects_of(command, rule, await self._facts(command, job, request), request)

    async def _facts(self, command: Command, job: Job, request: object) -> Facts:
        spec, _ = await self._lifecycle.generation(job, job.generation)
        plan = None
        if isinstance(request, UpdateRequest):
            wanted = await self._lifecycle.in_its_place(job, as_submit(request))
            plan = plan_change(spec, (await check_request(wanted)).job)
        restore = request.restore if isinstance(request, StartRequest | RestartRequest) else None
        number = int(restore) if restore and restore.isascii() and restore.isdigit() and len(restore) < 18 else None

        def read(store: Store) -> Facts:
            kept = store.checkpoints(job.id, limit=_ALL) if command in _FORGETTING else []
            usual = store.operations.usual_seconds(job.id, command.value)
            named = None if number is None else store.checkpoint(job.id, number)
            return Facts(
                job=job,
                spec=spec,
                point=job.last_checkpoint,
                named=named,
                begun_anew=named is not None and _has_begun_anew(store, named),
                usual_seconds=usual if usual is not None else _last_savepoint(command, job.last_checkpoint),
                executions=len(store.executions(job.id, _ALL, 0)) if command in _FORGETTING else 0,
                checkpoints=sum(point.kind != "savepoint" for point in kept),
                savepoints=sum(point.kind == "savepoint" for point in kept),
                plan=plan,
            )

        return await self._journal.read(read)

    # doing

    async def begin(
        self,
        command: Command,
        reference: str,
        call: Callable[[S, str], Coroutine[Any, Any, T]],
        asked: Asked | None = None,
    ) -> Started[T]:
        """Carry ``call`` out as an operation, on the job that ``reference`` means. Raises what the table of commands says."""
        asked = asked or Asked()
        job = await self._job(reference, asked)
        permit(command, job, replacing=self._lifecycle.lock(job.id).locked())
        operation = await self.operations.begin(command.value, job, requested_by=asked.requested_by, reason=asked.reason)
        return Started(operation, self._spawn(self._carry_out(operation, call(self._service, job.id))))

    async def submit(self, request: SubmitRequest, asked: Asked | None = None) -> Started[Job]:
        """Submit a job file as an operation."""
        asked = asked or Asked()
        operation = await self.operations.begin(SUBMIT, None, requested_by=asked.requested_by, reason=asked.reason)
        return Started(operation, self._spawn(self._carry_out(operation, self._service.submit(request))))

    async def on_queues(
        self,
        kind: str,
        queue: str,
        call: Callable[[S, Tell], Coroutine[Any, Any, T]],
        asked: Asked | None = None,
    ) -> Started[T]:
        """Carry ``call`` out as an operation on a queue, or on what waits in several (empty). It tells how far it has come."""
        asked = asked or Asked()
        operation = await self.operations.begin(kind, None, queue=queue, requested_by=asked.requested_by, reason=asked.reason)
        tell = partial(self.operations.advance, operation.id)
        return Started(operation, self._spawn(self._carry_out(operation, call(self._service, tell))))

    async def _carry_out(self, operation: Operation, call: Coroutine[Any, Any, T]) -> T:
        try:
            answer = await call
        except asyncio.CancelledError:
            raise  # the daemon ends: the next one finds the operation unfinished
        except BaseException as error:
            if not isinstance(error, FlowdeckError):
                _log.error("operation %s failed: %s", operation.id, operation.kind, exc_info=error)
            self.operations.end(operation.id, "it was not done", error=error)
            raise
        self._spawn(self._following.follow(operation, answer))
        return answer

    async def _job(self, reference: str, asked: Asked) -> Job:
        if asked.execution is not None:
            return await self._job_of_execution(asked.execution)
        return self._executions.live_job(await self._lifecycle.find(reference))

    async def _job_of_execution(self, execution_id: str) -> Job:
        """The job whose newest execution that is. Raises :class:`Conflict` when it has a newer one."""
        execution: Execution = await self._service.execution(execution_id)
        job = await self._service.job(execution.job_id)
        newest = job.execution
        if newest is None or newest.id != execution.id:
            said = f"; the newest one is {newest.id}, which is {newest.state}" if newest else ""
            raise Conflict(
                f"the execution {execution.id} of {job.name} is not its newest one{said}",
                hint=f"act on that one, or on the job {job.name}",
            )
        return job

    # what was left

    async def carry_on(self) -> None:
        """Follow the operations that a former daemon left under way, as far as they go on; the others are abandoned."""
        for operation in await self.operations.unfinished():
            self.operations.take_over(operation)
            if operation.kind in CONTINUED and operation.job_id is not None:
                self.operations.advance(operation.id, "the daemon ended in the middle; the next one carries it on")
                self._spawn(self._following.carry_on(operation))
            else:
                phase = "the daemon ended in the middle: look at the job to see whether it was done"
                self.operations.end(operation.id, phase, outcome=OperationOutcome.ABANDONED)

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits has seen it, and the operation and the log tell it

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Record operations while the context is open, first those that a former daemon left. What is under way when it is left
        stays so on record, for the next daemon."""
        async with self.operations.recording():
            await self.carry_on()
            try:
                yield
            finally:
                tasks = list(self._tasks)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


def _has_begun_anew(store: Store, point: Checkpoint) -> bool:
    """Whether an execution after the one of that point has begun from the beginning."""
    later = itertools.takewhile(lambda found: found.id != point.execution_id, store.executions(point.job_id, _ALL, 0))
    return any(found.restored_from is None and found.started_at is not None for found in later)


def _last_savepoint(command: Command, point: Checkpoint | None) -> float | None:
    """How long the last checkpoint took, for a savepoint when the job has none yet. A stop does more: it is not known by it."""
    return point.took if command is Command.SAVEPOINT and point is not None else None
