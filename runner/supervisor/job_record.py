"""What the store is told of a job, its generations and its executions: each function is a part of one transaction."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from runner.model import Cleanup, DesiredState, ErrorInfo, Execution, Generation, Job, ReloadStatus
from runner.requests import SubmitRequest
from runner.states import ExecutionState
from runner.supervisor.errors import Conflict, NotFound
from runner.supervisor.execution_record import note_state
from runner.supervisor.generations import read_generation
from runner.supervisor.journal import Entry
from runner.supervisor.public_spec import public_spec
from runner.supervisor.queues import waiting_for
from runner.supervisor.restore import NONE, RestoreChoice, choose_restore_point
from runner.supervisor.restore_point import ALL
from runner.supervisor.savepoint_import import ImportedSavepoint, record_import
from runner.supervisor.submission import Submission, base_directory
from runner.supervisor.work import Work
from spec.job import JobSpec, encode_job


class NotWanted(Conflict):
    """While the next execution was prepared, somebody stopped or canceled the job."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A generation, checked against the restore point that its execution will start from."""

    work: Work
    choice: RestoreChoice
    submission: Submission | None = None
    """The generation's origin when it is new; None: it is recorded already."""
    imported: ImportedSavepoint | None = None
    """The restore point when it is not in the store yet: recorded with the execution, and chosen by its number then."""
    cleanup: Cleanup | None = None
    """Which unfinished splits the execution reads; None: all, it is no recovery."""
    left_behind: tuple[str, ...] = ()
    """The plugins whose state at the restore point is not taken over."""
    status: ReloadStatus | None = None
    """What a new job shows of the hot reload of its file."""
    also: Callable[[Entry], None] | None = None
    """What is recorded together with the execution."""
    then: Callable[[object], None] | None = None
    """What follows that in memory, before anybody is told of it."""


def origin_of(execution: Execution) -> str:
    """What the execution started from, as the wish that it was."""
    return NONE if execution.restored_from is None else str(execution.restored_from)


def existing_job(entry: Entry, job_id: str) -> Job:
    """The job of exactly this id. Raises :class:`NotFound`."""
    job = entry.store.job(job_id)
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    return job


def require_over(job: Job) -> None:
    """Raises :class:`Conflict` for a job with an execution that is not over."""
    if job.execution is not None and not job.execution.state.is_terminal:
        raise Conflict(f"the job {job.name} is {job.execution.state}", hint=f"`flowdeck cancel {job.name}` first")


def same_meaning(spec: JobSpec, request: SubmitRequest, submission: Submission) -> bool:
    """Whether a generation and a submission mean the same, in the same directory."""
    same_place = (base_directory(request) or os.sep) == submission.base_directory
    return same_place and spec.content_hash() == submission.content_hash


def recorded_job(entry: Entry, prepared: Prepared, now: float, *, only_if_wanted: bool) -> Job:
    """The job as it has to be for its next execution, in the store."""
    work, submission = prepared.work, prepared.submission
    found = entry.store.job(work.job_id)
    if found is None:
        job = msgspec.structs.replace(_new_job(work, submission, now), reload=prepared.status)
        entry.store.insert_job(job)
        entry.note("job.created", f"{job.name} is new", job_id=job.id)
        return job
    if found.execution is not None and not found.execution.state.is_terminal:
        raise Conflict(f"the job {found.name} is {found.execution.state}", hint=f"`flowdeck stop {found.name}` first")
    if only_if_wanted and found.desired_state is not DesiredState.RUNNING:
        raise NotWanted(f"the job {found.name} is to be {found.desired_state}")
    job = with_generation(entry, found, work, submission, DesiredState.RUNNING, now)
    entry.store.update_job(job)
    return job


def stored_job(entry: Entry, work: Work, submission: Submission, now: float) -> Job:
    """A new job that nobody has asked to run yet, in the store."""
    job = msgspec.structs.replace(_new_job(work, submission, now), desired_state=DesiredState.STOPPED)
    entry.store.insert_job(job)
    entry.note("job.created", f"{job.name} is new; it is stored, not started", job_id=job.id)
    return job


def _new_job(work: Work, submission: Submission | None, now: float) -> Job:
    return Job(
        id=work.job_id,
        name=work.job.name,
        mode=str(work.job.env.mode),
        desired_state=DesiredState.RUNNING,
        generation=work.generation,
        created_at=now,
        updated_at=now,
        file=submission.request.file if submission else None,
        queue=work.job.env.queue,
        overrides=submission.overrides if submission else {},
        labels={**work.job.env.labels, **(submission.labels if submission else {})},
        retention=work.job.env.retention,
    )


def with_generation(
    entry: Entry, job: Job, work: Work, submission: Submission | None, desired: DesiredState, now: float
) -> Job:
    """The job with this generation as its current one. A name that it was given by hand stays, and so does the file that it
    comes from, unless the submission names one."""
    recorded = entry.store.generation(job.id, work.generation) if submission is None else submission
    return msgspec.structs.replace(
        job,
        name=job.given_name or work.job.name,
        mode=str(work.job.env.mode),
        desired_state=desired,
        generation=work.generation,
        updated_at=now,
        file=(submission.request.file if submission else None) or job.file,
        queue=work.job.env.queue,
        overrides=recorded.overrides if recorded else {},
        labels=_labels(entry, job, work, submission),
        retention=job.given_retention or work.job.env.retention,
        restarting_from="",
        restarting_as=None,
    )


