"""The refusals of the supervisor: what was asked cannot be done, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from runner.model import ErrorInfo, FailedSplit
from spec.errors import FlowdeckError


class Refusal(FlowdeckError):
    """Whoever asked is always told what to do: the usual thing, where nothing better is known."""

    usual_hint: ClassVar[str]

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message, hint=hint or self.usual_hint, code=code)


class NotFound(Refusal):
    """There is no such job, execution, generation or checkpoint."""

    code = "not-found"
    usual_hint = "`flowdeck ls` lists the jobs, `flowdeck show JOB` tells what there is of one"


class Conflict(Refusal):
    """The request contradicts the present state; the message says which state, the hint what to do instead."""

    code = "conflict"
    usual_hint = "`flowdeck show JOB` tells the job's state; ask again when it is another"


class TooMany(Refusal):
    """As many as may do this at the same time do it already."""

    code = "too-many-requests"
    usual_hint = "try again later"


class CheckpointDamaged(FlowdeckError):
    """The state of the restore point cannot be read, and nothing else may take its place."""

    code = "checkpoint-corrupt"


class SpecInvalid(FlowdeckError):
    """The job file has errors. ``diagnostics`` are the JSON objects of the check, warnings included."""

    code = "spec-invalid"
    exit_code = 2

    def __init__(self, message: str, diagnostics: Sequence[dict[str, Any]], *, hint: str = "") -> None:
        super().__init__(message, hint=hint or "correct the job file; `flowdeck check` shows the same problems")
        self.diagnostics = tuple(diagnostics)


class AttemptFailed(FlowdeckError):
    """The running attempt is lost. ``retriable`` False: another one would fail the same way. ``splits``: where it failed."""

    code = "attempt-failed"

    def __init__(self, error: ErrorInfo, *, retriable: bool = True, splits: Sequence[FailedSplit] = ()) -> None:
        super().__init__(error.message, hint=error.hint, code=error.code)
        self.error = error
        self.retriable = retriable
        self.splits = tuple(splits)


def error_info(error: BaseException) -> ErrorInfo:
    """The error as a record: a flowdeck error with its own code, anything else as an internal one."""
    if isinstance(error, AttemptFailed):
        return error.error
    if isinstance(error, FlowdeckError):
        return ErrorInfo(code=error.code, message=error.message, hint=error.hint)
    return ErrorInfo(code="internal", message=f"{type(error).__name__}: {error}", hint="this is a bug in flowdeck")
