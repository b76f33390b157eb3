# ruff: noqa: FBT002 - query parameters
"""What a person does to a job. Each can be tried dry, and answered with its operation."""

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


@post("/jobs/{job:str}/start", status_code=202, summary="Start a job", tags=["control"], responses=TRIED)
async def start(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: StartRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the new execution is recorded: of a job that never ran or has finished from the beginning, of
    another one where it left off. One that runs is answered as it is."""
    wanted = data or StartRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(
        gateway, request, Command.START, job, terms, lambda service, job: service.start(job, wanted), body=wanted
    )


@post("/jobs/{job:str}/stop", status_code=202, summary="Stop a job", tags=["control"], responses=TRIED)
async def stop(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: StopRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; the execution ends STOPPED, with a savepoint unless the body says
    otherwise."""
    wanted = data or StopRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(
        gateway, request, Command.STOP, job, terms, lambda service, job: service.stop(job, wanted), body=wanted
    )


@post("/jobs/{job:str}/cancel", status_code=202, summary="Cancel a job", tags=["control"], responses=TRIED)
async def cancel(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; the execution ends CANCELED. What was committed stays."""
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(gateway, request, Command.CANCEL, job, terms, lambda service, job: service.cancel(job))


@post("/jobs/{job:str}/pause", status_code=202, summary="Pause a job", tags=["control"], responses=TRIED)
async def pause(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: PauseRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; nothing is read until it is resumed. Its processes and checkpoints stay."""
    wanted = data or PauseRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(
        gateway, request, Command.PAUSE, job, terms, lambda service, job: service.pause(job, wanted), body=wanted
    )


@post("/jobs/{job:str}/resume", status_code=202, summary="Resume a job", tags=["control"], responses=TRIED)
async def resume(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; what is paused reads on."""
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(gateway, request, Command.RESUME, job, terms, lambda service, job: service.resume(job))


@post("/jobs/{job:str}/restart", status_code=202, summary="Restart a job", tags=["control"], responses=TRIED)
async def restart(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: RestartRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """A new execution of the newest generation, from its newest checkpoint unless the body says otherwise."""
    wanted = data or RestartRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(
        gateway, request, Command.RESTART, job, terms, lambda service, job: service.restart(job, wanted), body=wanted
    )


@post("/jobs/{job:str}/recover", status_code=202, summary="Recover a job", tags=["control"], responses=TRIED)
async def recover(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: RecoverRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """A new execution of a job that is over, which reads only the splits that are not finished, or some of them."""
    wanted = data or RecoverRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(
        gateway, request, Command.RECOVER, job, terms, lambda service, job: service.recover(job, wanted), body=wanted
    )


@post(
    "/jobs/{job:str}/workers",
    status_code=202,
    summary="Change the number of workers of a job",
    tags=["workers"],
    responses=TRIED,
)
async def scale(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: WorkersRequest,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Job | Operation]:
    """Answers once the wish is recorded; workers join and leave while the job runs on."""
    wanted = data
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(
        gateway, request, Command.WORKERS, job, terms, lambda service, job: service.scale(job, wanted), body=wanted
    )


@post(
    "/jobs/{job:str}/savepoints",
    status_code=201,
    summary="Take a savepoint of a job",
    tags=["checkpoints"],
    responses=TRIED_OR_TAKEN_UP,
)
async def savepoint(
    gateway: Gateway,
    request: Request[Any, Any, Any],
    job: str,
    data: SavepointRequest | None = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    prefer: Prefer = None,
) -> Response[Checkpoint | Operation]:
    """Answers when the savepoint is complete; the job runs on."""
    wanted = data or SavepointRequest()
    terms = Terms(dry_run=dry_run, reason=reason, prefer=prefer)
    return await perform(
        gateway,
        request,
        Command.SAVEPOINT,
        job,
        terms,
        lambda service, job: service.savepoint(job, wanted),
        body=wanted,
        status=201,
    )


ROUTES = (start, stop, cancel, pause, resume, restart, recover, scale, savepoint)
