"""Which columns of a table a line has room for, and how wide each is. Numbers only: nothing is printed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 2
"""Spaces between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand right.

    When lines are longer than the terminal is wide, ``flexible`` columns are cut, down to ``least`` characters; when that does
    not suffice, whole columns are left out: those of the highest ``rank`` first, of these the last one. Rank 0 always stays.
    """

    title: str
    right: bool = False
    flexible: bool = False
    rank: int = 2
    least: int = 12


def fit(columns: Sequence[Column], widths: Sequence[int], room: int | None) -> list[tuple[int, int]]:
    """The number and the width of each column that is shown, in order. ``widths``: what each would like to have; ``room``: the
    characters of a line, None: any number of them."""
    shown = list(range(len(columns)))
    if room is None:
        return [(index, widths[index]) for index in shown]
    least = [min(width, column.least) if column.flexible else width for column, width in zip(columns, widths, strict=True)]
    while _length([least[index] for index in shown]) > room:
        droppable = [index for index in shown if columns[index].rank > 0]
        if not droppable:
            least = [1] * len(columns)  # what always stays is cut, as far as it has to be
            break
        shown.remove(max(droppable, key=lambda index: (columns[index].rank, index)))
    cut = _cut([widths[index] for index in shown], [least[index] for index in shown], room)
    return list(zip(shown, cut, strict=True))


def _length(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _cut(widths: list[int], least: list[int], room: int) -> list[int]:
    """The widths, of which the largest were cut to the same size until all fit; none below what it has at least."""
    cut = list(widths)
    while (excess := _length(cut) - room) > 0:
        wide = [index for index, width in enumerate(cut) if width > least[index]]
        if not wide:
            return cut
        widest = max(cut[index] for index in wide)
        largest = [index for index in wide if cut[index] == widest]
        below = max([width for index in wide if (width := cut[index]) < widest] + [least[index] for index in largest])
        step = max(1, min(widest - below, -(-excess // len(largest))))
        for index in largest:
            cut[index] = max(least[index], widest - step)
    return cut
