"""The command submit."""

from __future__ import annotations

from pathlib import Path

import click

from runner.client import Client
from spec.errors import UsageError
from tui.cli.failures import EXIT_USAGE
from tui.cli.jobs import print_jobs
from tui.cli.options import home_option, output_option
from tui.cli.session import current_session
from tui.cli.submission import read_submission, start_options
from tui.cli.terminal import say


@click.command("submit", short_help="Start jobs in the background.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@start_options
@output_option
@home_option
def submit_command(
    files: tuple[Path, ...], *, variables: dict[str, str], name: str | None, dialect: str | None, restore: str, output: str
) -> int:
    """Check the job files, then start their jobs in the daemon. Nothing is started when one of them has errors."""
    if name is not None and len(files) > 1:
        raise UsageError("--name names one job, but there are several files")
    submissions = [read_submission(file, variables=variables, name=name, dialect=dialect, restore=restore) for file in files]
    valid = [submission.request for submission in submissions if submission is not None]
    if len(valid) < len(files):
        return EXIT_USAGE
    with current_session().client() as client:
        jobs = [client.submit(request) for request in valid]
        _warn_if_embedded(client)
    print_jobs(jobs, len(jobs), output)
    return 0


def _warn_if_embedded(client: Client) -> None:
    status = client.status()
    if status.embedded:
        say(f"the daemon is part of a `flowdeck run` (process {status.pid}): when that ends, flowdeck up goes on with the jobs")
