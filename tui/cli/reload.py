"""The command reload: where watched files stand, and a person's word on a change that waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from runner.client import Client
from runner.reload import PlannedChange, ReloadReport, ReloadState, Verdict, WatchedFile
from runner.requests import DecisionRequest, LookRequest
from spec.errors import UsageError
from spec.plan.change import Action, Change, Effect
from spec.plan.text import plan_lines
from tui.cli.job_details import moment
from tui.cli.json_output import print_json, to_plain
from tui.cli.options import home_option, output_option
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.tables import Cell, Column, print_pairs, print_table
from tui.cli.terminal import say, write_data

_COLUMNS = (
    Column("FILE", flexible=True, rank=0),
    Column("JOB", rank=0),
    Column("STATE", rank=0),
    Column("SEEN", right=True),
    Column("APPLIED", right=True),
    Column("SINCE"),
    Column("WHY", flexible=True),
)
_STYLES = {
    ReloadState.SYNCED: "green",
    ReloadState.PENDING_APPROVAL: "bold yellow",
    ReloadState.INVALID: "red",
    ReloadState.BLOCKED: "red",
    ReloadState.ROLLED_BACK: "red",
    ReloadState.UPGRADE_FAILED: "red",
    ReloadState.FAILED: "bold red",
}
_TROUBLED = frozenset({ReloadState.INVALID, ReloadState.FAILED})
_EXIT_TROUBLED = 1


@click.command("reload", short_help="Show watched files; apply or discard a change.")
@click.argument("job", metavar="[JOB]", required=False)
@click.option("--apply", "apply", is_flag=True, help="Carry out the change of JOB's file that waits for approval.")
@click.option("--discard", is_flag=True, help="Leave JOB as it is until its file changes again.")
@click.option("--now", is_flag=True, help="Look at the files now, whatever the system has notified.")
@click.option("--retry", is_flag=True, help="As --now, and try a content again that was rejected.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with a change that is discarded.")
@output_option
@home_option
def reload_command(job: str | None, *, apply: bool, discard: bool, now: bool, retry: bool, reason: str, output: str) -> int:
    """Show where the files that the daemon watches stand, or that of JOB with what it would change and what is wrong.

    Exit code 0, or 1 when the file of JOB, or one of all, is invalid or has left its job without an execution.
    """
    if sum((apply, discard, now or retry)) > 1:
        raise UsageError("give one of --apply, --discard, and --now or --retry")
    if (apply or discard) and job is None:
        raise UsageError("--apply and --discard need the job", hint="flowdeck reload JOB --apply")
    with current_session().client() as client:
        if now or retry:
            client.look_again(LookRequest(job=job, retry=retry))
        if job is None:
            return _show_all(client.reload_report(), output)
        with suggesting(client, job):
            return _show_one(_decided(client, job, apply=apply, discard=discard, reason=reason), output)


def _decided(client: Client, job: str, *, apply: bool, discard: bool, reason: str) -> WatchedFile:
    """The job's file, after what was decided about it: exactly the change that is there now."""
    record = client.watched_file(job)
    request = DecisionRequest(observed_generation=record.observed_generation, reason=reason)
    if apply:
        return client.apply_reload(job, request)
    return client.discard_reload(job, request) if discard else record


def _show_all(report: ReloadReport, output: str) -> int:
    if output == "json":
        print_json(to_plain(report))
    else:
        if report.files:
            print_table(_COLUMNS, [_row(record) for record in report.files])
        for problem in report.problems:
            say(f"warning: {problem}")
        if not report.files:
            say("no files are watched; flowdeck up --watch DIR watches those of a directory")
    return _EXIT_TROUBLED if any(record.state in _TROUBLED for record in report.files) else 0


def _row(record: WatchedFile) -> Sequence[str | Cell]:
    return (
        _short(record.file),
        record.job_name or "-",
        _state(record),
        str(record.observed_generation),
        str(record.applied_generation),
        moment(record.since),
        record.message,
    )


def _short(file: str) -> str:
    """The path from here, when the file is below."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def _state(record: WatchedFile) -> Cell:
    text = f"{record.state} {record.phase}" if record.phase else str(record.state)
    return Cell(text, _STYLES.get(record.state, "yellow"))


def _show_one(record: WatchedFile, output: str) -> int:
    if output == "json":
        print_json(to_plain(record))
    else:
        print_pairs(_pairs(record))
        if record.changes and record.state is not ReloadState.SYNCED:
            write_data("".join(f"{line}\n" for line in ["", *plan_lines(tuple(map(_change, record.changes)))]))
        if record.diagnostics:
            write_data("".join(f"{line}\n" for line in ["", *map(_diagnostic, record.diagnostics)]))
    return _EXIT_TROUBLED if record.state in _TROUBLED else 0


def _pairs(record: WatchedFile) -> list[tuple[str, str | Cell]]:
    pairs: list[tuple[str, str | Cell]] = [
        ("file", record.file),
        ("job", record.job_name or "-"),
        ("state", _state(record)),
        ("since", moment(record.since)),
        ("seen", f"generation {record.observed_generation} of the file"),
        ("applied", f"generation {record.applied_generation}"),
    ]
    if record.message:
        pairs.append(("message", record.message))
    if record.pending_generation is not None:
        pairs.append(("waits", f"flowdeck reload {record.job_name} --apply or --discard"))
    rejected = [found for found in record.generations if found.verdict is Verdict.REJECTED]
    if rejected and record.state is not ReloadState.SYNCED:
        pairs.append(("rejected", f"generation {rejected[-1].number}: {rejected[-1].reason}"))
    return pairs


def _change(change: PlannedChange) -> Change:
    return Change(change.path, Action(change.action), Effect(change.effect), change.reason, change.before, change.after)


def _diagnostic(found: dict[str, Any]) -> str:
    start = found.get("start") or {}
    place = f":{start['line']}:{start['column']}" if start else ""
    return (
        f"{found.get('file', '')}{place}: {found.get('severity', 'error')}[{found.get('code', '')}]: {found.get('message', '')}"
    )
