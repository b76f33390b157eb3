"""Which jobs need someone, and why."""

from __future__ import annotations

from runner.model import CheckpointStatus, DesiredState, Execution, Job
from runner.states import ExecutionState

STUCK_AFTER = 60.0
"""Seconds after which a state that should pass by itself is worth a look."""
_PASSING = frozenset(
    {
        ExecutionState.STARTING,
        ExecutionState.RESTARTING,
        ExecutionState.SAVEPOINTING,
        ExecutionState.STOPPING,
        ExecutionState.CANCELING,
    }
)
_RELOAD = {
    "invalid": "its file changed and does not check",
    "blocked": "its file changed in a way that needs a decision",
    "failed": "the reload of its file failed",
    "rolled_back": "its file changed, did not work, and was rolled back",
    "upgrade_failed": "its file changed and could not be taken over",
    "pending_approval": "its file changed and waits for approval",
}


def reason(job: Job, now: float) -> str:
    """Why ``job`` needs someone; empty when it does not."""
    if job.execution is not None and (found := _execution_reason(job, job.execution, now)):
        return found
    if job.last_checkpoint is not None and job.last_checkpoint.status is CheckpointStatus.FAILED:
        return f"checkpoint #{job.last_checkpoint.id} failed"
    return _RELOAD.get(job.reload.outcome, "") if job.reload else ""


def _execution_reason(job: Job, execution: Execution, now: float) -> str:
    if execution.state is ExecutionState.FAILED:
        return "" if job.desired_state is DesiredState.CANCELED else "it failed"
    if execution.state is ExecutionState.RESTARTING:
        return f"it is restarting (attempt {execution.attempt})"
    if execution.state in _PASSING and now - execution.state_since > STUCK_AFTER:
        return f"it has been {execution.state} for more than a minute"
    return ""
