"""The order of the job list: failed first, then what runs by name, then what ended, the latest first."""

from __future__ import annotations

from runner.model import Job
from runner.states import ExecutionState


def order_key(job: Job) -> tuple[int, float, str, str]:
    """Sort by this. It depends on how a job stands, never on its rates: rows do not jump about."""
    execution = job.execution
    if execution is None:
        return (1, 0.0, job.name.casefold(), job.id)
    if execution.state is ExecutionState.FAILED:
        return (0, 0.0, job.name.casefold(), job.id)
    if not execution.state.is_terminal:
        return (1, 0.0, job.name.casefold(), job.id)
    return (2, -(execution.finished_at or execution.state_since), job.name.casefold(), job.id)
