"""What an execution works on, and what it works with. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.home import Home
from runner.protocol import SinkToken
from runner.supervisor.cleanup import SplitChoice
from runner.supervisor.fork_server import ForkServer
from runner.supervisor.journal import Journal
from runner.supervisor.lease import Leases
from runner.supervisor.limits import MAXIMUM_WORKERS, Limits
from runner.supervisor.queues import Queues
from runner.supervisor.restore import RestoreChoice
from runner.supervisor.snapshot import Snapshot
from runner.supervisor.statistics import Statistics
from spec.job import JobSpec


@dataclass(frozen=True, slots=True)
class Parts:
    """What every execution of a daemon shares."""

    home: Home
    journal: Journal
    fork_server: ForkServer
    limits: Limits
    queues: Queues
    leases: Leases
    statistics: Statistics = field(default_factory=Statistics)


@dataclass(frozen=True, slots=True)
class Work:
    """One generation of a job: what to run, and the directory that its relative paths start from."""

    job_id: str
    generation: int
    job: JobSpec
    base_directory: str


@dataclass(frozen=True, slots=True)
class Restored:
    """Where an attempt starts: the choice, the state that was saved there (None: the beginning), and the tokens of all
    checkpoints of the job that are complete and perhaps not committed. ``lost``: checkpoints that cannot be read, each with the
    reason, whose rows are read again. ``splits``: which unfinished ones are read."""

    choice: RestoreChoice
    snapshot: Snapshot | None = None
    tokens: list[SinkToken] = field(default_factory=list)
    uncommitted: tuple[int, ...] = ()
    lost: tuple[tuple[int, str], ...] = ()
    splits: SplitChoice = SplitChoice()


@dataclass(frozen=True, slots=True)
class Uncommitted:
    """Checkpoints of a job that are complete and perhaps not committed, and their commit tokens."""

    numbers: tuple[int, ...]
    tokens: list[SinkToken]


def worker_count(job: JobSpec, sink_limits: Mapping[str, int], wanted: int | None = None) -> int:
    """How many workers run the job: ``wanted`` if somebody said so while it ran, else what the job says; bounded by
    :data:`MAXIMUM_WORKERS` and by sinks that cannot be written to by several (``sink_limits``, by plugin name)."""
    bounds = [sink_limits[sink.name] for sink in job.sinks if sink.name in sink_limits]
    return max(1, min([job.env.workers if wanted is None else wanted, MAXIMUM_WORKERS, *bounds]))
