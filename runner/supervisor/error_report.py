"""What went wrong: the rows that were rejected and the attempts that failed, one by one and in groups."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from runner.model import AttemptFailure, Job, Rejection
from runner.observation import ErrorGroup
from runner.replies import ErrorOverview, ErrorReport
from runner.store.attempts import FailedAttempt
from runner.store.pages import ALL
from runner.store.rejections import Rejected
from runner.store.store import Store
from runner.supervisor.error_groups import grouped
from runner.supervisor.error_pages import ErrorField, ErrorPage, ErrorPlace

_LOOKED_THROUGH = 2000
"""So many of the newest failures are on all pages together, and are looked through for groups."""


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


def read_error_report(
    store: Store, job: Job, wanted: ErrorFilter, page: ErrorPage, execution_id: str | None = None
) -> ErrorReport:
    """Of a job, or of one of its executions: a page of its rows, failures and groups."""
    shown = execution_id or (job.execution.id if job.execution is not None else None)
    failed, rejected = _found(store, wanted, job.id, execution_id)
    counts = store.rejected_rows(shown) if shown is not None else []
    rows = store.rejections(job.id, wanted.plugin, wanted.kind, ALL)
    if execution_id is not None:
        rows = [row for row in rows if row.execution_id == execution_id]
    return ErrorReport(
        counts=tuple(found for found in counts if wanted.takes(found.plugin, found.kind, found.last_at)),
        rows=page.part_of("rows", [row for row in rows if wanted.takes(row.plugin, row.kind, row.at)], _place_of_row),
        failures=page.part_of("failures", _failures(failed, wanted), _place_of_failure),
        groups=page.part_of("groups", _groups(failed, rejected, wanted), _place_of_group),
        next=page.next,
    )


def read_error_overview(store: Store, wanted: ErrorFilter, page: ErrorPage) -> ErrorOverview:
    """Of all jobs: a page of groups and failures."""
    failed, rejected = _found(store, wanted)
    return ErrorOverview(
        groups=page.part_of("groups", _groups(failed, rejected, wanted), _place_of_group),
        failures=page.part_of("failures", _failures(failed, wanted), _place_of_failure),
        next=page.next,
    )


def _found(
    store: Store, wanted: ErrorFilter, job_id: str | None = None, execution_id: str | None = None
) -> tuple[list[FailedAttempt], list[Rejected]]:
    """Attempts that failed and rows that were rejected, of whatever group."""
    failed = [found for found in store.failed_attempts(job_id, execution_id, _LOOKED_THROUGH) if _takes(wanted, found)]
    rejected = store.all_rejected(job_id, execution_id)
    return failed, [
        found for found in rejected if wanted.takes(found.counted.plugin, found.counted.kind, found.counted.last_at)
    ]


def _groups(failed: list[FailedAttempt], rejected: list[Rejected], wanted: ErrorFilter) -> list[ErrorGroup]:
    return [found for found in grouped(failed, rejected) if wanted.fingerprint in {None, found.fingerprint}]


def _place_of_row(row: Rejection, by: ErrorField) -> ErrorPlace:
    told = (row.execution_id, row.plugin, row.file, row.line, row.offset, row.reason, row.row)
    identity = hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return ErrorPlace(_value_of_one(row.kind, row.at, by), row.at, identity)


def _place_of_failure(failure: AttemptFailure, by: ErrorField) -> ErrorPlace:
    value = _value_of_one(failure.error.code, failure.at, by)
    return ErrorPlace(value, failure.at, f"{failure.execution_id}/{failure.attempt}")


def _value_of_one(code: str, at: float, by: ErrorField) -> float | str:
    """By what a single error is put in order: its first and its last time are one, and it counts as one."""
    return code if by is ErrorField.CODE else 1.0 if by is ErrorField.COUNT else at


def _place_of_group(group: ErrorGroup, by: ErrorField) -> ErrorPlace:
    values: dict[ErrorField, float | str] = {
        ErrorField.LAST: group.last_at,
        ErrorField.FIRST: group.first_at,
        ErrorField.COUNT: float(group.count),
        ErrorField.CODE: group.code,
    }
    return ErrorPlace(values[by], group.last_at, group.fingerprint)


def _takes(wanted: ErrorFilter, found: FailedAttempt) -> bool:
    error, attempt = found.attempt.error, found.attempt
    return error is not None and wanted.takes(error.plugin, error.code, attempt.ended_at or attempt.started_at)


def _failures(failed: list[FailedAttempt], wanted: ErrorFilter) -> list[AttemptFailure]:
    """Those of the wanted group, newest first."""
    found = [
        AttemptFailure(
            execution_id=one.attempt.execution_id,
            attempt=one.attempt.number,
            at=one.attempt.ended_at or one.attempt.started_at,
            error=one.attempt.error,
            job_id=one.job_id,
            job_name=one.job_name,
        )
        for one in failed
        if one.attempt.error is not None
        and (wanted.fingerprint is None or grouped([one], ())[0].fingerprint == wanted.fingerprint)
    ]
    return sorted(found, key=lambda failure: failure.at, reverse=True)
