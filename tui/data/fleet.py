"""What the daemon says about itself and its workers, asked for together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.client import Client
from runner.cluster import ClusterState, ClusterStatistics, FleetWorker, Health


@dataclass(frozen=True, slots=True)
class Pulse:
    """All workers, and whether the daemon works."""

    workers: tuple[FleetWorker, ...]
    health: Health

    @classmethod
    def read(cls, client: Client) -> Pulse:
        """Ask. Raises what the client raises."""
        return cls(client.all_workers(), client.health())


@dataclass(frozen=True, slots=True)
class Fleet:
    """The same, with the machine, the queues, and what has happened since the daemon started."""

    workers: tuple[FleetWorker, ...]
    health: Health
    cluster: ClusterState
    statistics: ClusterStatistics

    @classmethod
    def read(cls, client: Client) -> Fleet:
        """Ask. Raises what the client raises."""
        return cls(client.all_workers(), client.health(), client.cluster(), client.statistics())


def pressures(workers: Iterable[FleetWorker]) -> Mapping[str, float]:
    """By job, the share of their time for which its workers wait to hand on rows."""
    shares: dict[str, list[float]] = defaultdict(list)
    for worker in workers:
        if worker.backpressured is not None:
            shares[worker.job_id].append(worker.backpressured)
    return {job_id: sum(found) / len(found) for job_id, found in shares.items()}
