"""Tables and pairs on stdout: aligned text that `cut` and people can read, coloured only on a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from runner.states import ExecutionState
from tui.cli.layout import GAP, Column, fit
from tui.cli.terminal import clean_line, has_colour, is_terminal, say

__all__ = ["Cell", "Column", "print_pairs", "print_table", "state_cell", "tell_more"]

_STATE_STYLES = {
    ExecutionState.RUNNING: "green",
    ExecutionState.FINISHED: "blue",
    ExecutionState.STOPPED: "cyan",
    ExecutionState.CANCELED: "magenta",
    ExecutionState.FAILED: "bold red",
}
_CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
_NARROWEST = 20
"""Characters of a line that are used on any terminal."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text with a style: words of `bold dim red green yellow blue magenta cyan`."""

    text: str
    style: str = ""


def state_cell(state: ExecutionState | None) -> Cell:
    """An execution's state in its colour; a dash before the first execution."""
    return Cell("-") if state is None else Cell(state, _STATE_STYLES.get(state, "yellow"))


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str | Cell]]) -> None:
    """Print headings and rows. On a terminal, and wherever COLUMNS is set, no line is longer than that; elsewhere all of every
    cell is printed, whatever the length of the lines."""
    from rich.cells import cell_len

    lines = [[_cell(value) for value in row] for row in rows]
    widths = [max([len(column.title), *(cell_len(line[index].text) for line in lines)]) for index, column in enumerate(columns)]
    shown = fit(columns, widths, _room())
    heading = [Cell(column.title, "bold") for column in columns]
    _write([_join(columns, line, shown) for line in (heading, *lines)])


def tell_more(token: str | None) -> None:
    """Say that there is more than the table has, when there is: where the next page begins is known then."""
    if token is not None:
        say("there are more; --limit shows more of them")


def print_pairs(pairs: Sequence[tuple[str, str | Cell]]) -> None:
    """Print one ``name  value`` line each; a value that is too long for the terminal goes on below itself."""
    indent = max((len(name) for name, _ in pairs), default=0) + GAP
    room = _room()
    lines = []
    for name, value in pairs:
        cell = _cell(value)
        parts = [cell.text] if room is None else _wrap(cell.text, max(_NARROWEST, room - indent))
        lines.append(_coloured(Cell(name.ljust(indent), "bold")) + _coloured(Cell(parts[0], cell.style)))
        lines.extend(" " * indent + _coloured(Cell(part, cell.style)) for part in parts[1:])
    _write(lines)


def _room() -> int | None:
    """Characters of a line; None when nobody is there who would see where it ends."""
    if not is_terminal(sys.stdout) and not os.environ.get("COLUMNS", "").isdigit():
        return None
    return max(_NARROWEST, shutil.get_terminal_size().columns)


def _wrap(text: str, width: int) -> list[str]:
    from rich.cells import cell_len, chop_cells

    words = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    return [part for line in words for part in (chop_cells(line, width) if cell_len(line) > width else [line])]


def _join(columns: Sequence[Column], line: Sequence[Cell], shown: Sequence[tuple[int, int]]) -> str:
    parts = [_placed(line[index], width, right=columns[index].right) for index, width in shown]
    return (" " * GAP).join(parts).rstrip()


def _placed(cell: Cell, width: int, *, right: bool) -> str:
    """The cell in exactly ``width`` characters; one that was cut ends in an ellipsis."""
    from rich.cells import cell_len, set_cell_size

    missing = width - cell_len(cell.text)
    if missing < 0:
        return _coloured(Cell(set_cell_size(cell.text, width - 1) + "…", cell.style))
    space = " " * missing
    return space + _coloured(cell) if right else _coloured(cell) + space


def _coloured(cell: Cell) -> str:
    codes = [str(_CODES[word]) for word in cell.style.split()] if has_colour(sys.stdout) else []
    return f"\x1b[{';'.join(codes)}m{cell.text}\x1b[0m" if codes and cell.text else cell.text


def _cell(value: str | Cell) -> Cell:
    return Cell(clean_line(value.text), value.style) if isinstance(value, Cell) else Cell(clean_line(value))


def _write(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))
    sys.stdout.flush()
