"""The command update: give a job a new generation from its file."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from runner.requests import UpdateRequest
from tui.cli.action import action_options, tell_effects
from tui.cli.failures import EXIT_USAGE
from tui.cli.jobs import print_jobs
from tui.cli.labels import label_options
from tui.cli.options import home_option, output_option
from tui.cli.reading import reading_options
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.submission import read_submission
from tui.cli.waiting import progress_of


@click.command("update", short_help="Give a job a new generation.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@reading_options
@click.option("--name", metavar="NAME", help="The job, when it is not called as the file says.")
@label_options("Give the job this label. May be repeated.")
@action_options
@output_option
@home_option
def update_command(
    file: Path,
    *,
    variables: dict[str, str],
    dialect: str | None,
    name: str | None,
    labels: dict[str, str],
    dry_run: bool,
    reason: str | None,
    output: str,
) -> int:
    """Make FILE the newest generation of its job. One that runs goes on as that, from a savepoint it is stopped with, and the
    old generation goes on when the new one does not start. One that does not run stays as it is.

    flowdeck plan FILE tells what would change; a job that there is not yet is submitted with flowdeck submit.
    """
    submission = read_submission(file, variables=variables, name=name, dialect=dialect, restore="none")
    if submission is None:
        return EXIT_USAGE
    session, job = current_session(), name or submission.job.name
    session.job = job
    fields = {field: getattr(submission.request, field) for field in UpdateRequest.__struct_fields__}
    request = msgspec.structs.replace(UpdateRequest(**fields), labels=labels)
    with session.client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.update(job, request), output)
        with progress_of(session, job, f"updating {job}"):
            updated = client.update(job, request, reason=reason)
    print_jobs([updated], 1, output)
    return 0
