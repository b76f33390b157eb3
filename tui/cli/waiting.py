"""Wait for a job to come to rest, telling the person what is going on."""

from __future__ import annotations

from runner.client import Client
from runner.model import Job

# Stopping takes as long as the savepoint; the supervisor has its own, shorter deadlines and escalates by itself.
WAIT_SECONDS = 600.0


def wait_for_end(client: Client, job: Job) -> Job:
    """The job once the execution it has now is over."""
    execution_id = job.execution.id if job.execution is not None else None
    return client.wait_until(job.id, lambda seen: _is_over(seen, execution_id), WAIT_SECONDS)


def _is_over(job: Job, execution_id: str | None) -> bool:
    execution = job.execution
    return execution is None or execution.id != execution_id or execution.state.is_terminal
