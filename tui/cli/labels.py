"""Labels of jobs: giving and taking them away, and the option by which others choose jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from runner.requests import EditRequest
from spec.errors import UsageError
from tui.cli.action import action_options, tell_effects
from tui.cli.json_output import print_json
from tui.cli.options import completing, home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.terminal import write_data

F = TypeVar("F", bound=Callable[..., Any])


def label_options(text: str) -> Callable[[F], F]:
    """``--label KEY=VALUE``, which may be repeated."""
    return click.option(
        "--label", "labels", metavar="KEY=VALUE", multiple=True, callback=_pairs, help=text, shell_complete=completing("labels")
    )


def _pairs(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        key, separator, text = value.partition("=")
        if not separator or not key:
            raise click.BadParameter(f"{value!r} is not of the form KEY=VALUE")
        pairs[key] = text
    return pairs


@click.command("label", short_help="Give a job labels or a name, or take them away.")
@job_argument
@click.argument("labels", metavar="[KEY=VALUE | KEY-]...", nargs=-1)
@click.option("--name", metavar="NAME", help="Call the job so from now on; an empty one: as its file says.")
@action_options
@output_option
@home_option
def label_command(
    job: str, labels: tuple[str, ...], *, name: str | None, dry_run: bool, reason: str | None, output: str
) -> int:
    """Give JOB labels (KEY=VALUE), or take them away (KEY-); without any, show those that it has. `flowdeck ls --label` finds
    jobs by them. What runs is not touched."""
    wanted = _wanted(labels)
    with current_session().client() as client, suggesting(client, job):
        if not wanted and name is None:
            changed = client.job(job)
        else:
            request = EditRequest(labels=wanted) if name is None else EditRequest(labels=wanted, name=name or None)
            if dry_run:
                return tell_effects(client.dry_run.edit(job, request), output)
            changed = client.edit(job, request, reason=reason)
    if output == "json":
        print_json(changed)
    else:
        told = " ".join(f"{key}={value}" for key, value in sorted(changed.labels.items()))
        write_data(f"{changed.name}: {told or 'no labels'}\n")
    return 0


def _wanted(labels: tuple[str, ...]) -> dict[str, str | None]:
    wanted: dict[str, str | None] = {}
    for label in labels:
        key, separator, value = label.partition("=")
        if not separator and not label.endswith("-"):
            raise UsageError(f"{label!r} is no label", hint="write KEY=VALUE to give it, KEY- to take it away")
        wanted[key if separator else label[:-1]] = value if separator else None
    return wanted
