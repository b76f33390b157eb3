"""Tables and pairs on stdout: aligned text that `cut` and people can read, coloured only on a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.states import ExecutionState
from tui.cli.terminal import clean_line, has_colour, is_terminal

if TYPE_CHECKING:
    from rich.text import Text  # rich is imported when a table is drawn, not before

_STATE_STYLES = {
    ExecutionState.RUNNING: "green",
    ExecutionState.FINISHED: "blue",
    ExecutionState.STOPPED: "cyan",
    ExecutionState.CANCELED: "magenta",
    ExecutionState.FAILED: "bold red",
}
_UNBOUNDED = 10_000
_GAP = 2
_LEAST = 6
"""Characters of a flexible column that are shown on any terminal."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text with a rich style."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand right; ``flexible`` columns give way when the terminal is narrow."""

    title: str
    right: bool = False
    flexible: bool = False


def state_cell(state: ExecutionState | None) -> Cell:
    """An execution's state in its colour; a dash before the first execution."""
    return Cell("-") if state is None else Cell(state, _STATE_STYLES.get(state, "yellow"))


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str | Cell]]) -> None:
    """Print headings and rows; without a terminal no line is cut, whatever its length."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    lines = [[_text(cell) for cell in row] for row in rows]
    widths = [
        max(len(column.title), *(line[index].cell_len for line in lines)) if lines else len(column.title)
        for index, column in enumerate(columns)
    ]
    room = _room(columns, widths)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=min(width, room) if column.flexible else width,
        )
    for line in lines:
        table.add_row(*line)
    _print(table)


def _room(columns: Sequence[Column], widths: Sequence[int]) -> int:
    """How wide each flexible column may be for the lines to fit the terminal; at least a few characters."""
    if not is_terminal(sys.stdout):
        return _UNBOUNDED
    fixed = sum(width for column, width in zip(columns, widths, strict=True) if not column.flexible)
    flexible = sum(column.flexible for column in columns)
    left = shutil.get_terminal_size().columns - fixed - _GAP * (len(columns) - 1)
    return max(_LEAST, left // max(1, flexible))


def print_pairs(pairs: Sequence[tuple[str, str | Cell]]) -> None:
    """Print one ``name  value`` line each."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, _text(value))
    _print(table)


def _text(value: str | Cell) -> Text:
    from rich.text import Text

    cell = value if isinstance(value, Cell) else Cell(value)
    return Text(clean_line(cell.text), style=cell.style)


def _print(renderable: object) -> None:
    from rich.console import Console

    terminal = is_terminal(sys.stdout)
    console = Console(
        file=sys.stdout,
        no_color=not has_colour(sys.stdout),
        color_system="auto" if has_colour(sys.stdout) else None,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if terminal else _UNBOUNDED,
    )
    with console.capture() as captured:
        console.print(renderable)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))
    sys.stdout.flush()
