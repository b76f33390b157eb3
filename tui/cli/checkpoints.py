"""Commands about checkpoints: checkpoints, savepoints."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from runner.model import Checkpoint, CheckpointStatus
from spec.errors import UsageError
from tui.cli import figures
from tui.cli.json_output import print_json
from tui.cli.options import home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_table
from tui.cli.terminal import say

_STYLES = {CheckpointStatus.FAILED: "bold red", CheckpointStatus.IN_PROGRESS: "yellow"}

_COLUMNS = (
    Column("ID", right=True),
    Column("KIND"),
    Column("STATUS"),
    Column("AGE", right=True),
    Column("DURATION", right=True),
    Column("SIZE", right=True),
    Column("ROWS IN", right=True),
    Column("ROWS OUT", right=True),
    Column("GENERATION", right=True),
    Column("NOTE", flexible=True),
)


@click.command("checkpoints", short_help="List a job's checkpoints.")
@job_argument
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most this many.")
@output_option
@home_option
def checkpoints_command(job: str, *, limit: int, output: str) -> int:
    """List the checkpoints and savepoints of JOB, newest first."""
    with current_session().client() as client, suggesting(client, job):
        found = client.checkpoints(job, limit=limit)
    if output == "json":
        print_json({"checkpoints": found})
    elif found:
        print_table(_COLUMNS, [_row(checkpoint) for checkpoint in found])
    else:
        say(f"{job} has no checkpoints")
    return 0


@click.command("savepoints", short_help="List savepoints.")
@click.argument("job", metavar="[JOB]", required=False)
@click.option("--delete", "unwanted", type=click.IntRange(1), metavar="ID", help="Delete this savepoint of JOB.")
@output_option
@home_option
def savepoints_command(job: str | None, *, unwanted: int | None, output: str) -> int:
    """List the savepoints of JOB, or of all jobs, newest first."""
    if unwanted is not None:
        return _delete(job, unwanted)
    with current_session().client() as client, suggesting(client, job or ""):
        found = client.savepoints(job)
        names = {entry.id: entry.name for entry in client.jobs(limit=1000).jobs} if found and output == "table" else {}
    if output == "json":
        print_json({"savepoints": found})
    elif found:
        _print_savepoints(found, names)
    else:
        say("there are no savepoints")
    return 0


def _delete(job: str | None, unwanted: int) -> int:
    if job is None:
        raise UsageError("--delete needs the job", hint="flowdeck savepoints JOB --delete ID")
    with current_session().client() as client, suggesting(client, job):
        client.delete_savepoint(job, unwanted)
    say(f"deleted savepoint {unwanted} of {job}")
    return 0


def _print_savepoints(savepoints: Sequence[Checkpoint], names: dict[str, str]) -> None:
    rows = [(names.get(entry.job_id, entry.job_id), *_row(entry)) for entry in savepoints]
    print_table((Column("JOB"), *_COLUMNS), rows)


def _row(checkpoint: Checkpoint) -> tuple[str | Cell, ...]:
    return (
        str(checkpoint.id),
        checkpoint.kind,
        Cell(checkpoint.status, _STYLES.get(checkpoint.status, "")),
        figures.duration(time.time() - (checkpoint.completed_at or checkpoint.triggered_at)),
        figures.duration(checkpoint.duration),
        figures.size(checkpoint.size),
        figures.exact(checkpoint.rows_in),
        figures.exact(checkpoint.rows_out),
        str(checkpoint.generation),
        checkpoint.failure or checkpoint.description,
    )
