"""From a job file on disk to the request that starts it: read and checked before any daemon is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.requests import SubmitRequest
from spec.check import CheckResult, check_file
from spec.job import JobSpec
from tui.data.jobfile_options import read_options


@dataclass(frozen=True, slots=True)
class Checked:
    """A job file with what the check found. ``job`` and ``request`` are None when that includes an error."""

    path: Path
    result: CheckResult
    job: JobSpec | None
    request: SubmitRequest | None


def check_job_file(
    file: Path, variables: Mapping[str, str], *, name: str | None = None, dialect: str | None = None, restore: str = "none"
) -> Checked:
    """Check the file. The request has its text, where it is, and the environment variables that it refers to."""
    path = file.absolute()
    result = check_file(file, read_options(path.parent, variables, dialect))
    if result.job is None:
        return Checked(path, result, None, None)
    request = SubmitRequest(
        text=result.document.source.text,
        file=str(path),
        dialect=dialect,
        name=name,
        variables=dict(variables),
        environment=dict(result.document.environment_used),
        restore=restore,
    )
    return Checked(path, result, result.job, request)
