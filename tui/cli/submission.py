"""From a job file to the request that starts it: read, check, tell what is wrong before any daemon is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from runner.requests import SubmitRequest
from spec.job import JobSpec
from tui.cli.findings import tell_findings
from tui.cli.options import check_restore_point
from tui.cli.reading import reading_options
from tui.data.jobfile import check_job_file

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Submission:
    """A valid job and the request for it."""

    job: JobSpec
    request: SubmitRequest


def start_options(command: F) -> F:
    """How a job file is read (``-i``, ``--dialect``) and started (``--name``, ``--restore``)."""
    text = "Go on from the job's newest checkpoint or savepoint, from the one of this number, or from a savepoint's directory."
    command = click.option(
        "--restore",
        metavar="latest|ID|DIR",
        default="none",
        callback=lambda _context, _option, value: check_restore_point(value),
        help=text,
    )(command)
    command = click.option("--name", metavar="NAME", help="The job's name, instead of the file's own.")(command)
    return reading_options(command)


def read_submission(
    file: Path, *, variables: dict[str, str], name: str | None, dialect: str | None, restore: str
) -> Submission | None:
    """The job file as a request. Its diagnostics go to stderr; None when one of them is an error."""
    checked = check_job_file(file, variables, name=name, dialect=dialect, restore=restore)
    tell_findings(checked.result.diagnostics)
    if checked.job is None or checked.request is None:
        return None
    return Submission(checked.job, checked.request)
