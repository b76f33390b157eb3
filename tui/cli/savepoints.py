"""The command savepoints: list them, and with a word behind it verify or delete some."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from runner.bounds import MAXIMUM_PAGE
from runner.client import ApiError, Client
from runner.model import Checkpoint
from runner.user_home import expanded
from spec.errors import FlowdeckError, UsageError
from tui.cli import figures
from tui.cli.action import tell_effects
from tui.cli.default_group import ListedByDefault
from tui.cli.failures import EXIT_FAILED, EXIT_USAGE
from tui.cli.json_output import print_json
from tui.cli.options import completing, home_option, job_argument, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_table, tell_more
from tui.cli.terminal import say

_COLUMNS = (
    Column("JOB", flexible=True, rank=0),
    Column("ID", right=True, rank=0),
    Column("AGE", right=True, rank=1),
    Column("SIZE", right=True, rank=4),
    Column("ROWS IN", right=True, rank=5),
    Column("STATE", rank=1),
    Column("DESCRIPTION", flexible=True),
    Column("LOCATION", flexible=True, rank=3),
)


_deleted_option = click.option("--deleted", is_flag=True, help="Of jobs that are deleted, by id or by the name they had.")


@click.group("savepoints", cls=ListedByDefault, short_help="List, verify and delete savepoints.")
def savepoints_command() -> None:
    """List the savepoints of JOB, or of all jobs: flowdeck savepoints [JOB].

    With `verify` or `delete` in front, do that with those that are named: JOB/ID, or ID alone when only one job has a savepoint
    of that number.
    """


@savepoints_command.command(ListedByDefault.default, hidden=True)
@job_argument(required=False)
@_deleted_option
@click.option("--limit", type=click.IntRange(1, MAXIMUM_PAGE), help="At most this many.  [default: all]")
@click.option("--delete", "unwanted", type=click.IntRange(1), metavar="ID", help="Delete this savepoint of JOB.")
@output_option
@home_option
def list_command(job: str | None, *, deleted: bool, limit: int | None, unwanted: int | None, output: str) -> int:
    """List the savepoints of JOB, or of all jobs, newest first. What is listed with --deleted can be restored by its LOCATION:
    flowdeck restart JOB --from LOCATION."""
    if unwanted is not None and job is None:
        raise UsageError("--delete needs the job", hint="flowdeck savepoints JOB --delete ID")
    with current_session().client() as client, suggesting(client, job or ""):
        if unwanted is not None and job is not None:
            client.delete_savepoint(job, unwanted, deleted=deleted)
            say(f"deleted savepoint {unwanted} of {job}")
            return 0
        if limit is None:
            found, rest = tuple(client.each_savepoint(job, deleted=deleted)), None
        else:
            page = client.savepoint_page(job, deleted=deleted, limit=limit)
            found, rest = page.savepoints, page.next
        names = _names(client, deleted=deleted) if found and output == "table" else {}
    if output == "json":
        print_json({"savepoints": found})
    elif found:
        print_table(_COLUMNS, [_row(entry, names.get(entry.job_id, entry.job_id)) for entry in found])
        tell_more(rest)
    else:
        say("there are no savepoints" + (" of deleted jobs" if deleted else ""))
    return 0


@savepoints_command.command("show", short_help="Show one savepoint.")
@click.argument("which", metavar="ID", shell_complete=completing("savepoints"))
@_deleted_option
@output_option
@home_option
def show_command(which: str, *, deleted: bool, output: str) -> int:
    """Show one savepoint: JOB/ID, or ID alone when only one job has a savepoint of that number."""
    _parts(which)
    with current_session().client() as client:
        job, number = _resolve(client, which, deleted=deleted)
        found = client.show_savepoint(job, number, deleted=deleted)
        if output == "json":
            print_json(found)
        else:
            names = _names(client, deleted=deleted)
            print_table(_COLUMNS, [_row(found, names.get(found.job_id, found.job_id))])
    return 0


@savepoints_command.command("verify", short_help="Read every byte of savepoints.")
@click.argument("which", metavar="ID|DIR...", nargs=-1, required=True, shell_complete=completing("savepoints"))
@_deleted_option
@output_option
@home_option
def verify_command(which: tuple[str, ...], *, deleted: bool, output: str) -> int:
    """Check savepoints, in the store and in their directories, or directories that were carried here: every byte against the
    checksums that were written with it. Exit code 1 when one is not whole."""
    for name in which:
        if not _is_directory(name):
            _parts(name)
    with contextlib.ExitStack() as stack:
        connected: list[Client] = []

        def client() -> Client:  # a directory needs no daemon
            if not connected:
                connected.append(stack.enter_context(current_session().client()))
            return connected[0]

        verdicts = [
            _verify_directory(name) if _is_directory(name) else _verify(client(), name, deleted=deleted) for name in which
        ]
    if output == "json":
        print_json({"savepoints": [{"name": found.name, "problems": found.problems} for found in verdicts]})
    else:
        rows = [(found.name, found.cell(), "; ".join(found.problems) or found.note) for found in verdicts]
        print_table(
            (Column("SAVEPOINT", flexible=True, rank=0), Column("STATE", rank=1), Column("NOTE", flexible=True, rank=1)), rows
        )
    return EXIT_FAILED if any(found.problems for found in verdicts) else 0


@savepoints_command.command("delete", short_help="Delete savepoints.")
@click.argument("which", metavar="ID...", nargs=-1, required=True, shell_complete=completing("savepoints"))
@click.option("--force", is_flag=True, help="Also one that its job is running from, or that is its only restore point.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, keep and lose, and do nothing.")
@_deleted_option
@home_option
def delete_command(which: tuple[str, ...], *, force: bool, dry_run: bool, deleted: bool) -> int:
    """Delete savepoints, with their directories below the home. One that is not there any more is no error."""
    for name in which:
        _parts(name)
    with current_session().client() as client:
        if dry_run:
            return max(_try_deletion(client, name, force=force, deleted=deleted) for name in which)
        for name in which:
            try:
                job, number = _resolve(client, name, deleted=deleted)
                client.delete_savepoint(job, number, force=force, deleted=deleted)
            except _Gone as error:
                say(error.message)
            except ApiError as error:
                if error.code != "not-found":
                    raise
                if deleted:
                    client.savepoints(job, deleted=True)  # an unknown job is an error
                else:
                    client.job(job)
                say(f"there is no savepoint {name} any more")
            else:
                say(f"deleted savepoint {name}")
    return 0


def _try_deletion(client: Client, name: str, *, force: bool, deleted: bool) -> int:
    job, number = _resolve(client, name, deleted=deleted)
    return tell_effects(client.dry_run.delete_savepoint(job, number, force=force, deleted=deleted), "table")


@dataclass(frozen=True, slots=True)
class _Verdict:
    name: str
    problems: tuple[str, ...]
    note: str = ""

    def cell(self) -> Cell:
        return Cell("damaged", "bold red") if self.problems else Cell("whole", "green")


class _Gone(FlowdeckError):
    """No savepoint has that number."""

    code = "not-found"
    exit_code = EXIT_USAGE


def _is_directory(name: str) -> bool:
    return name.startswith((os.sep, ".", "~")) or (Path(name) / "manifest.json").is_file()


def _verify_directory(name: str) -> _Verdict:
    from runner.savepoint.errors import SavepointInvalid  # only when a directory is looked at
    from runner.savepoint.reading import read_directory

    try:
        found = read_directory(expanded(name).absolute())
    except SavepointInvalid as error:
        return _Verdict(name, (error.message,))
    manifest = found.manifest
    return _Verdict(name, (), f"savepoint {manifest.number} of {manifest.job_name}, {figures.exact(manifest.rows_in)} rows in")


def _verify(client: Client, name: str, *, deleted: bool) -> _Verdict:
    job, number = _resolve(client, name, deleted=deleted)
    verdict = client.verify_savepoint(job, number, deleted=deleted)
    place = verdict.savepoint.place
    return _Verdict(name, verdict.problems, place.path if place is not None else "")


def _parts(name: str) -> tuple[str, int]:
    """The job, empty when it is not named, and the number. Raises UsageError when it is no name of a savepoint."""
    job, separator, text = name.rpartition("/")
    if not (text.isascii() and text.isdigit()) or (separator and not job):
        raise UsageError(f"{name!r} is no savepoint", hint="name it JOB/ID, as in orders/3; flowdeck savepoints lists them")
    return job, int(text)


def _resolve(client: Client, name: str, *, deleted: bool) -> tuple[str, int]:
    """The job and the number that ``JOB/ID`` or ``ID`` means."""
    job, number = _parts(name)
    if job:
        return job, number
    found = [entry for entry in client.each_savepoint(deleted=deleted) if entry.id == number]
    if not found:
        raise _Gone(f"there is no savepoint {number} of any job", hint="flowdeck savepoints lists them")
    if len(found) > 1:
        names = _names(client, deleted=deleted)
        several = ", ".join(f"{names.get(entry.job_id, entry.job_id)}/{number}" for entry in found)
        raise UsageError(f"{number} may mean several savepoints: {several}", hint="name the job too: JOB/ID")
    return found[0].job_id, number


def _names(client: Client, *, deleted: bool) -> dict[str, str]:
    return {entry.id: entry.name for entry in client.jobs(deleted=deleted, limit=1000).jobs}


def _row(savepoint: Checkpoint, job: str) -> Sequence[str | Cell]:
    place = savepoint.place
    return (
        job,
        str(savepoint.id),
        figures.duration(time.time() - (savepoint.completed_at or savepoint.triggered_at)),
        figures.size(savepoint.size),
        figures.exact(savepoint.rows_in),
        _state(savepoint),
        savepoint.description,
        place.path if place is not None else "",
    )


def _state(savepoint: Checkpoint) -> Cell:
    """What is known of the directory: whole since when, not there yet, or damaged."""
    place = savepoint.place
    if place is not None and place.written_at is not None and place.trouble:
        return Cell("damaged", "bold red")
    if place is None or place.written_at is None or place.verified_at is None:
        return Cell("not written", "yellow")
    return Cell(f"whole {figures.duration(time.time() - place.verified_at)} ago")
