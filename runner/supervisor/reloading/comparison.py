"""What a checked text would change of a job as it is now: the plan, as records for the API, and what forbids it."""

from __future__ import annotations

from typing import Final

from runner.model import DesiredState, Job
from runner.reload import PlannedChange, ReloadPlan, ReloadState, WatchedFile
from runner.states import ExecutionState
from runner.supervisor.lifecycle import JobLifecycle
from runner.supervisor.reloading.settings import ReloadPolicy
from runner.supervisor.submission import Submission, base_directory
from spec.plan.change import Effect, Plan
from spec.plan.plan import plan_change, plan_move
from spec.plan.text import shown_value

_MOST_CHANGES: Final = 200
_ROOT: Final = "/"
DISCARDED: Final = "discarded; the file has to change to be looked at again"
"""What a record says of a change that somebody did not want."""


async def compare_with_current(
    lifecycle: JobLifecycle, job: Job, submission: Submission, *, in_its_place: bool = False
) -> Plan:
    """The plan from the job's current generation to the submission; with ``in_its_place`` as if both were in the directory of
    the job's file."""
    old, request = await lifecycle.generation(job, job.generation)
    plan = plan_change(old, submission.job)
    moves = not in_its_place and (base_directory(request) or _ROOT) != submission.base_directory
    return plan_move(plan, submission.job) if moves else plan


async def obstacle(lifecycle: JobLifecycle, job: Job, submission: Submission, policy: ReloadPolicy) -> str:
    """Why the running job must not be replaced; empty when it may."""
    plan = await compare_with_current(lifecycle, job, submission)
    if plan.effect is Effect.BREAKING and not policy.leaves_state_behind:
        return why_breaking(plan)
    name = job.given_name or submission.job.name
    named = await lifecycle.named(name)
    if named is not None and named.id != job.id:
        return f"env.job.name: there is another job named {name!r}"
    return ""


def why_breaking(plan: Plan) -> str:
    """Each change that the saved state does not survive, and what would allow it."""
    found = "; ".join(f"{change.path}: {change.reason}" for change in plan.changes if change.effect is Effect.BREAKING)
    return f"{found} (it is taken when the job has ended; reload.allow_non_restored_state = true leaves that state behind)"


def is_at_rest(job: Job) -> bool:
    """Whether the job is not to run, or has read everything: when it runs next, somebody says from where."""
    finished = job.execution is not None and job.execution.state is ExecutionState.FINISHED
    return finished or job.desired_state is not DesiredState.RUNNING


def is_held_back(record: WatchedFile) -> bool:
    """Whether nothing but the state of what runs keeps the job from being as its file says."""
    blocked = record.state is ReloadState.BLOCKED and record.effect == str(Effect.BREAKING)
    return blocked and not record.message.startswith(DISCARDED)


def planned(plan: Plan) -> tuple[PlannedChange, ...]:
    """The changes as records, secrets masked."""
    return tuple(
        PlannedChange(
            path=change.path,
            action=str(change.action),
            effect=str(change.effect),
            reason=change.reason,
            before=shown_value(change.path, change.before),
            after=shown_value(change.path, change.after),
        )
        for change in plan.changes[:_MOST_CHANGES]
    )


def describe(job: Job, plan: Plan, submission: Submission, policy: ReloadPolicy) -> ReloadPlan:
    """The plan as an answer."""
    refused = plan.effect is Effect.BREAKING and not is_at_rest(job) and not policy.leaves_state_behind
    return ReloadPlan(
        job_id=job.id,
        job_name=job.name,
        generation=job.generation,
        effect=str(plan.effect),
        in_place=plan.in_place and plan.effect not in {Effect.NONE, Effect.NEW},
        blocked=why_breaking(plan) if refused else "",
        changes=planned(plan),
        diagnostics=submission.diagnostics,
    )
