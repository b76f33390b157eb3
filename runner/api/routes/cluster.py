"""The daemon, its machine and its workers as one, and statistics over all jobs."""

from __future__ import annotations

from litestar import get

from runner.api.gateway import Gateway
from runner.cluster import ClusterState, ClusterStatistics


@get("/cluster", summary="The daemon with all that it runs", tags=["cluster"])
async def cluster(gateway: Gateway) -> ClusterState:
    """This machine and its resources, every execution under control with its workers and splits, queues and bounds."""
    return await gateway.observation.cluster()


@get("/cluster/statistics", summary="What has happened since the daemon started", tags=["cluster"])
async def statistics(gateway: Gateway) -> ClusterStatistics:
    """Executions by their end, attempts, checkpoints, workers, splits and rows: counted, not estimated."""
    return await gateway.observation.statistics()


ROUTES = (cluster, statistics)
