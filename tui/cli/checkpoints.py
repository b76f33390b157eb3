"""The command checkpoints: what became of each, how long it took, how much it holds."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from runner.model import Checkpoint, CheckpointStatus
from tui.cli import figures
from tui.cli.json_output import print_json
from tui.cli.options import home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_table, tell_more
from tui.cli.terminal import say

_STYLES = {CheckpointStatus.FAILED: "bold red", CheckpointStatus.IN_PROGRESS: "yellow"}

_COLUMNS = (
    Column("ID", right=True, rank=0),
    Column("KIND", rank=3),
    Column("STATUS", rank=0),
    Column("AGE", right=True, rank=1),
    Column("PREP/SAVE/COMMIT", right=True, rank=5),
    Column("SIZE", right=True, rank=4),
    Column("ROWS", right=True, rank=3),
    Column("NOTE", flexible=True, least=4),
)


@click.command("checkpoints", short_help="List a job's checkpoints.")
@job_argument
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most this many.")
@click.option("--all", "everything", is_flag=True, help="All of them, however many there are.")
@output_option
@home_option
def checkpoints_command(job: str, *, limit: int, everything: bool, output: str) -> int:
    """List the checkpoints and savepoints of JOB, newest first."""
    with current_session().client() as client, suggesting(client, job):
        if everything:
            found, rest = tuple(client.each_checkpoint(job)), None
        else:
            page = client.checkpoint_page(job, limit=limit)
            found, rest = page.checkpoints, page.next
    if output == "json":
        print_json({"checkpoints": found})
    elif found:
        print_checkpoints(found)
        tell_more(rest)
    else:
        say(f"{job} has no checkpoints")
    return 0


def print_checkpoints(checkpoints: Sequence[Checkpoint]) -> None:
    """Print the table, and on stderr why those failed that did."""
    print_table(_COLUMNS, [_row(checkpoint) for checkpoint in checkpoints])
    for failure in _failures(checkpoints):
        say(failure)


def _failures(checkpoints: Sequence[Checkpoint]) -> list[str]:
    """Why those failed that did: the table has no room for it."""
    return [
        f"{found.kind} checkpoint {found.id} failed: {found.failure}"
        for found in checkpoints
        if found.status is CheckpointStatus.FAILED and found.failure
    ]


def _row(checkpoint: Checkpoint) -> tuple[str | Cell, ...]:
    return (
        str(checkpoint.id),
        checkpoint.kind,
        Cell(checkpoint.status, _STYLES.get(checkpoint.status, "")),
        figures.duration(time.time() - (checkpoint.completed_at or checkpoint.triggered_at)),
        _times(checkpoint),
        figures.size(checkpoint.size),
        figures.count(checkpoint.rows_in),
        _note(checkpoint),
    )


def _times(checkpoint: Checkpoint) -> str:
    """How long it took until all was ready, then until it was saved, then until it was committed."""
    parts = (checkpoint.prepared_seconds, checkpoint.saved_seconds, checkpoint.committed_seconds)
    if all(part is None for part in parts):
        return figures.duration(checkpoint.duration)
    return "/".join(figures.duration(part) for part in parts)


def _note(checkpoint: Checkpoint) -> str:
    """What there is to say: the failure, who was late, what it is for, who asked."""
    late = ", ".join(map(str, checkpoint.late_workers))
    asked = "" if checkpoint.requested_by in {"", "the clock"} else f"by {checkpoint.requested_by}"
    parts = (checkpoint.failure, f"late: worker {late}" if late else "", checkpoint.description, asked)
    return "; ".join(part for part in parts if part)
