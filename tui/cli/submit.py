"""The command submit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from runner.client import Client
from runner.replies import SubmissionVerdict
from spec.errors import UsageError
from tui.cli.failures import EXIT_USAGE
from tui.cli.jobs import print_jobs
from tui.cli.json_output import print_json
from tui.cli.labels import label_options
from tui.cli.options import home_option, output_option
from tui.cli.session import current_session
from tui.cli.submission import read_submission, start_options
from tui.cli.terminal import say, write_data


@click.command("submit", short_help="Start jobs in the background.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@start_options
@click.option("--store-only", is_flag=True, help="Keep the jobs without starting them; flowdeck start does.")
@click.option("--validate-only", is_flag=True, help="Let the daemon check the files, and keep nothing.")
@label_options("Give the jobs this label. May be repeated.")
@click.option("--reason", metavar="TEXT", default=None, help="Why; kept in the audit trail.")
@output_option
@home_option
def submit_command(
    files: tuple[Path, ...],
    *,
    variables: dict[str, str],
    name: str | None,
    dialect: str | None,
    restore: str,
    store_only: bool,
    validate_only: bool,
    labels: dict[str, str],
    reason: str | None,
    output: str,
) -> int:
    """Check the job files, then start their jobs in the daemon. Nothing is started when one of them has errors."""
    if name is not None and len(files) > 1:
        raise UsageError("--name names one job, but there are several files")
    if store_only and restore != "none":
        raise UsageError("--store-only starts nothing, so there is nothing to restore", hint="flowdeck start JOB --from ID")
    submissions = [read_submission(file, variables=variables, name=name, dialect=dialect, restore=restore) for file in files]
    valid = [
        msgspec.structs.replace(submission.request, start=not store_only, labels=labels)
        for submission in submissions
        if submission is not None
    ]
    if len(valid) < len(files):
        if valid and not validate_only:
            say(f"nothing was submitted: {len(files) - len(valid)} of {len(files)} files must be mended first")
        return EXIT_USAGE
    with current_session().client() as client:
        if validate_only:
            return _tell_verdicts([client.check(request) for request in valid], output)
        jobs = [client.submit(request, reason=reason) for request in valid]
        _warn_if_embedded(client)
    print_jobs(jobs, len(jobs), output)
    return 0


def _tell_verdicts(verdicts: Sequence[SubmissionVerdict], output: str) -> int:
    if output == "json":
        print_json({"files": verdicts})
    else:
        for found in verdicts:
            known = "a new generation of a job that is there" if found.job_id is not None else "a new job"
            write_data(f"{found.name}: valid, {len(found.plugins)} plugins; it would be {known}\n")
    return 0


def _warn_if_embedded(client: Client) -> None:
    status = client.status()
    if status.embedded:
        say(f"the daemon is part of a `flowdeck run` (process {status.pid}): when that ends, flowdeck up goes on with the jobs")
