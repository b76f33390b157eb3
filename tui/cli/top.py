"""The command top: one job, live, in the lines below the prompt."""

from __future__ import annotations

import locale
import os
import shutil
import sys
import time

import click

from runner.client import Client
from tui.cli.options import home_option, job_argument
from tui.cli.references import suggesting
from tui.cli.session import current_session
from tui.cli.terminal import has_colour, is_terminal

_ROWS = 22
_BUCKETS = 120


@click.command("top", short_help="Show one job live, in a few lines.")
@job_argument
@click.option(
    "--window", type=click.Choice(["1m", "5m", "1h"]), default="5m", show_default=True, help="Until now from so long ago."
)
@click.option(
    "--interval",
    type=click.FloatRange(0.2, 3600),
    default=1.0,
    show_default=True,
    metavar="S",
    help="Seconds between two looks.",
)
@click.option("--once", is_flag=True, help="Look once. Without a terminal that is all there is.")
@home_option
def top_command(job: str, *, window: str, interval: float, once: bool) -> int:
    """Show JOB's rates, lag, checkpoints and resources, drawn anew each second, until Ctrl-C or until the job is over."""
    seconds = {"1m": 60, "5m": 300, "1h": 3600}[window]
    live = is_terminal(sys.stdout) and not once
    with current_session().client(start=False) as client, suggesting(client, job):
        before = 0
        try:
            while True:
                over, lines = look(client, job, seconds)
                if not live:
                    sys.stdout.write("".join(f"{line}\n" for line in lines))
                    return 0
                before = _draw(lines, before)
                if over:
                    return 0
                time.sleep(interval)
        except KeyboardInterrupt:
            return 0


def look(client: Client, job: str, window: int) -> tuple[bool, list[str]]:
    """Whether the job is over, and what there is to say about it, for the terminal's size."""
    from tui.data.clean import clean_record
    from tui.data.history import History
    from tui.data.models import JobView
    from tui.draw.glyphs import state
    from tui.draw.line import Span, Tone, line
    from tui.draw.signs import likely_braille
    from tui.draw.units import span
    from tui.plain.paint import painted
    from tui.query.attention import reason
    from tui.tabs.overview_lines import overview_lines

    now = time.time()
    found = clean_record(client.job(job))
    history = History.of(window, client.metric_series(found.id, window, _BUCKETS))
    view = JobView(found, None, reason(found, now))
    size = shutil.get_terminal_size()
    since = f" for {span(now - view.execution.state_since)}" if view.execution else ""
    head = line(Span(view.name, Tone.STRONG), Span("  "), *state(view.state), Span(f"{since}   id {view.id}", Tone.MUTED))
    need = [line(Span("! ", Tone.RED), Span(view.need))] if view.need else []
    body = overview_lines(view, history, now, size.columns - 1, max(min(size.lines - 3, _ROWS), 6))
    plain = not likely_braille(locale.getencoding(), os.environ.get("TERM", "") or "dumb") and is_terminal(sys.stdout)
    colour = has_colour(sys.stdout)
    return view.state.is_terminal, [painted(one, colour=colour, plain_signs=plain) for one in (head, *need, *body)]


def _draw(lines: list[str], before: int) -> int:
    from tui.plain.paint import repainted

    sys.stdout.write(repainted(lines, before))
    sys.stdout.flush()
    return len(lines)
