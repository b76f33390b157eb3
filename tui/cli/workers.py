"""The command workers: which processes work for a job, and how many there are to be."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from runner.client import Client
from runner.cluster import FleetWorker, WorkerKillList
from runner.model import Execution, Job, Worker
from runner.replies import WorkerList
from runner.requests import WorkersRequest
from spec.errors import UsageError
from tui.cli import figures
from tui.cli.action import action_options, tell_effects
from tui.cli.default_group import ListedByDefault
from tui.cli.json_output import print_json
from tui.cli.options import completing, home_option, job_argument, output_option, queue_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Column, print_table
from tui.cli.terminal import say, write_data
from tui.cli.waiting import progress_of

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
_FLEET = (
    Column("WORKER", rank=0),
    Column("JOB", flexible=True, rank=1),
    Column("PID", right=True, rank=3),
    Column("STATE", rank=0),
    Column("HEARD", right=True, rank=1),
    Column("BUSY", right=True, rank=4),
    Column("ROWS IN", right=True, rank=3),
    Column("ROWS OUT", right=True, rank=2),
    Column("CPU", right=True, rank=5),
    Column("MEMORY", right=True, rank=5),
)


@click.group("workers", cls=ListedByDefault, short_help="List workers, change their number, kill one.")
def workers_command() -> None:
    """List the worker processes of JOB, or of all jobs, or change their number while the job runs: flowdeck workers [JOB].

    Those that join take part in the next checkpoint. Those that leave do so with a checkpoint of their own, and the others go
    on where they stopped reading. The number holds until the job's file says another one.
    """


@workers_command.command(ListedByDefault.default, hidden=True)
@job_argument(required=False)
@click.option("--add", type=click.IntRange(1), metavar="N", help="Have N more.")
@click.option("--remove", type=click.IntRange(1), metavar="N", help="Have N fewer.")
@click.option("--total", type=click.IntRange(1), metavar="N", help="Have N.")
@queue_option
@action_options
@output_option
@home_option
def list_command(
    job: str | None,
    *,
    add: int | None,
    remove: int | None,
    total: int | None,
    queue: str | None,
    dry_run: bool,
    reason: str | None,
    output: str,
) -> int:
    """List the workers of JOB or of all jobs, or change how many JOB has."""
    given = [number for number in (add, remove, total) if number is not None]
    if len(given) > 1:
        raise UsageError("--add, --remove and --total exclude each other", hint=f"flowdeck workers {job or 'JOB'} --total N")
    if given and job is None:
        raise UsageError("to change the number of workers, name the job", hint="flowdeck workers JOB --total N")
    session = current_session()
    if job is None:
        with session.client() as client:
            return _tell_fleet(client.all_workers(queue=queue), output)
    with session.client() as client, suggesting(client, job):
        if not given:
            return _tell_workers(client, job, output)
        request = WorkersRequest(add=add, remove=remove, total=total)
        if dry_run:
            return tell_effects(client.dry_run.scale(job, request), output)
        with progress_of(session, job, f"changing the workers of {job}"):
            scaled = client.scale(job, request, reason=reason)
    return _tell_change(scaled, output)


@workers_command.command("kill", short_help="End a worker process at once.")
@click.argument("worker", metavar="[EXECUTION/NUMBER]", required=False, shell_complete=completing("workers"))
@click.option(
    "--queue", metavar="Q", shell_complete=completing("queues"), help="All workers of the jobs at work in this queue."
)
@click.option("--dry-run", is_flag=True, help="With --queue: say whose workers it would end, and do nothing.")
@click.option("--reason", metavar="TEXT", default=None, help="Why; kept with the attempt and in the audit trail.")
@output_option
@home_option
def kill_command(worker: str | None, *, queue: str | None, dry_run: bool, reason: str | None, output: str) -> int:
    """End a worker process at once, one that hangs for example, or with --queue all of a queue. Its job goes on from the last
    checkpoint with a new attempt, which uses up none of its restarts. `flowdeck workers` lists the workers of all jobs."""
    if (worker is None) is (queue is None):
        raise UsageError("name one worker, or --queue Q", hint="flowdeck workers lists them all")
    if queue is not None:
        with current_session().client() as client:
            return _tell_killed(client.kill_workers(queue, reason=reason, dry_run=dry_run), output, dry_run=dry_run)
    if dry_run:
        raise UsageError("--dry-run goes with --queue Q", hint=f"flowdeck workers kill {worker} ends this one")
    return _kill_one(worker or "", reason, output)


def _kill_one(worker: str, reason: str | None, output: str) -> int:
    execution_id, _, number = worker.rpartition("/")
    if not execution_id or not (number.isascii() and number.isdigit()):
        raise UsageError(f"{worker!r} is no worker", hint="name it EXECUTION/NUMBER; flowdeck workers lists them")
    with current_session().client() as client:
        killed = client.kill_worker(execution_id, int(number), reason=reason)
    if output == "json":
        print_json(killed)
    else:
        write_data(f"killed {killed.worker} (process {killed.pid}); the job goes on from its last checkpoint\n")
    return 0


def _tell_killed(found: WorkerKillList, output: str, *, dry_run: bool) -> int:
    if output == "json":
        print_json(found)
    for job in found.jobs if output != "json" else ():
        of_job = f"{job.workers} worker{'' if job.workers == 1 else 's'} of {job.job_name}"
        write_data(f"would kill {of_job}\n" if dry_run else f"killed {of_job}; the job goes on from its last checkpoint\n")
    if not found.jobs:
        say("no worker runs there")
    return 0


def _tell_fleet(workers: Sequence[FleetWorker], output: str) -> int:
    if output == "json":
        print_json({"workers": workers})
    elif workers:
        print_table(_FLEET, [_fleet_row(worker, time.time()) for worker in workers])
    else:
        say("no worker runs")
    return 0


def _fleet_row(worker: FleetWorker, now: float) -> tuple[str, ...]:
    return (
        worker.name,
        worker.job_name,
        str(worker.pid),
        worker.state,
        figures.duration(now - worker.heartbeat),
        figures.share(worker.busy),
        figures.count(worker.rows_in),
        figures.count(worker.rows_out),
        figures.UNKNOWN if worker.cpu_percent is None else f"{worker.cpu_percent:.0f}%",
        figures.size(worker.memory_bytes),
    )


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
