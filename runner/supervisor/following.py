"""From a command that was accepted to what came of it: an operation ends when the execution has got there, or cannot."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

import msgspec

from runner.model import Checkpoint, DesiredState, ErrorInfo, Execution, Job, Queue
from runner.operation import Operation, OperationOutcome
from runner.replies import CanceledList
from runner.states import ExecutionState
from runner.supervisor.commands import Command
from runner.supervisor.executions import Executions
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.operations import Operations
from spec.errors import FlowdeckError

_log = logging.getLogger(__name__)
_LOOK = 0.2
_SUCCESSOR_PATIENCE = 60.0
_WORKERS_PATIENCE = 300.0
_STARTING: Final = frozenset({"submit", Command.START, Command.RESTART, Command.RECOVER, Command.UPDATE})
_ENDING: Final = frozenset({Command.STOP, Command.CANCEL})
CONTINUED: Final = frozenset({*map(str, _STARTING), *map(str, _ENDING)})
"""The kinds of operations that go on under the next daemon."""
_RUNS_ON: Final = "the daemon ended before this was certain: the job runs on"
_AT_WORK = frozenset({ExecutionState.RUNNING, ExecutionState.PAUSED, ExecutionState.SAVEPOINTING})
_WAITING = frozenset({ExecutionState.CREATED, ExecutionState.QUEUED})


class Known(Protocol):
    """Jobs and executions as they are at this moment."""

    async def job(self, reference: str) -> Job:
        """The one that is meant. Raises :class:`~runner.supervisor.errors.NotFound`."""

    async def execution(self, execution_id: str) -> Execution:
        """The one of this id. Raises :class:`~runner.supervisor.errors.NotFound`."""


class Following:
    """Follows the operations of one daemon."""

    def __init__(self, service: Known, operations: Operations, executions: Executions, lifecycle: JobLifecycle) -> None:
        self._service = service
        self._operations = operations
        self._executions = executions
        self._lifecycle = lifecycle

    async def follow(self, operation: Operation, answer: object) -> None:
        """To the end of the operation, whose command was answered with ``answer``."""
        try:
            await self._follow(operation, answer)
        except Exception as error:  # noqa: BLE001 - see _lose_sight
            self._lose_sight(operation, "what came of it is not known", error)

    async def _follow(self, operation: Operation, answer: object) -> None:
        kind, end = operation.kind, self._operations.end
        if isinstance(answer, Checkpoint):
            end(operation.id, f"savepoint {answer.id} is {answer.status}")
        elif isinstance(answer, Queue):
            end(operation.id, _of_queue(answer))
        elif isinstance(answer, CanceledList):
            left = f", left {len(answer.left)} alone" if answer.left else ""
            end(operation.id, f"canceled {len(answer.canceled)}{left}")
        elif not isinstance(answer, Job):
            end(operation.id, "done")
        elif kind in _STARTING:
            await self._until_started(operation, answer)
        elif kind in _ENDING and answer.execution is not None:
            await self._until_over(operation, answer.execution)
        elif kind == Command.WORKERS and answer.execution is not None:
            await self._until_crewed(operation, answer.execution)
        else:
            end(operation.id, _settled(kind, answer))

    async def carry_on(self, operation: Operation) -> None:
        """Follow what a former daemon left under way; it is abandoned when nothing of it goes on."""
        try:
            if operation.kind in _ENDING and operation.execution_id is not None:
                execution = await self._service.execution(operation.execution_id)
                job = await self._service.job(execution.job_id)
                if execution.state.is_terminal or job.desired_state is not DesiredState.RUNNING:
                    await self._until_over(operation, execution)
                else:  # it was not on record yet, or it was a stop that could still be given up
                    self._operations.end(operation.id, _RUNS_ON, outcome=OperationOutcome.ABANDONED)
            else:
                # The record may name the new execution already, and not the one that was there before.
                begun = msgspec.structs.replace(operation, execution_id=None)
                await self._until_started(begun, await self._service.job(operation.job_id or ""))
        except Exception as error:  # noqa: BLE001 - see _lose_sight
            self._lose_sight(operation, "the daemon ended in the middle", error)

    def _lose_sight(self, operation: Operation, phase: str, error: Exception) -> None:
        """The job is gone, the store refuses, or this is a defect. Nobody waits for the task that follows an operation: the
        operation itself has to tell, and whoever waits for its end must not wait for ever."""
        if not isinstance(error, FlowdeckError):
            _log.error("operation %s cannot be followed", operation.id, exc_info=error)
        self._operations.end(operation.id, phase, outcome=OperationOutcome.ABANDONED, error=error)

    # an execution ends

    async def _until_over(self, operation: Operation, execution: Execution) -> None:
        control = self._executions.control(execution.id)
        while control is not None and not control.ended.is_set():
            view = control.view()
            self._operations.advance(operation.id, _phase(view))
            await _pause(control.ended)
        execution = await self._service.execution(execution.id)
        if not execution.state.is_terminal:
            return  # the daemon ends; the next one follows it on
        phase, error = _ended(operation, execution)
        self._operations.end(operation.id, phase, error=error)

    # an execution starts

    async def _until_started(self, operation: Operation, job: Job) -> None:
        if job.execution is not None and _is_older(job.execution, operation):
            job = await self._successor(operation, job.id)
        execution = job.execution
        if execution is None:
            self._operations.concern(operation.id, job)
            self._operations.end(operation.id, "the job is stored, not started")
            return
        if _is_older(execution, operation):
            phase = f"there is no new execution: {execution.id} is {execution.state}"
            kept = operation.kind in {Command.UPDATE, "submit", Command.START}
            outcome = OperationOutcome.SUCCEEDED if kept else OperationOutcome.ABANDONED
            self._operations.end(operation.id, phase, outcome=outcome)
            return
        self._operations.concern(operation.id, job)
        await self._until_running(operation, execution)

    async def _successor(self, operation: Operation, job_id: str) -> Job:
        """The job once nobody replaces its execution any more, and it has the new one if one is to come."""
        deadline = _now() + _SUCCESSOR_PATIENCE
        while True:
            job = await self._service.job(job_id)
            replacing = self._lifecycle.lock(job_id).locked()
            is_old = job.execution is not None and _is_older(job.execution, operation)
            coming = operation.kind == Command.RESTART and is_old and _is_passing(job)
            if not replacing and (not coming or _now() > deadline):
                return job
            self._operations.advance(operation.id, _phase(job.execution) if job.execution else "being prepared")
            await asyncio.sleep(_LOOK)

    async def _until_running(self, operation: Operation, execution: Execution) -> None:
        while True:
            execution = await self._service.execution(execution.id)
            state = execution.state
            if state in _AT_WORK or state is ExecutionState.FINISHED:
                self._operations.end(operation.id, f"the execution is {state}: {execution.restore_reason}".rstrip(": "))
                return
            if state in _WAITING and self._executions.queues.is_waiting(execution.job_id):
                self._operations.end(operation.id, "the execution waits for its turn in the queue")
                return
            if state.is_terminal:
                error = execution.error or _replaced(execution)
                self._operations.end(operation.id, f"the execution is {state}", error=error)
                return
            self._operations.advance(operation.id, _phase(execution))
            await asyncio.sleep(_LOOK)

    # workers come and go

    async def _until_crewed(self, operation: Operation, execution: Execution) -> None:
        before = len(execution.worker_pids)
        deadline = _now() + _WORKERS_PATIENCE
        while True:
            execution = await self._service.execution(execution.id)
            there, wanted = len(execution.worker_pids), execution.workers_wanted or 0
            if there == wanted:
                self._operations.end(operation.id, f"there are {there} workers")
                return
            if execution.state.is_terminal or _now() > deadline:
                message = f"the execution is {execution.state} with {there} of {wanted} workers"
                self._operations.end(operation.id, message, error=ErrorInfo(code="workers-missing", message=message))
                return
            missing = abs(wanted - before)
            share = 1 - abs(wanted - there) / missing if missing else None
            self._operations.advance(
                operation.id, f"there are {there} of {wanted} workers", share and max(0.0, min(1.0, share))
            )
            await asyncio.sleep(_LOOK)


def _phase(execution: Execution) -> str:
    return f"{execution.state}: {execution.phase}" if execution.phase else str(execution.state)


def _is_older(execution: Execution, operation: Operation) -> bool:
    """Whether the execution was there before the operation. Told by its id where that is known: somebody may have set the clock
    back since it was made."""
    if operation.execution_id is not None:
        return execution.id == operation.execution_id
    return execution.created_at < operation.started_at


def _is_passing(job: Job) -> bool:
    """Whether the job is on its way to another execution."""
    execution = job.execution
    left = execution is not None and execution.state is ExecutionState.STOPPED and job.desired_state is DesiredState.RUNNING
    ending = execution is not None and execution.state is ExecutionState.STOPPING
    return bool(job.restarting_from) or ending or left


def _of_queue(queue: Queue) -> str:
    """How a change left the queue."""
    limit = "has no limit" if queue.limit is None else f"runs at most {queue.limit} at the same time"
    rests = ", and is paused" if queue.paused else ""
    return f"the queue {limit}{rests}; {len(queue.running)} run, {len(queue.waiting)} wait"


def _settled(kind: str, job: Job) -> str:
    """How a command that is done at once left the job."""
    execution = job.execution
    if kind == Command.PAUSE and execution is not None and execution.state is not ExecutionState.PAUSED:
        return "it is paused as soon as it would read"
    if kind in {Command.PAUSE, Command.RESUME} and execution is not None:
        return f"the execution is {execution.state}"
    return "done" if kind not in _ENDING else "there was nothing to end"


def _ended(operation: Operation, execution: Execution) -> tuple[str, ErrorInfo | None]:
    """What to say of an execution that was to end, and what went wrong if anything did."""
    state, saved = execution.state, execution.savepoint_id
    if operation.kind == Command.STOP and state is ExecutionState.STOPPED:
        phase = "the execution is STOPPED" + ("" if saved is None else f" with savepoint {saved}")
        return phase, execution.error
    error = execution.error if state is ExecutionState.FAILED else None
    if operation.kind == Command.STOP and state is ExecutionState.CANCELED:
        error = _replaced(execution)
    return f"the execution is {state}", error


def _replaced(execution: Execution) -> ErrorInfo:
    return ErrorInfo(code="overtaken", message=f"the execution was {execution.state} in the meantime")


async def _pause(event: asyncio.Event) -> None:
    """Until the event is set, or for a moment."""
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiting}, timeout=_LOOK)
    finally:
        waiting.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()
