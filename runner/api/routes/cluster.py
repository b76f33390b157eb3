"""The daemon, its machine and its workers as one, and statistics over all jobs."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get

from runner.api.gateway import Gateway
from runner.cluster import ClusterState, ClusterStatistics
from runner.supervisor.fleet_view import program_version


@get("/cluster", summary="The daemon with all that it runs", tags=["cluster"])
async def cluster(gateway: Gateway) -> ClusterState:
    """This machine and its resources, every execution under control with its workers and splits, queues and bounds."""
    return await gateway.observation.cluster()


@get("/cluster/statistics", summary="What has happened since the daemon started", tags=["cluster"])
async def statistics(gateway: Gateway) -> ClusterStatistics:
    """Executions by their end, attempts, checkpoints, workers, splits and rows: counted, not estimated."""
    return await gateway.observation.statistics()


@get("/metrics", summary="Metrics for Prometheus", tags=["cluster"], media_type="text/plain")
async def exposition(gateway: Gateway, request: Request[Any, Any, Any]) -> Response[bytes]:
    """What the daemon counts, and the jobs at work, as text for a monitoring system: Prometheus 0.0.4, or OpenMetrics 1.0 when
    the header Accept asks for it."""
    from runner.api.exposition import expose  # most daemons are never asked for it

    fleet, counted = await gateway.observation.jobs_at_work(), await gateway.observation.statistics()
    accepted = request.headers.get("accept", "")
    text, media_type = await asyncio.to_thread(expose, fleet, counted, program_version(), accepted)
    return Response(text, media_type=media_type)


ROUTES = (cluster, statistics, exposition)
