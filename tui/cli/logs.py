"""The command logs."""

from __future__ import annotations

from collections.abc import Iterable

import click

from runner.client import Client, DaemonUnreachable
from runner.model import LogLine
from spec.errors import UsageError
from tui.cli.json_output import print_json
from tui.cli.log_text import text_of
from tui.cli.moments import moment_of
from tui.cli.options import home_option, job_argument
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.terminal import clean, write_data


@click.command("logs", short_help="Show a job's log.")
@job_argument
@click.option("-f", "--follow", is_flag=True, help="Go on until the execution is over.")
@click.option(
    "--level",
    metavar="L",
    type=click.Choice(["debug", "info", "warning", "error", "output"], case_sensitive=False),
    help="Only lines at least as severe (debug, info, warning, error), or only rows (output).",
)
@click.option("--tail", type=click.IntRange(1, 10_000), default=100, show_default=True, metavar="N", help="The last N lines.")
@click.option("--since", metavar="TIME", help="Only lines from then on: 2026-01-31T10:00:00Z, or so long ago, as in 5m.")
@click.option("--until", metavar="TIME", help="Only lines up to then; not with --follow.")
@click.option("--grep", "contains", metavar="TEXT", help="Only lines with this text in them.")
@click.option("--execution", "execution_id", metavar="ID", help="An older execution of the job, instead of the newest.")
@click.option(
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Text, or one JSON object a line.",
)
@home_option
def logs_command(
    job: str,
    *,
    follow: bool,
    level: str | None,
    tail: int,
    since: str | None,
    until: str | None,
    contains: str | None,
    execution_id: str | None,
    output: str,
) -> int:
    """Show the log of JOB's newest execution."""
    if follow and (until is not None or execution_id is not None):
        raise UsageError("--follow shows what comes, so --until and --execution make no sense with it")
    start, end = moment_of(since), moment_of(until)
    with current_session().client() as client, suggesting(client, job):
        if execution_id is not None:
            page = client.execution_logs(execution_id, limit=tail, level=level, since=start, until=end, contains=contains)
            _print_lines(page.lines, output)
            return 0
        lines = client.logs(job, limit=tail, level=level, since=start, until=end, contains=contains)
        _print_lines(lines, output)
        if follow:
            _follow(client, job, level, contains, lines[-1].offset if lines else None, output)
    return 0


def _follow(client: Client, job: str, level: str | None, contains: str | None, offset: int | None, output: str) -> None:
    """Print what is added until the execution is over; of a newer execution that has taken its place meanwhile, everything."""
    execution = client.job(job).execution
    while execution is not None:
        with client.follow_logs(job, after=offset or 0, level=level, contains=contains) as feed:
            for line in feed:
                _print_lines((line,), output)
        if not feed.state:
            raise DaemonUnreachable("the daemon ended while we followed the log")
        newest = client.job(job).execution
        if newest is None or newest.id == execution.id:
            return
        execution, offset = newest, 0


def _print_lines(lines: Iterable[LogLine], output: str) -> None:
    for line in lines:
        if output == "json":
            print_json(line, lines=True)
        else:
            write_data(clean(text_of(line)) + "\n")  # words for people, in a pipe too; JSON has every character
