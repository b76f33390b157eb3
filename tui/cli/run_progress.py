"""How `flowdeck run` shows that it is getting on: a live line on a terminal, else a plain line every few seconds."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

from runner.model import Checkpoint, Execution
from tui.cli import figures
from tui.cli.terminal import clean_line, has_colour, is_terminal, say, write_data

if TYPE_CHECKING:
    from rich.progress import Progress  # imported when there is a terminal to draw on

_PLAIN_SECONDS = 5.0


class RunProgress(Protocol):
    """What the run tells while it goes on."""

    def update(self, execution: Execution, checkpoint: Checkpoint | None) -> None:
        """Show the newest figures."""

    def write_rows(self, text: str) -> None:
        """Print data on stdout without disturbing the display."""

    def tell(self, text: str) -> None:
        """Print words on stderr without disturbing the display."""

    def close(self) -> None:
        """Leave the terminal clean."""


def open_progress(name: str) -> RunProgress:
    """The display that suits stderr."""
    return _LiveProgress(name) if is_terminal(sys.stderr) else _PlainProgress(name)


def describe_progress(execution: Execution, checkpoint: Checkpoint | None) -> str:
    """State, rows, rates and the newest checkpoint in one line."""
    totals = execution.totals
    parts = [
        f"{figures.count(totals.rows_in)} rows in",
        figures.rate(totals.rows_in_per_second),
        f"{figures.count(totals.rows_out)} out",
    ]
    if checkpoint is not None and checkpoint.execution_id == execution.id and checkpoint.completed_at is not None:
        parts.append(f"checkpoint {checkpoint.id} {figures.duration(time.time() - checkpoint.completed_at)} ago")
    if execution.restarts:
        parts.append(f"{execution.restarts} restarts")
    return " · ".join(parts)


class _PlainProgress:
    def __init__(self, name: str) -> None:
        self._name = clean_line(name)
        self._state = ""
        self._told_at = time.monotonic()

    def update(self, execution: Execution, checkpoint: Checkpoint | None) -> None:
        """Say a line when the state changes and every few seconds."""
        due = time.monotonic() - self._told_at >= _PLAIN_SECONDS
        if execution.state.is_terminal or (execution.state == self._state and not due):
            return
        figures_follow = f": {describe_progress(execution, checkpoint)}" if due else ""
        say(f"{self._name} {execution.state}{figures_follow}")
        self._state, self._told_at = execution.state, time.monotonic()

    def write_rows(self, text: str) -> None:
        """Rows go straight to stdout."""
        write_data(text)

    def tell(self, text: str) -> None:
        """Words go straight to stderr."""
        say(text)

    def close(self) -> None:
        """Nothing to leave."""


class _LiveProgress:
    def __init__(self, name: str) -> None:
        self._progress = _make_progress()
        self._task = self._progress.add_task(clean_line(name), total=None, state="", figures="")
        self._progress.start()

    def update(self, execution: Execution, checkpoint: Checkpoint | None) -> None:
        """Redraw the line."""
        totals = execution.totals
        # What is left is known for some sources only; without it the bar just moves.
        left = totals.lag_rows or 0
        self._progress.update(
            self._task,
            total=totals.rows_in + left if left else None,
            completed=totals.rows_in if left else 0,
            state=execution.state,
            figures=describe_progress(execution, checkpoint),
        )

    def write_rows(self, text: str) -> None:
        """The line is taken away while rows are printed: both may be on one terminal."""
        self._progress.stop()
        write_data(text)
        self._progress.start()

    def tell(self, text: str) -> None:
        """As :meth:`write_rows`, on stderr."""
        self._progress.stop()
        say(text)
        self._progress.start()

    def close(self) -> None:
        """Take the line away."""
        self._progress.stop()


def _make_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(file=sys.stderr, no_color=not has_colour(sys.stderr), highlight=False, emoji=False)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[state]}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        refresh_per_second=8,
    )
