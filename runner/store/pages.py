"""What a list is asked for: filters, and where the page before ended. Data: the lists themselves are with their nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.states import ExecutionState


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last record's time and id. Lists are ordered by these two, newest first."""

    at: float
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """Which executions: of one job (None: of all that are not deleted), in one of ``states`` (none: any), of the jobs whose
    queue is ``queue``."""

    job_id: str | None = None
    states: tuple[ExecutionState | str, ...] = ()
    queue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs: whose newest execution is in one of ``states`` (none: any), whose name contains ``name`` in any case, of
    ``queue``, with all of ``labels``; those that are deleted, or those that are not."""

    states: tuple[ExecutionState | str, ...] = ()
    name: str | None = None
    queue: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
