"""The command run: one job in the foreground, through the daemon or with a daemon inside this process."""

from __future__ import annotations

from pathlib import Path

import click

from runner.home import Home
from runner.states import ExecutionState
from tui.cli.failures import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE
from tui.cli.interrupts import Interrupts
from tui.cli.json_output import print_json
from tui.cli.options import home_option
from tui.cli.run_follow import Outcome, RunFollower
from tui.cli.run_place import follow_anywhere, prepare
from tui.cli.run_progress import open_progress
from tui.cli.run_summary import summary_json, tell_summary
from tui.cli.session import current_session
from tui.cli.submission import Submission, read_submission, start_options


@click.command("run", short_help="Run a job in the foreground.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@start_options
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A summary for people, or as JSON on stdout (rows of Console sinks then go nowhere else than the job's log).",
)
@home_option
def run_command(
    file: Path, *, variables: dict[str, str], name: str | None, dialect: str | None, restore: str, output: str
) -> int:
    """Check FILE, run its job here with a progress bar, and say what it did.

    Ctrl-C once stops with a savepoint, twice cancels. Exit code 0: finished or stopped; 1: failed; 2: invalid job file or
    usage; 130: canceled by Ctrl-C.
    """
    session = current_session()
    home = session.own_home()
    if session.alone:
        prepare(home)
    submission = read_submission(file, variables=variables, name=name, dialect=dialect, restore=restore)
    if submission is None:
        return EXIT_USAGE
    outcome = _run(home, file, submission, prints_rows=output == "text")
    base = file.absolute().parent
    if output == "json":
        print_json(summary_json(outcome, submission.job, base))
    tell_summary(outcome, submission.job, base)
    return _exit_code(outcome)


def _run(home: Home, file: Path, submission: Submission, *, prints_rows: bool) -> Outcome:
    progress = open_progress(submission.request.name or submission.job.name)
    try:
        with Interrupts() as interrupts:
            follower = RunFollower(str(file), submission.request, interrupts, progress, prints_rows=prints_rows)
            return follow_anywhere(home, follower)
    finally:
        progress.close()


def _exit_code(outcome: Outcome) -> int:
    state = outcome.execution.state
    if state is ExecutionState.CANCELED and outcome.interrupted:
        return EXIT_INTERRUPTED
    return 0 if state in {ExecutionState.FINISHED, ExecutionState.STOPPED} else EXIT_FAILED
