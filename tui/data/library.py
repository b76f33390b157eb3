"""The savepoints of all jobs, also of those that are deleted, each with the name of its job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from runner.client import Client
from runner.model import Checkpoint, CheckpointKind, CheckpointStatus, Job
from spec.errors import FlowdeckError

_MOST_DELETED: Final = 50
USABLE: Final = frozenset({CheckpointStatus.COMPLETED, CheckpointStatus.COMMITTED})


@dataclass(frozen=True, slots=True)
class Kept:
    """A savepoint. ``deleted_name`` is that of its job when the job is deleted."""

    savepoint: Checkpoint
    deleted_name: str = ""

    @property
    def id(self) -> str:
        """Unique among all."""
        return f"{self.savepoint.job_id} {self.savepoint.id}"


class Library:
    """Reads them in the thread of a lane. What is known of a deleted job is not asked for again."""

    def __init__(self) -> None:
        self._deleted: dict[tuple[str, int], tuple[Kept, ...]] = {}

    def read(self, client: Client) -> tuple[Kept, ...]:
        """All, the newest first. Of a deleted job those of its last run. Raises what the client raises."""
        found = [Kept(savepoint) for savepoint in client.savepoints()]
        deleted = client.jobs(deleted=True, limit=_MOST_DELETED, count=False).jobs
        self._deleted = {(job.id, job.version): self._of_deleted(client, job) for job in deleted}
        found += [kept for several in self._deleted.values() for kept in several]
        return tuple(sorted(found, key=lambda kept: -(kept.savepoint.completed_at or kept.savepoint.triggered_at)))

    def _of_deleted(self, client: Client, job: Job) -> tuple[Kept, ...]:
        known = self._deleted.get((job.id, job.version))
        return known if known is not None else tuple(Kept(point, job.name) for point in _savepoints(client, job))


def _savepoints(client: Client, job: Job) -> Iterator[Checkpoint]:
    if job.execution is None:
        return
    try:
        found = client.execution_checkpoints(job.execution.id, CheckpointKind.SAVEPOINT)
    except FlowdeckError:
        return  # it was purged meanwhile
    yield from (point for point in found if point.status in USABLE)


def next_point(client: Client, job_id: str) -> Checkpoint | None:
    """What a restore of the job uses unless something else is chosen; None: nothing, it would begin anew."""
    usable = [point for point in client.checkpoints(job_id) if point.status in USABLE]
    return max(usable, key=lambda point: point.id, default=None)
