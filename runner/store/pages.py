"""What a list is asked for: filters, and where the page before ended. Data: the lists themselves are with their nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from runner.model import CheckpointKind
from runner.states import ExecutionState

ALL: Final = 1_000_000
"""More than any list has: for those who want all of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last record's time and id. Lists are ordered by these two, newest first. Of what is numbered
    within its job or execution ``at`` is the number."""

    at: float
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """Which executions: of one job (None: of all that are not deleted, or with ``deleted`` of all that are), in one of
    ``states`` (none: any), of the jobs whose queue is ``queue``."""

    job_id: str | None = None
    states: tuple[ExecutionState | str, ...] = ()
    queue: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointFilter:
    """Which checkpoints of a job: of one ``kind``, of one execution, only ``complete`` ones; those after ``after``, without the
    first ``offset`` of them."""

    kind: CheckpointKind | str | None = None
    execution_id: str | None = None
    complete: bool = False
    offset: int = 0
    after: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs: whose newest execution is in one of ``states`` (none: any), whose name contains ``name`` in any case, of
    ``queue``, with all of ``labels``; those that are deleted, or those that are not."""

    states: tuple[ExecutionState | str, ...] = ()
    name: str | None = None
    queue: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
