"""Verbs about the daemon with all that it runs: its workers, its figures, its health."""

from __future__ import annotations

from runner.cluster import (
    ClusterState,
    ClusterStatistics,
    ComponentHealth,
    FleetWorker,
    FleetWorkerList,
    Health,
    WorkerKill,
    WorkerKillList,
)
from runner.transport import Query
from runner.verbs.call import READ, Call, get, reader
from runner.verbs.verb import Verb

_DOWN = 503


class ClusterVerbs:
    """The daemon, its machine and its workers."""

    @Verb
    def cluster(self) -> Call[ClusterState]:
        """The machine and its resources, every execution under control, queues and bounds."""
        return get(ClusterState, "cluster")

    @Verb
    def statistics(self) -> Call[ClusterStatistics]:
        """What has happened since the daemon started, counted."""
        return get(ClusterStatistics, "cluster", "statistics")

    @Verb
    def all_workers(self, *, job: str | None = None, queue: str | None = None) -> Call[tuple[FleetWorker, ...]]:
        """The worker processes of all jobs, of one job, or of the jobs of one queue."""
        return get(FleetWorkerList, "workers", query={"job": job, "queue": queue}).then(lambda reply: reply.workers)

    @Verb
    def kill_worker(self, execution_id: str, number: int, *, reason: str | None = None) -> Call[WorkerKill]:
        """End a worker process at once. The execution goes on from its last checkpoint; its record has the reason."""
        return Call("DELETE", ("workers", execution_id, number), reader(WorkerKill), {"reason": reason})

    @Verb
    def kill_workers(self, queue: str, *, reason: str | None = None, dry_run: bool = False) -> Call[WorkerKillList]:
        """End every worker process of the jobs at work in ``queue`` at once; each job goes on as after ``kill_worker``. With
        ``dry_run`` nothing is done: the answer has those that would be killed."""
        query: Query = {"queue": queue, "reason": reason, "dry_run": dry_run or None}
        return Call("DELETE", ("workers",), reader(WorkerKillList), query)

    @Verb
    def health(self) -> Call[Health]:
        """Whether the daemon works, part by part. One that is down answers, too: look at ``status``."""
        return Call(READ, ("health",), reader(Health), accepted=(_DOWN,))

    @Verb
    def component_health(self, component: str) -> Call[ComponentHealth]:
        """Whether one part of it works."""
        return Call(READ, ("health", component), reader(ComponentHealth), accepted=(_DOWN,))
