"""Records of hot reload: where each watched job file stands, and what has become of each change of it."""

from __future__ import annotations

import enum
from typing import Any

import msgspec


class ReloadState(enum.StrEnum):
    """Where a job file stands. The states that pass by themselves are PARSING, VALIDATING, PLANNING, UPGRADING and
    ROLLING_BACK; in all others the file waits for its next change, PENDING_APPROVAL also for somebody's word."""

    SYNCED = "SYNCED"
    PARSING = "PARSING"
    VALIDATING = "VALIDATING"
    INVALID = "INVALID"
    PLANNING = "PLANNING"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    BLOCKED = "BLOCKED"
    UPGRADING = "UPGRADING"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"
    UPGRADE_FAILED = "UPGRADE_FAILED"
    FAILED = "FAILED"
    ORPHANED = "ORPHANED"


class UpgradePhase(enum.StrEnum):
    """How far an upgrade has come: the old generation is being stopped, is stopped; the new one is prepared, started, observed
    until it is stable."""

    SAVEPOINTING = "SAVEPOINTING"
    STOPPED = "STOPPED"
    RESTORING = "RESTORING"
    STARTING = "STARTING"
    OBSERVING = "OBSERVING"


class Verdict(enum.StrEnum):
    """What became of a generation of a file: the job runs as it says, it was refused, or a newer one took its place."""

    APPLIED = "applied"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class ObservedGeneration(msgspec.Struct, frozen=True, kw_only=True):
    """One content of a file, numbered in the order in which they were seen. ``verdict`` None: it is being worked on, waits for
    its turn, or for approval. ``generation``: the job's generation that it has become."""

    number: int
    content: str
    observed_at: float
    verdict: Verdict | None = None
    decided_at: float | None = None
    reason: str = ""
    generation: int | None = None


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True):
    """One difference of a plan: its path in the job, what happens there, the class of the change and the reason for that.
    Secret values are masked."""

    path: str
    action: str
    effect: str
    reason: str
    before: Any = None
    after: Any = None


class ReloadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a text would change of a job. ``effect`` is the greatest class of its changes; ``in_place``: what runs would take it
    without a restart; ``blocked``: why a reload would refuse it, empty when it would not."""

    job_id: str
    job_name: str
    generation: int
    effect: str
    in_place: bool = False
    blocked: str = ""
    changes: tuple[PlannedChange, ...] = ()
    diagnostics: tuple[dict[str, Any], ...] = ()


class Upgrading(msgspec.Struct, frozen=True, kw_only=True):
    """The upgrade that is under way: ``stopped`` is the execution that made way, ``former`` its generation, ``restore_point``
    the checkpoint it left, ``target`` the generation that takes over."""

    stopped: str = ""
    former: int = 0
    restore_point: int | None = None
    target: int | None = None


class WatchedFile(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job file stands for one job (None: no job comes from it yet).

    ``observed_generation`` is the number of the newest content that was seen, ``applied_generation`` that of the last one that
    was applied, ``pending_generation`` that of the one that waits for approval. ``stable_generation`` is the job's last
    generation that was observed to be stable. ``effect`` and ``changes`` are the plan of the newest content that had one.
    """

    file: str
    job_id: str | None
    job_name: str = ""
    state: ReloadState
    phase: UpgradePhase | None = None
    since: float
    message: str = ""
    diagnostics: tuple[dict[str, Any], ...] = ()
    observed_generation: int = 0
    applied_generation: int = 0
    pending_generation: int | None = None
    approved_generation: int | None = None
    stable_generation: int | None = None
    content: str = ""
    """The digest of the file and what it includes, as it was looked at last."""
    includes: tuple[str, ...] = ()
    effect: str = ""
    changes: tuple[PlannedChange, ...] = ()
    upgrade: Upgrading | None = None
    rival: str = ""
    """Another file that says it is the same job."""
    generations: tuple[ObservedGeneration, ...] = ()
    """The newest ones, oldest first."""


class ReloadReport(msgspec.Struct, frozen=True, kw_only=True):
    """All watched files, by path. ``watching``: the directories and files that were named; ``watches_submitted``: those that
    jobs were submitted from, too; ``problems``: what keeps files from being watched."""

    watching: tuple[str, ...]
    watches_submitted: bool = False
    files: tuple[WatchedFile, ...] = ()
    problems: tuple[str, ...] = ()
