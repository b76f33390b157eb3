"""What went wrong in a job: the rows that were rejected and the attempts that failed."""

from __future__ import annotations

from runner.model import Attempt, AttemptFailure, Job
from runner.replies import ErrorReport
from runner.store.store import Store

_EXECUTIONS = 50
"""So many of the newest executions are looked through for failures."""


def read_error_report(store: Store, job: Job, *, plugin: str | None, kind: str | None, limit: int) -> ErrorReport:
    """At most ``limit`` rows and failures, of one plugin or of one kind (for failures: their code) if it is named."""
    counts = store.rejected_rows(job.execution.id) if job.execution is not None else []
    failures = [
        failure
        for execution in store.executions(job.id, _EXECUTIONS, 0)
        for attempt in reversed(store.attempts(execution.id))
        if (failure := _failure(attempt)) is not None and _matches(failure.error.plugin, failure.error.code, plugin, kind)
    ]
    return ErrorReport(
        counts=tuple(found for found in counts if _matches(found.plugin, found.kind, plugin, kind)),
        rows=tuple(store.rejections(job.id, plugin, kind, limit)),
        failures=tuple(failures[:limit]),
    )


def _failure(attempt: Attempt) -> AttemptFailure | None:
    if attempt.error is None:
        return None
    at = attempt.ended_at or attempt.started_at
    return AttemptFailure(execution_id=attempt.execution_id, attempt=attempt.number, at=at, error=attempt.error)


def _matches(its_plugin: str | None, its_kind: str, plugin: str | None, kind: str | None) -> bool:
    return plugin in {None, its_plugin} and kind in {None, its_kind}
