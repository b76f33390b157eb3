"""The command executions: what ran, of one job or of all."""

from __future__ import annotations

import contextlib
import time

import click

from runner.model import Execution
from runner.states import ExecutionState
from tui.cli import figures
from tui.cli.job_details import moment
from tui.cli.json_output import print_json
from tui.cli.options import home_option, job_argument, output_option, queue_option, sort_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_table, state_cell, tell_more
from tui.cli.terminal import say

_COLUMNS = (
    Column("EXECUTION", rank=0),
    Column("JOB", flexible=True, rank=1),
    Column("GEN", right=True, rank=6),
    Column("STATE", rank=0),
    Column("STARTED", rank=3),
    Column("DURATION", right=True, rank=1),
    Column("ROWS IN", right=True, rank=4),
    Column("ROWS OUT", right=True, rank=2),
    Column("RESTARTS", right=True, rank=5),
    Column("FROM", rank=5),
    Column("ERROR", flexible=True, rank=3),
)


@click.command("executions", short_help="List executions.")
@job_argument(required=False)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(list(ExecutionState), case_sensitive=False),
    help="Only those in this state. May be repeated.",
)
@queue_option
@sort_option
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most this many.")
@click.option("--all", "everything", is_flag=True, help="All of them, however many there are.")
@output_option
@home_option
def executions_command(
    job: str | None,
    *,
    states: tuple[ExecutionState, ...],
    queue: str | None,
    sort: str | None,
    limit: int,
    everything: bool,
    output: str,
) -> int:
    """List the executions of JOB, or of all jobs, newest first. Each is one run, kept as it was."""
    with current_session().client() as client, suggesting(client, job) if job is not None else contextlib.nullcontext():
        if everything:
            found, rest = tuple(client.each_execution(job, states, queue, sort=sort)), None
        else:
            page = client.execution_page(job=job, state=states, queue=queue, limit=limit, sort=sort)
            found, rest = page.executions, page.next
    if output == "json":
        print_json({"executions": found, "next": rest})
    elif found:
        print_table(_COLUMNS, [_row(execution) for execution in found])
        tell_more(rest)
    else:
        say(
            "there are no such executions"
            if job or states or queue
            else "nothing has run yet; flowdeck submit FILE starts a job"
        )
    return 0


def _row(execution: Execution) -> tuple[str | Cell, ...]:
    start, end = execution.started_at, execution.finished_at or time.time()
    return (
        execution.id,
        execution.job_name,
        str(execution.generation),
        state_cell(execution.state),
        moment(start),
        figures.duration(None if start is None else end - start),
        figures.count(execution.totals.rows_in),
        figures.count(execution.totals.rows_out),
        str(execution.restarts),
        "-" if execution.restored_from is None else str(execution.restored_from),
        execution.error.message if execution.error is not None else "",
    )
