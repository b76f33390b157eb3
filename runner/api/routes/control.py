"""What a person does to a running job."""

from __future__ import annotations

from litestar import post

from runner.api.gateway import Gateway
from runner.model import Job
from runner.requests import PauseRequest, RecoverRequest, RestartRequest, StopRequest


@post("/jobs/{job:str}/stop", status_code=202, summary="Stop a job", tags=["control"])
async def stop(gateway: Gateway, job: str, data: StopRequest | None = None) -> Job:
    """Answers once the wish is recorded; the execution ends STOPPED, with a savepoint unless the body says otherwise."""
    return await gateway.service.stop(job, data or StopRequest())


@post("/jobs/{job:str}/cancel", status_code=202, summary="Cancel a job", tags=["control"])
async def cancel(gateway: Gateway, job: str) -> Job:
    """Answers once the wish is recorded; the execution ends CANCELED. What was committed stays."""
    return await gateway.service.cancel(job)


@post("/jobs/{job:str}/pause", status_code=202, summary="Pause a job", tags=["control"])
async def pause(gateway: Gateway, job: str, data: PauseRequest | None = None) -> Job:
    """Answers once the wish is recorded; nothing is read until the job is resumed. Its processes and checkpoints stay."""
    return await gateway.service.pause(job, data or PauseRequest())


@post("/jobs/{job:str}/resume", status_code=202, summary="Resume a job", tags=["control"])
async def resume(gateway: Gateway, job: str) -> Job:
    """Answers once the wish is recorded; a paused job reads on."""
    return await gateway.service.resume(job)


@post("/jobs/{job:str}/restart", status_code=202, summary="Restart a job", tags=["control"])
async def restart(gateway: Gateway, job: str, data: RestartRequest | None = None) -> Job:
    """A new execution of the newest generation, from its newest checkpoint unless the body says otherwise."""
    return await gateway.service.restart(job, data or RestartRequest())


@post("/jobs/{job:str}/recover", status_code=202, summary="Recover a job", tags=["control"])
async def recover(gateway: Gateway, job: str, data: RecoverRequest | None = None) -> Job:
    """A new execution of a job that is over, which reads only the splits that are not finished, or some of them."""
    return await gateway.service.recover(job, data or RecoverRequest())


ROUTES = (recover, stop, cancel, pause, resume, restart)
