"""The command samples: the last rows that passed each plugin."""

from __future__ import annotations

import click

from runner.observation import PluginSample
from tui.cli.json_output import print_json
from tui.cli.options import home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Column, print_table
from tui.cli.terminal import say, write_data


@click.command("samples", short_help="Show the last rows of each plugin.")
@job_argument
@click.option("--plugin", metavar="PLUGIN", help="Only those of this plugin.")
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="So many rows of each.")
@output_option
@home_option
def samples_command(job: str, *, plugin: str | None, limit: int, output: str) -> int:
    """Show the last rows that left each plugin of JOB, which runs (of a sink, that reached it), as they pass now.

    Values of secret columns are masked, long ones are cut.
    """
    with current_session().client() as client, suggesting(client, job):
        found = client.samples(job, plugin, limit)
    if output == "json":
        print_json({"samples": found})
        return 0
    for number, sample in enumerate(found):
        if number:
            write_data("\n")
        _print(sample)
    if not found:
        say(f"{job} has no such plugin")
    return 0


def _print(sample: PluginSample) -> None:
    write_data(f"{sample.plugin}\n")
    if not sample.records:
        say(f"  {sample.trouble or 'no row has passed yet'}")
        return
    rows = [[_text(record.values.get(column)) for column in sample.columns] for record in sample.records]
    print_table([Column(column, flexible=True, rank=number) for number, column in enumerate(sample.columns)], rows)


def _text(value: object) -> str:
    return "null" if value is None else str(value)
