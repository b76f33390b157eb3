"""The command recover: run what a job that is over has left unfinished."""

from __future__ import annotations

import click

from runner.model import Cleanup, Job
from runner.requests import RecoverRequest
from tui.cli.action import action_options, tell_effects
from tui.cli.json_output import print_json
from tui.cli.options import home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.terminal import write_data

_READS = {
    Cleanup.ALL: "all splits that are not finished",
    Cleanup.ERRORS: "the splits at which an attempt failed",
    Cleanup.PENDING: "the unfinished splits at which no attempt failed",
}


@click.command("recover", short_help="Run what a job has left unfinished.")
@job_argument
@click.option(
    "--cleanup",
    type=click.Choice([str(cleanup) for cleanup in Cleanup]),
    default=str(Cleanup.ALL),
    show_default=True,
    help="Which unfinished splits to read: all, those at which an attempt failed, or the others.",
)
@action_options
@output_option
@home_option
def recover_command(job: str, *, cleanup: str, dry_run: bool, reason: str | None, output: str) -> int:
    """Start a new execution of JOB, which is over, from its last complete checkpoint: it reads only splits (files, or parts of
    them) that are not finished.

    What was committed is not read again, and rows that were rejected are done with. Splits that are left out stay unfinished,
    so that another recovery can take them.
    """
    wanted = Cleanup(cleanup)
    with current_session().client() as client, suggesting(client, job):
        request = RecoverRequest(cleanup=wanted)
        if dry_run:
            return tell_effects(client.dry_run.recover(job, request), output)
        recovering = client.recover(job, request, reason=reason)
    if output == "json":
        print_json(recovering)
    else:
        write_data(f"{recovering.name}: {_describe(recovering)}, reads {_READS[wanted]}\n")
    return 0


def _describe(job: Job) -> str:
    execution = job.execution
    if execution is None:
        return "will start"
    origin = f"checkpoint {execution.restored_from}" if execution.restored_from is not None else "the beginning"
    return f"execution {execution.id} {execution.state} from {origin}"
