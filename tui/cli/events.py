"""The command events: what happens, as it happens."""

from __future__ import annotations

import time

import click

from runner.client import DaemonUnreachable
from runner.model import Event
from tui.cli.json_output import print_json
from tui.cli.options import home_option
from tui.cli.session import current_session
from tui.cli.terminal import clean_line, write_data

_QUIET_SECONDS = 0.5


@click.command("events", short_help="Show what happens.")
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--since", type=click.IntRange(0), default=None, metavar="REVISION", help="Only what came after this revision.")
@click.option("--job", metavar="JOB", help="Only what concerns this job.")
@click.option("--kind", metavar="KIND", help="Only kinds that begin so: execution, checkpoint, job and so on.")
@click.option(
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Text, or one JSON object a line.",
)
@home_option
def events_command(*, follow: bool, since: int | None, job: str | None, kind: str | None, output: str) -> int:
    """Show the events that are on record, oldest first; with --follow, from now on (or after --since) as they happen."""
    with current_session().client() as client:
        kinds = () if kind is None else (kind,)
        with client.events(since if follow or since is not None else 0, job=job, kinds=kinds) as feed:
            while True:
                event = next(feed, None) if follow else feed.next_within(_QUIET_SECONDS)
                if event is None:
                    break
                _print(event, output)
    if follow:
        raise DaemonUnreachable("the daemon has ended")
    return 0


def _print(event: Event, output: str) -> None:
    if output == "json":
        print_json(event, lines=True)
    else:
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at))
        write_data(f"{event.revision:>8}  {clock}  {event.kind:<24}  {clean_line(event.message)}\n")
