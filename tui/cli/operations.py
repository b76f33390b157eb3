"""The command operations: what was asked of the daemon, and what became of it."""

from __future__ import annotations

import contextlib
import time

import click

from runner.operation import Operation, OperationOutcome
from tui.cli import figures
from tui.cli.json_output import print_json
from tui.cli.options import home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_table
from tui.cli.terminal import say

_STYLES = {
    OperationOutcome.SUCCEEDED: "green",
    OperationOutcome.FAILED: "bold red",
    OperationOutcome.ABANDONED: "yellow",
}
_COLUMNS = (
    Column("AGE", right=True, rank=1),
    Column("COMMAND", rank=0),
    Column("JOB", flexible=True, rank=0),
    Column("OUTCOME", rank=0),
    Column("TOOK", right=True, rank=1),
    Column("USUALLY", right=True, rank=4),
    Column("BY", flexible=True, rank=3),
    Column("PHASE", flexible=True, rank=2),
    Column("ID", rank=5),
)


@click.command("operations", short_help="List what was asked of the daemon.")
@job_argument(required=False)
@click.option("--kind", metavar="COMMAND", help="Only these: start, stop, restart, savepoint and so on.")
@click.option("--open", "is_open", is_flag=True, help="Only those that are under way.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most this many.")
@output_option
@home_option
def operations_command(job: str | None, *, kind: str | None, is_open: bool, limit: int, output: str) -> int:
    """List the commands that were given to JOB, or to all jobs, newest first: how far each has come, or how it ended."""
    with current_session().client() as client, suggesting(client, job) if job is not None else contextlib.nullcontext():
        page = client.operations(job=job, kind=kind, is_open=is_open or None, limit=limit)
    if output == "json":
        print_json({"operations": page.operations, "next": page.next})
    elif page.operations:
        print_table(_COLUMNS, [_row(operation, time.time()) for operation in page.operations])
    else:
        say("nothing is under way" if is_open else "nothing was asked yet")
    return 0


def _row(operation: Operation, now: float) -> tuple[str | Cell, ...]:
    outcome = operation.outcome
    told = operation.phase if operation.error is None else operation.error.message
    share = "" if operation.progress is None or outcome is not None else f" {operation.progress:.0%}"
    return (
        figures.duration(now - operation.started_at),
        operation.kind,
        operation.job_name or "-",
        Cell(f"under way{share}", "yellow") if outcome is None else Cell(outcome, _STYLES[outcome]),
        figures.duration((operation.finished_at or now) - operation.started_at),
        figures.duration(operation.usual_seconds),
        operation.requested_by,
        told,
        operation.id,
    )
