"""The command queues: which jobs run and wait in each queue, and how many may run at the same time."""

from __future__ import annotations

from collections.abc import Sequence

import click

from runner.client import Client
from runner.model import Queue
from spec.errors import UsageError
from tui.cli.json_output import print_json
from tui.cli.options import completing, home_option, output_option
from tui.cli.session import current_session
from tui.cli.tables import Column, print_table
from tui.cli.terminal import say

_COLUMNS = (
    Column("QUEUE", flexible=True, rank=0),
    Column("LIMIT", right=True, rank=1),
    Column("RUNNING", right=True, rank=0),
    Column("WAITING", right=True, rank=0),
    Column("NEXT", flexible=True),
)
_NEXT = 5
_UNLIMITED = "none"
_CHANGE = "flowdeck queues NAME --limit N, or --pause, or --resume"


class _Limit(click.ParamType[int | str]):
    """A number of jobs, or `none`."""

    name = "limit"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """The number; `none` stays."""
        if value == _UNLIMITED:
            return _UNLIMITED
        text = str(value)
        if text.isascii() and text.isdigit() and int(text) <= 1_000_000:
            return int(text)
        return self.fail(f"{text!r} is neither a number of jobs nor `none`", param, ctx)


@click.command("queues", short_help="List queues, or limit one.")
@click.argument("name", metavar="[NAME]", required=False, shell_complete=completing("queues"))
@click.option("--limit", type=_Limit(), metavar="N|none", help="Let at most N jobs of queue NAME run at the same time.")
@click.option("--pause", "paused", flag_value=True, type=bool, default=None, help="Let none of its jobs start until --resume.")
@click.option("--resume", "paused", flag_value=False, type=bool, help="Let its jobs start again.")
@click.option("--reason", metavar="TEXT", default=None, help="Why; kept in the audit trail.")
@output_option
@home_option
def queues_command(name: str | None, *, limit: int | str | None, paused: bool | None, reason: str | None, output: str) -> int:
    """List the queues that are limited or in use. A job chooses its queue with env { job.queue = NAME }.

    With --limit, jobs of queue NAME beyond N wait, QUEUED, and start in the order in which they came; 0 lets none start. What
    runs already runs on.
    """
    if name is None and (limit is not None or paused is not None):
        raise UsageError("--limit needs the queue" if limit is not None else "name the queue", hint=_CHANGE)
    with current_session().client() as client:
        if limit is not None and name is not None:
            client.limit_queue(name, None if isinstance(limit, str) else limit, reason=reason)
        if paused is not None and name is not None:
            client.pause_queue(name, paused, reason=reason)
        found = [queue for queue in client.queues() if name in {None, queue.name}]
        if output == "json":
            print_json({"queues": found})
        elif not found:
            say(f"the queue {name} has no limit, and no job runs or waits in it")
        else:
            _print_queues(client, found)
    return 0


def _print_queues(client: Client, queues: Sequence[Queue]) -> None:
    names = {job.id: job.name for job in client.jobs(limit=1000).jobs} if any(queue.waiting for queue in queues) else {}
    rows = [
        (
            queue.name,
            "paused" if queue.paused else "-" if queue.limit is None else str(queue.limit),
            str(len(queue.running)),
            str(len(queue.waiting)),
            ", ".join(names.get(job_id, job_id) for job_id in queue.waiting[:_NEXT]),
        )
        for queue in queues
    ]
    print_table(_COLUMNS, rows)
