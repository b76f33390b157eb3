"""May a job go on from a checkpoint that another generation took? The rule itself is in ``spec.plan``."""

from __future__ import annotations

from runner.supervisor.errors import Conflict
from runner.supervisor.snapshot import Snapshot
from spec.job import JobSpec
from spec.plan.compatibility import Breach, compare, identities


def breaches(snapshot: Snapshot, job: JobSpec) -> list[Breach]:
    """Everything that forbids ``job`` to start from ``snapshot``; empty when it may."""
    return compare(snapshot.plugins, snapshot.sources, identities(job))


def require_compatible(snapshot: Snapshot, job: JobSpec, checkpoint: int) -> None:
    """Raise :class:`Conflict` naming every path that keeps ``job`` from going on from ``checkpoint``."""
    found = breaches(snapshot, job)
    if found:
        raise Conflict(
            f"the job cannot go on from checkpoint {checkpoint}: " + "; ".join(map(str, found)),
            hint="undo the change, or start from the beginning: flowdeck restart JOB --from none",
        )
