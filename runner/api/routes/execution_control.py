# ruff: noqa: FBT002 - query parameters
"""What a person does to a job, named by its newest execution: by an older one nothing can be done any more."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post

from runner.api.gateway import Gateway
from runner.api.performing import Terms, perform
from runner.api.routes.answers import TRIED, TRIED_OR_TAKEN_UP
from runner.api.routes.parameters import DryRun, Prefer, Reason
from runner.model import Checkpoint, Job
from runner.operation import Operation
from runner.requests import (
    PauseRequest,
    RecoverRequest,
    RestartRequest,
    SavepointRequest,
    StartRequest,
    StopRequest,
    WorkersRequest,
)
from runner.supervisor.commands import Command


@post(
    "/executions/{execution_id:str}/start",
    status_code=202,
    summary="Start a job by its newest execution",
    tags=["executions"],
    responses=TRIED,
)
async def start(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    data: StartRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the new execution is recorded: of a job that never ran or has finished from the beginning, of
    another one where it left off. One that runs is answered as it is."""
    wanted = data or StartRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(
        gateway, request, Command.START, execution_id, terms, lambda service, job: service.start(job, wanted), body=wanted
    )


@post(
    "/executions/{execution_id:str}/stop",
    status_code=202,
    summary="Stop a job by its newest execution",
    tags=["executions"],
    responses=TRIED,
)
async def stop(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    data: StopRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; the execution ends STOPPED, with a savepoint unless the body says
    otherwise."""
    wanted = data or StopRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(
        gateway, request, Command.STOP, execution_id, terms, lambda service, job: service.stop(job, wanted), body=wanted
    )


@post(
    "/executions/{execution_id:str}/cancel",
    status_code=202,
    summary="Cancel a job by its newest execution",
    tags=["executions"],
    responses=TRIED,
)
async def cancel(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; the execution ends CANCELED. What was committed stays."""
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(gateway, request, Command.CANCEL, execution_id, terms, lambda service, job: service.cancel(job))


@post(
    "/executions/{execution_id:str}/pause",
    status_code=202,
    summary="Pause a job by its newest execution",
    tags=["executions"],
    responses=TRIED,
)
async def pause(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    data: PauseRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; nothing is read until it is resumed. Its processes and checkpoints stay."""
    wanted = data or PauseRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(
        gateway, request, Command.PAUSE, execution_id, terms, lambda service, job: service.pause(job, wanted), body=wanted
    )


@post(
    "/executions/{execution_id:str}/resume",
    status_code=202,
    summary="Resume a job by its newest execution",
    tags=["executions"],
    responses=TRIED,
)
async def resume(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; what is paused reads on."""
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(gateway, request, Command.RESUME, execution_id, terms, lambda service, job: service.resume(job))


@post(
    "/executions/{execution_id:str}/restart",
    status_code=202,
    summary="Restart a job by its newest execution",
    tags=["executions"],
    responses=TRIED,
)
async def restart(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    data: RestartRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """A new execution of the newest generation, from its newest checkpoint unless the body says otherwise."""
    wanted = data or RestartRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(
        gateway, request, Command.RESTART, execution_id, terms, lambda service, job: service.restart(job, wanted), body=wanted
    )


@post(
    "/executions/{execution_id:str}/recover",
    status_code=202,
    summary="Recover a job by its newest execution",
    tags=["executions"],
    responses=TRIED,
)
async def recover(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    data: RecoverRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """A new execution of a job that is over, which reads only the splits that are not finished, or some of them."""
    wanted = data or RecoverRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(
        gateway, request, Command.RECOVER, execution_id, terms, lambda service, job: service.recover(job, wanted), body=wanted
    )


@post(
    "/executions/{execution_id:str}/workers",
    status_code=202,
    summary="Change the number of workers of a job by its newest execution",
    tags=["workers"],
    responses=TRIED,
)
async def scale(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    data: WorkersRequest,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; workers join and leave while the job runs on."""
    wanted = data
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(
        gateway, request, Command.WORKERS, execution_id, terms, lambda service, job: service.scale(job, wanted), body=wanted
    )


@post(
    "/executions/{execution_id:str}/savepoints",
    status_code=201,
    summary="Take a savepoint of a job by its newest execution",
    tags=["checkpoints"],
    responses=TRIED_OR_TAKEN_UP,
)
async def savepoint(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    execution_id: str,
    data: SavepointRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Checkpoint | Operation]:
    """Answers when the savepoint is complete; the job runs on."""
    wanted = data or SavepointRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer, execution=execution_id)
    return await perform(
        gateway,
        request,
        Command.SAVEPOINT,
        execution_id,
        terms,
        lambda service, job: service.savepoint(job, wanted),
        body=wanted,
        status=201,
    )


ROUTES = (start, stop, cancel, pause, resume, restart, recover, scale, savepoint)
