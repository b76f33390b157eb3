"""The command errors: what went wrong in a job, rows and attempts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import click
import msgspec

from runner.bounds import MAXIMUM_PAGE
from runner.model import AttemptFailure, RejectedRows, Rejection
from runner.observation import ErrorGroup
from runner.replies import ErrorOverview, ErrorReport
from tui.cli import figures
from tui.cli.json_output import print_json
from tui.cli.moments import moment_of
from tui.cli.options import error_sort_option, home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_table, tell_more
from tui.cli.terminal import say, write_data

R = TypeVar("R", ErrorReport, ErrorOverview)

_LISTS = ("rows", "failures", "groups")
_COUNTS = (
    Column("PLUGIN", flexible=True, rank=0),
    Column("KIND", flexible=True, rank=1),
    Column("ROWS", right=True, rank=0),
    Column("FIRST", right=True, rank=4),
    Column("LAST", right=True, rank=3),
    Column("SAMPLE", flexible=True),
)
_ROWS = (
    Column("AGE", right=True),
    Column("PLUGIN", flexible=True, rank=0),
    Column("KIND", flexible=True, rank=1),
    Column("WHERE", flexible=True, rank=1),
    Column("REASON", flexible=True, rank=0),
    Column("ROW", flexible=True, rank=3),
)
_FAILURES = (
    Column("AGE", right=True),
    Column("EXECUTION", rank=5),
    Column("ATTEMPT", right=True, rank=4),
    Column("CODE", rank=0),
    Column("PLUGIN", flexible=True, rank=0),
    Column("FAILURE", flexible=True, rank=1),
)
_GROUPS = (
    Column("COUNT", right=True, rank=0),
    Column("KIND", rank=4),
    Column("CODE", rank=0),
    Column("PLUGIN", flexible=True, rank=2),
    Column("FIRST", right=True, rank=5),
    Column("LAST", right=True, rank=1),
    Column("JOBS", flexible=True, rank=3),
    Column("WHAT", flexible=True, rank=1),
)


@click.command("errors", short_help="Show what went wrong.")
@job_argument(required=False)
@click.option("--kind", metavar="KIND", help="Only rows rejected for this kind of reason, or failures with this code.")
@click.option("--plugin", metavar="PLUGIN", help="Only what this plugin rejected, or failed with.")
@error_sort_option
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="At most so many rows, failures and groups, each.",
)
@click.option("--all", "everything", is_flag=True, help="All of them, however many there are.")
@click.option("--grouped", is_flag=True, help="In groups of those that are the same but for numbers, names and places.")
@click.option(
    "--since", metavar="TIME", help="Only what happened from then on: 2026-01-31T10:00:00Z, or so long ago, as in 5m."
)
@click.option("--rows", "with_rows", is_flag=True, help="Show the rejected rows themselves, not only their number.")
@output_option
@home_option
def errors_command(
    job: str | None,
    *,
    kind: str | None,
    plugin: str | None,
    sort: str | None,
    limit: int,
    everything: bool,
    grouped: bool,
    since: str | None,
    with_rows: bool,
    output: str,
) -> int:
    """Show the rows that JOB has rejected, by plugin and kind, and the attempts that failed; without JOB what went wrong in all
    jobs, in groups.

    Rows are rejected by plugins with on_error = skip or dead_letter. JSON has everything, the newest rejected rows included.
    """
    asked = partial(_asked, kind=kind, plugin=plugin, since=moment_of(since), sort=sort, limit=None if everything else limit)
    if job is None:
        with current_session().client() as client:
            overview = asked(client.all_errors)
        return _tell_groups(overview.groups, overview.next, overview, output, limit)
    with current_session().client() as client, suggesting(client, job):
        report = asked(partial(client.errors, job))
    if grouped:
        return _tell_groups(report.groups, report.next, {"groups": report.groups, "next": report.next}, output, limit)
    if output == "json":
        print_json(report)
    elif report.counts or report.rows or report.failures:
        _print_report(report, limit, with_rows=with_rows)
    else:
        say(f"nothing went wrong in {job}" if kind is None and plugin is None else f"{job} has no such errors")
    return 0


def _asked(ask: Callable[..., R], *, limit: int | None, **wanted: object) -> R:
    """One page, or without ``limit`` all of them as one."""
    found = ask(**wanted, limit=limit or MAXIMUM_PAGE)
    while limit is None and found.next is not None:
        page = ask(**wanted, limit=MAXIMUM_PAGE, after=found.next)
        lists = {name: getattr(found, name) + getattr(page, name) for name in _LISTS if hasattr(page, name)}
        found = msgspec.structs.replace(page, **lists)
    return found


def _tell_groups(groups: Sequence[ErrorGroup], rest: str | None, whole: object, output: str, limit: int) -> int:
    if output == "json":
        print_json(whole)
    elif groups:
        print_table(_GROUPS, [_group(found, time.time()) for found in groups])
        tell_more(rest if len(groups) >= limit else None)
    else:
        say("nothing went wrong")
    return 0


def _group(found: ErrorGroup, now: float) -> tuple[str | Cell, ...]:
    return (
        Cell(figures.exact(found.count), "bold red"),
        found.kind,
        found.code,
        found.plugin or "",
        figures.duration(now - found.first_at),
        figures.duration(now - found.last_at),
        " ".join(found.jobs),
        found.pattern,
    )


def _print_report(report: ErrorReport, limit: int, *, with_rows: bool) -> None:
    now = time.time()
    if report.counts:
        print_table(_COUNTS, [_count(found, report, now) for found in report.counts])
    if with_rows and report.rows:
        _separate(report.counts)
        print_table(_ROWS, [_row(found, now) for found in report.rows])
    if report.failures:
        _separate(report.counts or (with_rows and report.rows))
        print_table(_FAILURES, [_failure(found, now) for found in report.failures])
    is_cut = len(report.failures) >= limit or (with_rows and len(report.rows) >= limit)
    tell_more(report.next if is_cut else None)


def _separate(printed: object) -> None:
    if printed:
        write_data("\n")


def _count(found: RejectedRows, report: ErrorReport, now: float) -> tuple[str | Cell, ...]:
    sample = next((row for row in report.rows if (row.plugin, row.kind) == (found.plugin, found.kind)), None)
    return (
        found.plugin,
        found.kind,
        Cell(figures.exact(found.rows), "bold red"),
        figures.duration(now - found.first_at),
        figures.duration(now - found.last_at),
        "" if sample is None else f"{_where(sample)}: {sample.reason}",
    )


def _row(found: Rejection, now: float) -> tuple[str | Cell, ...]:
    return figures.duration(now - found.at), found.plugin, found.kind, _where(found), found.reason, found.row


def _failure(found: AttemptFailure, now: float) -> tuple[str | Cell, ...]:
    error = found.error
    told = f"{error.message} ({error.hint})" if error.hint else error.message
    age = figures.duration(now - found.at)
    return age, found.execution_id, str(found.attempt), error.code, error.plugin or "", told


def _where(found: Rejection) -> str:
    """The file's name and the line, as editors take it."""
    if not found.file:
        return "a row"
    name = found.file.rpartition("/")[2]
    return name if found.line is None else f"{name}:{found.line}"
