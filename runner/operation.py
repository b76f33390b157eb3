"""The records of what was asked of the daemon, and of what it would do. Pure data; no I/O."""

from __future__ import annotations

import enum

import msgspec

from runner.model import CheckpointKind, ErrorInfo


class OperationOutcome(enum.StrEnum):
    """How an operation ended. ``abandoned``: the daemon ended before it was known."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One command to a job, or to a ``queue``, from when it was asked for until it has come about or has failed.

    ``phase`` says what is going on, or how it ended; ``progress`` is a share from 0 to 1, None where nobody can know it.
    ``usual_seconds``: the median of the last ones of this kind that the job has seen succeed (of a command to queues: any
    queue), None before the first. ``queue`` is empty when it is about a job, or about what waits in any queue.
    """

    id: str
    kind: str
    job_id: str | None = None
    job_name: str = ""
    queue: str = ""
    execution_id: str | None = None
    requested_by: str = ""
    reason: str = ""
    phase: str = ""
    progress: float | None = None
    started_at: float
    finished_at: float | None = None
    outcome: OperationOutcome | None = None
    error: ErrorInfo | None = None
    usual_seconds: float | None = None


class Risk(enum.StrEnum):
    """How much asking an action needs: none, a word, or a word from somebody who has read what is lost."""

    NONE = "none"
    CONFIRM = "confirm"
    DESTRUCTIVE = "destructive"


class Safer(msgspec.Struct, frozen=True, kw_only=True):
    """Another command that does less harm, and why."""

    action: str
    why: str


class RestorePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint or savepoint that the job can go on from: ``age_seconds`` old, when so many rows had been read."""

    number: int
    kind: CheckpointKind
    age_seconds: float
    rows_in: int | None = None
    size: int | None = None


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What a command would do to a job right now, with the job's own numbers; nothing was done.

    ``allowed`` False: ``reason`` says why not, ``hint`` what to do instead. ``restore_point`` is where the job goes on, or
    could, afterwards. ``rows_to_read_again``: of a job that runs it grows until the command is carried out; None: not known.
    """

    action: str
    job_id: str
    job_name: str
    execution_id: str | None
    state: str
    allowed: bool
    reason: str = ""
    hint: str = ""
    does: str = ""
    kept: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    safer: tuple[Safer, ...] = ()
    restore_point: RestorePoint | None = None
    rows_to_read_again: int | None = None
    usual_seconds: float | None = None
    risk: Risk = Risk.CONFIRM
