"""Commands about jobs as a whole: ls, show, rm, undelete."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from runner.client import Client
from runner.model import Job
from runner.states import ExecutionState
from tui.cli import figures
from tui.cli.action import action_options, tell_effects
from tui.cli.job_details import print_details
from tui.cli.json_output import print_json, to_plain
from tui.cli.labels import label_options
from tui.cli.options import home_option, job_argument, output_option, queue_option, sort_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_table, state_cell
from tui.cli.terminal import say

_NO_JOBS = "there are no jobs; flowdeck submit FILE starts one"
_PAGE = 1000
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
_LABELS = Column("LABELS", flexible=True, rank=4)


@click.command("ls", short_help="List jobs.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(list(ExecutionState), case_sensitive=False),
    help="Only jobs in this state. May be repeated.",
)
@queue_option
@click.option("--name", metavar="TEXT", help="Only jobs whose name contains this.")
@label_options("Only jobs with this label. May be repeated.")
@click.option("--deleted", is_flag=True, help="Those that were deleted and can be brought back.")
@sort_option
@click.option("--limit", type=click.IntRange(1, _PAGE), default=100, show_default=True, help="At most this many.")
@click.option("--all", "everything", is_flag=True, help="All of them, however many there are.")
@output_option
@home_option
def ls_command(
    *,
    states: tuple[ExecutionState, ...],
    queue: str | None,
    name: str | None,
    labels: dict[str, str],
    deleted: bool,
    sort: str | None,
    limit: int,
    everything: bool,
    output: str,
) -> int:
    """List jobs with their throughput and newest checkpoint, the newest job first."""
    with current_session().client() as client:
        jobs: Sequence[Job]
        if everything:
            jobs = tuple(client.each_job(states, name, queue, labels=labels, deleted=deleted, sort=sort))
            total: int | None = len(jobs)
        else:
            page = client.jobs(states, name, limit, queue=queue, labels=labels, deleted=deleted, sort=sort)
            jobs, total = page.jobs, page.total
    narrowed = states or queue or name or labels or deleted
    print_jobs(jobs, total, output, "no job is like that" if narrowed else _NO_JOBS)
    return 0


@click.command("show", short_help="Show a job.")
@job_argument
@output_option
@home_option
def show_command(job: str, *, output: str) -> int:
    """Show everything about JOB: state, throughput, plugins, error, executions, attempts, checkpoints, processes."""
    with current_session().client() as client, suggesting(client, job):
        found = client.job(job)
        if output == "json":
            print_json(_as_json(client, found))
        else:
            status = client.status()
            attempts = client.attempts(found.execution.id) if found.execution is not None else ()
            tasks = client.details(found.id).tasks if found.deleted_at is None else ()
            checkpoints = client.checkpoints(found.id, limit=10)
            print_details(found, client.executions(found.id), attempts, checkpoints, status.pid, tasks)
    return 0


def _as_json(client: Client, job: Job) -> dict[str, object]:
    execution = job.execution
    details = client.details(job.id)
    return {
        **to_plain(job),
        "daemon_pid": client.status().pid,
        "worker_pids": execution.worker_pids if execution is not None else (),
        "attempts": client.attempts(execution.id) if execution is not None else (),
        "tasks": details.tasks,
        "metrics": details.metrics,
    }


@click.command("rm", short_help="Delete a job.")
@job_argument
@click.option("--purge", is_flag=True, help="For good and at once: it cannot be brought back.")
@action_options
@output_option
@home_option
def rm_command(job: str, *, purge: bool, dry_run: bool, reason: str | None, output: str) -> int:
    """Delete JOB, which must not be running, with its executions and checkpoints. What it has written stays. For a week
    `flowdeck undelete` brings it back, unless it is purged."""
    with current_session().client() as client, suggesting(client, job):
        if dry_run:
            return tell_effects(client.dry_run.delete(job, purge=purge), output)
        found = (_deleted_already(client, job) if purge else None) or client.job(job)
        client.delete(found.id, purge=purge, reason=reason)
    if output == "json":
        print_json({"id": found.id, "name": found.name, "purged": purge})
    else:
        say(f"{'purged' if purge else 'deleted'} {found.name} ({found.id})" + _way_back(found, purge=purge))
    return 0


def _deleted_already(client: Client, job_id: str) -> Job | None:
    return next((one for one in client.jobs(deleted=True, limit=_PAGE).jobs if one.id == job_id), None)


def _way_back(job: Job, *, purge: bool) -> str:
    return "" if purge else f"; flowdeck undelete {job.id} brings it back"


@click.command("undelete", short_help="Bring a deleted job back.")
@job_argument
@action_options
@output_option
@home_option
def undelete_command(job: str, *, dry_run: bool, reason: str | None, output: str) -> int:
    """Bring back JOB, which was deleted: by its id, or by its name when nobody has taken that meanwhile."""
    with current_session().client() as client:
        if dry_run:
            return tell_effects(client.dry_run.undelete(job), output)
        back = client.undelete(job, reason=reason)
        others = [one.id for one in client.jobs(name=back.name, deleted=True).jobs if one.name == back.name]
    if others:
        taken = f"the name {back.name} is that of {back.id}; jobs of that name which are deleted still: {', '.join(others)}"
        say(f"{taken} (one of them comes back by its id, when the name is free)")
    print_jobs([back], 1, output)
    return 0


def print_jobs(jobs: Sequence[Job], total: int | None, output: str, empty: str = _NO_JOBS) -> None:
    """Print some of ``total`` jobs, as a table or as JSON."""
    if output == "json":
        print_json({"jobs": jobs, "total": total})
    elif not jobs:
        say(empty)
    else:
        labeled = any(job.labels for job in jobs)
        rows = [_row(job, time.time()) + ((_labels(job),) if labeled else ()) for job in jobs]
        print_table((*_COLUMNS, _LABELS) if labeled else _COLUMNS, rows)
        if total is not None and total > len(jobs):
            say(f"{total - len(jobs)} more; --limit or --all shows them")


def _labels(job: Job) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(job.labels.items()))


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
