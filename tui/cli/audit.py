"""The command audit: who did what."""

from __future__ import annotations

import click

from runner.audit import AuditEntry
from tui.cli.job_details import moment
from tui.cli.json_output import print_json
from tui.cli.options import home_option, output_option
from tui.cli.session import current_session
from tui.cli.tables import Column, print_table
from tui.cli.terminal import say

_COLUMNS = (
    Column("AT", rank=0),
    Column("WHO", rank=0),
    Column("ACTION", flexible=True, rank=0),
    Column("TARGET", flexible=True, rank=0),
    Column("OUTCOME", rank=1),
    Column("FROM", flexible=True),
    Column("REASON", flexible=True),
)


@click.command("audit", short_help="Show who did what.")
@click.option("--job", metavar="JOB", help="Only what was done to JOB, an id or a name.")
@click.option("--who", metavar="WHO", help="Only what WHO did: unix:UID, key:NAME, anyone, reload or daemon.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, metavar="N", help="At most N entries.")
@output_option
@home_option
def audit_command(*, job: str | None, who: str | None, limit: int, output: str) -> int:
    """Show the audit trail, newest first: every write that was asked for, done or refused, what hot reload did, and the
    daemon's starts and ends."""
    with current_session().client() as client:
        page = client.audit(job, who=who, limit=limit)
    if output == "json":
        print_json(page)
    elif page.entries:
        print_table(_COLUMNS, [_row(entry) for entry in page.entries])
        if page.next is not None:
            say(f"these are the newest {limit}; --limit shows more")
    else:
        say("there is nothing on record")
    return 0


def _row(entry: AuditEntry) -> tuple[str, ...]:
    outcome = str(entry.outcome) + (f" ({entry.code})" if entry.code else "")
    changed = entry.generation_before != entry.generation_after and entry.generation_after is not None
    generation = f" -> generation {entry.generation_after}" if changed else ""
    return moment(entry.at), entry.who, entry.action, entry.target + generation, outcome, entry.remote, entry.reason
