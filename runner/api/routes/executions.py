"""Executions and their attempts."""

from __future__ import annotations

from litestar import get

from runner.api.gateway import Gateway
from runner.model import Execution
from runner.replies import AttemptList, ExecutionList


@get("/jobs/{job:str}/executions", summary="List a job's executions", tags=["executions"])
async def executions(gateway: Gateway, job: str) -> ExecutionList:
    """Newest first."""
    return ExecutionList(executions=tuple(await gateway.service.executions(job)))


@get("/executions/{execution_id:str}", summary="Look at an execution", tags=["executions"])
async def execution(gateway: Gateway, execution_id: str) -> Execution:
    """One run of one generation."""
    return await gateway.service.execution(execution_id)


@get("/executions/{execution_id:str}/attempts", summary="List an execution's attempts", tags=["executions"])
async def attempts(gateway: Gateway, execution_id: str) -> AttemptList:
    """Each start of its workers, why it was made and how it ended."""
    return AttemptList(attempts=tuple(await gateway.service.attempts(execution_id)))


ROUTES = (executions, execution, attempts)
