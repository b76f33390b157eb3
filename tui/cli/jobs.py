"""Commands about jobs as a whole: ls, show, rm."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from runner.model import Job
from runner.states import ExecutionState
from tui.cli import figures
from tui.cli.job_details import print_details
from tui.cli.json_output import print_json, to_plain
from tui.cli.options import home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_table, state_cell
from tui.cli.terminal import say

_NO_JOBS = "there are no jobs; flowdeck submit FILE starts one"
_COLUMNS = (
    Column("NAME", flexible=True, rank=0, least=20),
    Column("ID", rank=6),
    Column("STATE", rank=0),
    Column("ROWS IN/S", right=True, rank=1),
    Column("ROWS OUT/S", right=True, rank=3),
    Column("ROWS IN", right=True, rank=7),
    Column("ROWS OUT", right=True, rank=4),
    Column("CHECKPOINT", right=True),
    Column("RESTARTS", right=True, rank=5),
    Column("UPTIME", right=True, rank=3),
)


@click.command("ls", short_help="List jobs.")
@click.option("--state", type=click.Choice(list(ExecutionState), case_sensitive=False), help="Only jobs in this state.")
@click.option("--queue", metavar="Q", help="Only jobs of this queue.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most this many.")
@output_option
@home_option
def ls_command(*, state: ExecutionState | None, queue: str | None, limit: int, output: str) -> int:
    """List jobs with their throughput and newest checkpoint."""
    with current_session().client() as client:
        page = client.jobs(state=state, limit=limit, queue=queue)
    empty = _NO_JOBS if state is None and queue is None else "no job is in this state or queue"
    print_jobs(page.jobs, page.total, output, empty)
    return 0


@click.command("show", short_help="Show a job.")
@job_argument
@output_option
@home_option
def show_command(job: str, *, output: str) -> int:
    """Show everything about JOB: state, throughput, error, executions, attempts, checkpoints, processes."""
    with current_session().client() as client, suggesting(client, job):
        found = client.job(job)
        status = client.status()
        attempts = client.attempts(found.execution.id) if found.execution is not None else ()
        if output == "json":
            workers = found.execution.worker_pids if found.execution is not None else ()
            print_json({**to_plain(found), "daemon_pid": status.pid, "worker_pids": workers, "attempts": attempts})
        else:
            checkpoints = client.checkpoints(found.id, limit=10)
            print_details(found, client.executions(found.id), attempts, checkpoints, status.pid)
    return 0


@click.command("rm", short_help="Delete a job.")
@job_argument
@home_option
def rm_command(job: str) -> int:
    """Delete JOB, which must not be running, with its executions and checkpoints. What it has written stays."""
    with current_session().client() as client, suggesting(client, job):
        found = client.job(job)
        client.delete(found.id)
    say(f"deleted {found.name} ({found.id})")
    return 0


def print_jobs(jobs: Sequence[Job], total: int | None, output: str, empty: str = _NO_JOBS) -> None:
    """Print some of ``total`` jobs, as a table or as JSON."""
    if output == "json":
        print_json({"jobs": jobs, "total": total})
    elif not jobs:
        say(empty)
    else:
        print_table(_COLUMNS, [_row(job, time.time()) for job in jobs])
        if total is not None and total > len(jobs):
            say(f"{total - len(jobs)} more; --limit shows them")


def _row(job: Job, now: float) -> tuple[str | Cell, ...]:
    execution = job.execution
    if execution is None:
        return (job.name, job.id, state_cell(None), *("-",) * 7)
    totals = execution.totals
    over = execution.state.is_terminal
    checkpoint = job.last_checkpoint
    age = now - (checkpoint.completed_at or checkpoint.triggered_at) if checkpoint is not None else None
    uptime = (execution.finished_at or now) - execution.started_at if execution.started_at is not None else None
    return (
        job.name,
        job.id,
        state_cell(execution.state),
        "-" if over else figures.rate(totals.rows_in_per_second),
        "-" if over else figures.rate(totals.rows_out_per_second),
        figures.count(totals.rows_in),
        figures.count(totals.rows_out),
        figures.duration(age),
        str(execution.restarts),
        figures.duration(uptime),
    )
