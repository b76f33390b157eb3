"""The command logs."""

from __future__ import annotations

import time
from collections.abc import Iterable

import click

from runner.client import Client
from runner.model import LogLine
from tui.cli.json_output import print_json
from tui.cli.log_text import text_of
from tui.cli.options import home_option, job_argument
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.terminal import write_data

_FOLLOW_SECONDS = 0.3
_PAGE = 1000


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
@click.option(
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Text, or one JSON object a line.",
)
@home_option
def logs_command(job: str, *, follow: bool, level: str | None, tail: int, output: str) -> int:
    """Show the log of JOB's newest execution."""
    with current_session().client() as client, suggesting(client, job):
        lines = client.logs(job, limit=tail, level=level)
        _print_lines(lines, output)
        if follow:
            _follow(client, job, level, lines[-1].offset if lines else 0, output)
    return 0


def _follow(client: Client, reference: str, level: str | None, offset: int, output: str) -> None:
    """Print what is added until the execution is over and all of it is printed; a newer execution's log comes whole."""
    job = client.job(reference)
    execution, over = job.execution, False
    while execution is not None:
        lines = client.logs(job.id, after=offset, limit=_PAGE, level=level, tail=False)
        _print_lines(lines, output)
        offset = lines[-1].offset if lines else offset
        if over and not lines:
            return
        newest = client.job(job.id).execution
        if newest is not None and newest.id != execution.id:
            offset = 0
        execution, over = newest, newest is not None and newest.state.is_terminal
        if not lines:
            time.sleep(_FOLLOW_SECONDS)


def _print_lines(lines: Iterable[LogLine], output: str) -> None:
    for line in lines:
        if output == "json":
            print_json(line, lines=True)
        else:
            write_data(text_of(line) + "\n")
