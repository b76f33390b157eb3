"""What went wrong: the rows that were rejected and the attempts that failed, one by one and in groups."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from runner.model import AttemptFailure, Job
from runner.replies import ErrorOverview, ErrorReport
from runner.store.attempts import FailedAttempt
from runner.store.store import Store
from runner.supervisor.error_groups import grouped

_GROUPED = 2000
"""So many of the newest failures are looked through for groups."""


@dataclass(frozen=True, slots=True)
class ErrorFilter:
    """Errors of one plugin, of one kind (of a reason; for failures: their code), of one group, not before ``since`` (epoch
    seconds); None: all."""

    plugin: str | None = None
    kind: str | None = None
    fingerprint: str | None = None
    since: float | None = None

    def takes(self, plugin: str | None, kind: str, last_at: float) -> bool:
        """Whether an error is wanted, whatever its group."""
        is_new = self.since is None or last_at >= self.since
        return is_new and self.plugin in {None, plugin} and self.kind in {None, kind}


def read_error_report(store: Store, job: Job, wanted: ErrorFilter, limit: int, execution_id: str | None = None) -> ErrorReport:
    """Of a job, or of one of its executions: at most ``limit`` rows, failures and groups."""
    shown = execution_id or (job.execution.id if job.execution is not None else None)
    failed = [found for found in store.failed_attempts(job.id, execution_id, _GROUPED) if _takes(wanted, found)]
    rejected = [
        found
        for found in store.all_rejected(job.id, execution_id)
        if wanted.takes(found.counted.plugin, found.counted.kind, found.counted.last_at)
    ]
    groups = [found for found in grouped(failed, rejected) if wanted.fingerprint in {None, found.fingerprint}]
    counts = store.rejected_rows(shown) if shown is not None else []
    rows = store.rejections(job.id, wanted.plugin, wanted.kind, limit)
    return ErrorReport(
        counts=tuple(found for found in counts if wanted.takes(found.plugin, found.kind, found.last_at)),
        rows=tuple(
            row for row in rows if execution_id in {None, row.execution_id} and wanted.takes(row.plugin, row.kind, row.at)
        ),
        failures=tuple(itertools.islice(_failures(failed, wanted), limit)),
        groups=tuple(groups[:limit]),
    )


def read_error_overview(store: Store, wanted: ErrorFilter, limit: int) -> ErrorOverview:
    """Of all jobs: at most ``limit`` groups and failures."""
    failed = [found for found in store.failed_attempts(limit=_GROUPED) if _takes(wanted, found)]
    rejected = [
        found for found in store.all_rejected() if wanted.takes(found.counted.plugin, found.counted.kind, found.counted.last_at)
    ]
    groups = [found for found in grouped(failed, rejected) if wanted.fingerprint in {None, found.fingerprint}]
    return ErrorOverview(groups=tuple(groups[:limit]), failures=tuple(itertools.islice(_failures(failed, wanted), limit)))


def _takes(wanted: ErrorFilter, found: FailedAttempt) -> bool:
    error, attempt = found.attempt.error, found.attempt
    return error is not None and wanted.takes(error.plugin, error.code, attempt.ended_at or attempt.started_at)


def _failures(failed: list[FailedAttempt], wanted: ErrorFilter) -> Iterator[AttemptFailure]:
    """Those of the wanted group, newest first."""
    for found in failed:
        if found.attempt.error is not None and (
            wanted.fingerprint is None or grouped([found], ())[0].fingerprint == wanted.fingerprint
        ):
            attempt = found.attempt
            at = attempt.ended_at or attempt.started_at
            yield AttemptFailure(
                execution_id=attempt.execution_id,
                attempt=attempt.number,
                at=at,
                error=found.attempt.error,
                job_id=found.job_id,
                job_name=found.job_name,
            )
