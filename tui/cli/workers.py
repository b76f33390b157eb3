"""The command workers: which processes work for a job, and how many there are to be."""

from __future__ import annotations

import click

from runner.client import Client
from runner.model import Execution, Job, Worker
from runner.replies import WorkerList
from runner.requests import WorkersRequest
from spec.errors import UsageError
from tui.cli import figures
from tui.cli.json_output import print_json
from tui.cli.options import home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Column, print_table
from tui.cli.terminal import say, write_data

_COLUMNS = (
    Column("WORKER", right=True, rank=0),
    Column("PID", right=True, rank=1),
    Column("STATE", rank=0),
    Column("SPLITS", right=True, rank=4),
    Column("ROWS IN", right=True),
    Column("ROWS OUT", right=True, rank=3),
    Column("HEARD", right=True, rank=1),
    Column("CPU", right=True, rank=3),
    Column("MEMORY", right=True, rank=3),
)


@click.command("workers", short_help="List a job's workers, or change their number.")
@job_argument
@click.option("--add", type=click.IntRange(1), metavar="N", help="Have N more.")
@click.option("--remove", type=click.IntRange(1), metavar="N", help="Have N fewer.")
@click.option("--total", type=click.IntRange(1), metavar="N", help="Have N.")
@output_option
@home_option
def workers_command(job: str, *, add: int | None, remove: int | None, total: int | None, output: str) -> int:
    """List the worker processes of JOB, or change their number while it runs.

    Those that join take part in the next checkpoint. Those that leave do so with a checkpoint of their own, and the others go
    on where they stopped reading. The number holds until the job's file says another one.
    """
    given = [number for number in (add, remove, total) if number is not None]
    if len(given) > 1:
        raise UsageError("--add, --remove and --total exclude each other", hint=f"flowdeck workers {job} --total N")
    with current_session().client() as client, suggesting(client, job):
        if given:
            return _tell_change(client.scale(job, WorkersRequest(add=add, remove=remove, total=total)), output)
        return _tell_workers(client, job, output)


def _tell_change(job: Job, output: str) -> int:
    execution = job.execution
    if output == "json":
        print_json(job)
    elif execution is not None:
        write_data(f"{job.name}: {execution.workers_wanted} workers wanted, {len(execution.worker_pids)} there\n")
        if _nothing_to_share(execution):
            say("no split waits for a reader: a worker that joins finds nothing to read and leaves again")
    return 0


def _nothing_to_share(execution: Execution) -> bool:
    wanted = execution.workers_wanted or 0
    splits = execution.splits
    return wanted > len(execution.worker_pids) and splits is not None and not splits.pending


def _tell_workers(client: Client, job: str, output: str) -> int:
    found: WorkerList = client.workers(job)
    if output == "json":
        print_json(found)
    elif found.workers:
        print_table(_COLUMNS, [_row(worker) for worker in found.workers])
    else:
        say("no worker runs")
    return 0


def _row(worker: Worker) -> tuple[str, ...]:
    return (
        str(worker.number),
        str(worker.pid),
        worker.state,
        str(worker.splits),
        figures.exact(worker.rows_in),
        figures.exact(worker.rows_out),
        figures.duration(worker.heard_ago),
        figures.UNKNOWN if worker.cpu_percent is None else f"{worker.cpu_percent:.0f}%",
        figures.size(worker.memory_bytes),
    )