def _labels(entry: Entry, job: Job, work: Work, submission: Submission | None) -> dict[str, str]:
    """Those that the job has, without those that came from the former generation's file, with those of this one's."""
    if work.generation == job.generation:
        return job.labels
    former, _ = read_generation(entry.store, job.id, job.generation)
    kept = {key: value for key, value in job.labels.items() if former.env.labels.get(key) != value}
    return {**work.job.env.labels, **kept, **(submission.labels if submission else {})}


def _inherited(entry: Entry, job: Job, work: Work, *, keep_pause: bool) -> dict[str, Any]:
    """What was asked of the job's last execution and still holds: its workers, unless the generation says another number; with
    ``keep_pause``, when it takes that one's place unasked, its pause, and what it left out as a recovery."""
    former = job.execution
    if former is None:
        return {}
    asked = former.workers_asked
    if asked is not None and former.generation != work.generation:
        spec, _ = read_generation(entry.store, work.job_id, former.generation)
        asked = asked if spec.env.workers == work.job.env.workers else None
    if not keep_pause:
        return {"workers_asked": asked}
    recovers = (former.recovers or former.id) if former.cleanup is not None else ""
    return {"workers_asked": asked, "pause": former.pause, "cleanup": former.cleanup, "recovers": recovers}


def record_execution(
    entry: Entry, job: Job, prepared: Prepared, now: float, *, keep_pause: bool, waits: str | None = None
) -> Execution:
    """A new execution of the job, as it was prepared; an imported restore point is recorded first, and chosen as any other.
    With ``waits`` it is QUEUED at once, in the queue of that name."""
    work, choice = prepared.work, prepared.choice
    if prepared.imported is not None:
        number = record_import(entry, work.job_id, work.generation, prepared.imported, now)
        choice = choose_restore_point(entry.store.checkpoints(work.job_id, limit=ALL), str(number))
        choice = replace(choice, reason=f"{choice.reason}; {prepared.imported.reason}")
    for number, trouble in choice.damaged:
        entry.store.condemn_checkpoint(work.job_id, number, f"its state is damaged: {trouble}")
    execution = Execution(
        id=secrets.token_hex(8),
        job_id=work.job_id,
        job_name=job.name,
        generation=work.generation,
        state=ExecutionState.CREATED,
        state_since=now,
        created_at=now,
        restored_from=choice.id,
        restore_reason=choice.reason,
        left_behind=prepared.left_behind,
        **{"cleanup": prepared.cleanup, **_inherited(entry, job, work, keep_pause=keep_pause)},
    )
    if waits is not None:
        execution = msgspec.structs.replace(execution, state=ExecutionState.QUEUED, phase=waiting_for(waits))
    entry.store.insert_execution(execution)
    entry.note(
        "execution.created",
        f"{work.job.name}: generation {work.generation}, {choice.reason}",
        job_id=work.job_id,
        execution_id=execution.id,
        data={"generation": work.generation, "restored_from": choice.id, "queue": work.job.env.queue},
    )
    if waits is not None:
        note_state(entry, execution, ExecutionState.CREATED, execution.phase)
    return execution


def record_failed_start(entry: Entry, job: Job, error: ErrorInfo, now: float) -> Execution:
    """An execution that failed before any process was started, so that the reason is where people look for it."""
    execution = Execution(
        id=secrets.token_hex(8),
        job_id=job.id,
        job_name=job.name,
        generation=job.generation,
        state=ExecutionState.FAILED,
        state_since=now,
        created_at=now,
        finished_at=now,
        restored_from=_left_off_at(job),
        error=error,
        phase="it could not be started",
    )
    entry.store.insert_execution(execution)
    entry.note(
        "execution.failed_to_start",
        f"{job.name} could not be started: {error.message}",
        job_id=job.id,
        execution_id=execution.id,
        data={"error": msgspec.to_builtins(error)},
    )
    return execution


def _left_off_at(job: Job) -> int | None:
    """Where the newest execution of the job left off: what goes on from one that never ran goes on from there."""
    former, last = job.execution, job.last_checkpoint
    if former is None:
        return None
    return last.id if last is not None and last.execution_id == former.id else former.restored_from


def record_generation(entry: Entry, work: Work, submission: Submission, now: float) -> None:
    """A new generation of the job, as the submission has it."""
    generation = Generation(
        job_id=work.job_id,
        number=work.generation,
        content_hash=submission.content_hash,
        created_at=now,
        text=submission.shown_text,
        spec=public_spec(work.job),
        overrides=submission.overrides,
    )
    entry.store.insert_generation(generation, encode_job(work.job), msgspec.json.encode(submission.request))
    entry.note("job.generation", f"{work.job.name}: generation {work.generation}", job_id=work.job_id)
