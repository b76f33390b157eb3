"""The worker processes of running jobs."""

from __future__ import annotations

from litestar import delete, get

from runner.api.gateway import Gateway
from runner.api.routes.parameters import DryRun, Number, Reason
from runner.cluster import FleetWorkerList, WorkerKill, WorkerKillList
from runner.replies import WorkerList


@get("/jobs/{job:str}/workers", summary="List a job's workers", tags=["workers"])
async def workers(gateway: Gateway, job: str) -> WorkerList:
    """By number; none when the job does not run."""
    return await gateway.observation.workers(job)


@get("/workers", summary="List all workers", tags=["workers"])
async def all_workers(gateway: Gateway, job: str | None = None, queue: str | None = None) -> FleetWorkerList:
    """The worker processes of all jobs, or of one job, or of the jobs of one queue, with their last heartbeat, their counts and
    the shares of their time."""
    return FleetWorkerList(workers=tuple(await gateway.observation.fleet(job, queue)))


@get("/executions/{execution_id:str}/workers", summary="List an execution's workers", tags=["workers"])
async def execution_workers(gateway: Gateway, execution_id: str) -> FleetWorkerList:
    """None when it is over."""
    return FleetWorkerList(workers=tuple(await gateway.observation.execution_workers(execution_id)))


@delete("/workers/{execution_id:str}/{worker:int}", status_code=200, summary="Kill a worker", tags=["workers"])
async def kill(gateway: Gateway, execution_id: str, worker: Number, reason: Reason = None) -> WorkerKill:
    """The process ends at once. The attempt's record says why; the execution goes on from its last checkpoint with a new
    attempt, which uses up none of its restarts."""
    return await gateway.observation.kill_worker(execution_id, worker, reason or "")


@delete("/workers", status_code=200, summary="Kill the workers of a queue", tags=["workers"])
async def kill_of_queue(
    gateway: Gateway,
    queue: str,
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
    reason: Reason = None,
) -> WorkerKillList:
    """Every worker process of the jobs at work in `queue` ends at once. Each of these jobs goes on as after the kill of one
    worker; what waits in the queue is not touched. With `dry_run` nothing is done: the answer has those that would be
    killed."""
    return await gateway.observation.kill_workers(queue, reason or "", dry_run=dry_run)


ROUTES = (workers, all_workers, execution_workers, kill, kill_of_queue)
