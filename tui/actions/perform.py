"""Carrying an action out: one request, and when its reply is lost, one question instead of a second request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.client import ApiError, Client
from runner.model import Checkpoint, CheckpointKind, Job
from runner.requests import RestartRequest, SavepointRequest, StopRequest
from runner.states import ExecutionState
from spec.errors import FlowdeckError
from tui.actions.progress import rows
from tui.actions.restore import Point
from tui.actions.target import Target
from tui.data.clean import clean_lines
from tui.data.daemon import FAILURES
from tui.draw.units import duration, size

_S = ExecutionState
_NEVER_SENT = (FileNotFoundError, ConnectionRefusedError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to tell the person. ``done`` False: it did not happen (or nobody knows), ``message`` and ``hint`` say why."""

    title: str
    message: str
    hint: str = ""
    done: bool = True


Work = Callable[[Client], Outcome]


def savepoint(target: Target) -> Work:
    """Take a savepoint while the job runs on."""

    def work(daemon: Client) -> Outcome:
        taken = daemon.savepoint(target.job_id, SavepointRequest())
        return Outcome(f"Savepoint of {target.name}", f"#{taken.id} is kept{_measures(taken)}. R goes back to it.")

    return _resolved(target, "savepoint", work, _ask_savepoint)


def stop(target: Target) -> Work:
    """Stop with a savepoint."""

    def work(daemon: Client) -> Outcome:
        job = daemon.stop(target.job_id, StopRequest())
        return Outcome(f"Stopping {target.name}", f"It is {_state(job)} and keeps everything up to its savepoint.")

    return _resolved(target, "stop", work, _ask_state((_S.STOPPING, _S.STOPPED)))


def cancel(target: Target) -> Work:
    """Stop now."""

    def work(daemon: Client) -> Outcome:
        job = daemon.cancel(target.job_id)
        return Outcome(f"Canceling {target.name}", f"It is {_state(job)}.")

    return _resolved(target, "cancel", work, _ask_state((_S.CANCELING, _S.CANCELED)))


def restore(target: Target, point: Point) -> Work:
    """Start a new execution from ``point``."""

    def work(daemon: Client) -> Outcome:
        daemon.restart(target.job_id, RestartRequest(restore=point.restore))
        return Outcome(f"Restoring {target.name}", f"A new execution starts {point.does}.")

    return _resolved(target, "restore", work, _ask_restore)


def _resolved(target: Target, verb: str, work: Work, ask: Callable[[Client, Target], str]) -> Work:
    """``work``, with its failures in words. A refusal is final; after a lost reply the daemon is asked what happened."""

    def resolve(daemon: Client) -> Outcome:
        try:
            return work(daemon)
        except FAILURES as error:
            if isinstance(error, ApiError) or isinstance(error.__cause__, _NEVER_SENT):
                return _refused(target, verb, error)
            lost = clean_lines(str(error))
        try:
            found = ask(daemon, target)
        except FAILURES as error:
            message = f"The reply was lost ({lost}). The daemon does not say either: {clean_lines(str(error))}"
            return Outcome(f"Nobody knows whether the {verb} of {target.name} happened", message, done=False)
        if found:
            return Outcome(f"{verb.capitalize()} of {target.name}", f"The reply was lost, but it happened: {found}.")
        message = "The reply was lost. The daemon shows no sign of it: the job is as it was."
        return Outcome(f"No {verb} of {target.name}", message, done=False)

    return resolve


def _refused(target: Target, verb: str, error: BaseException) -> Outcome:
    hint = clean_lines(error.hint) if isinstance(error, FlowdeckError) else ""
    return Outcome(f"No {verb} of {target.name}", clean_lines(str(error)), hint, done=False)


def _ask_state(states: tuple[ExecutionState, ...]) -> Callable[[Client, Target], str]:
    def ask(daemon: Client, target: Target) -> str:
        job = daemon.job(target.job_id)
        same = job.execution is not None and job.execution.id == target.execution_id
        return f"the job is {_state(job)}" if same and job.execution and job.execution.state in states else ""

    return ask


def _ask_restore(daemon: Client, target: Target) -> str:
    job = daemon.job(target.job_id)
    is_new = job.execution is not None and job.execution.id != target.execution_id
    return f"a new execution is {_state(job)}" if is_new else ""


def _ask_savepoint(daemon: Client, target: Target) -> str:
    job = daemon.job(target.job_id)
    if job.execution is not None and job.execution.state is _S.SAVEPOINTING:
        return "the job is SAVEPOINTING"
    newest = next(iter(daemon.checkpoints(target.job_id, CheckpointKind.SAVEPOINT, 1)), None)
    is_new = newest is not None and newest.id > target.checkpoint_id
    return f"savepoint #{newest.id} exists{_measures(newest)}" if newest and is_new else ""


def _state(job: Job) -> str:
    return str(job.execution.state) if job.execution else "waiting"


def _measures(taken: Checkpoint) -> str:
    parts = []
    if taken.rows_in is not None:
        parts.append(f"{rows(taken.rows_in)} read")
    if taken.size is not None:
        parts.append(size(taken.size))
    if taken.duration is not None:
        parts.append(f"in {duration(taken.duration)}")
    return f" ({', '.join(parts)})" if parts else ""
