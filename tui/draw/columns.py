"""Which columns of a table fit, and where: low priorities are dropped first, one column takes what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

GAP = 2
"""Blank cells between two columns."""


class Sized(Protocol):
    """What placing needs to know about a column."""

    @property
    def width(self) -> int:
        """The cells it needs."""
        ...

    @property
    def priority(self) -> int:
        """0 is never dropped; the highest number goes first."""
        ...

    @property
    def stretch(self) -> int:
        """How many cells it may grow beyond its width."""
        ...


ColumnT = TypeVar("ColumnT", bound=Sized)


class Place(msgspec.Struct, frozen=True):
    """Where a column stands: its index among all columns, its first cell and its width."""

    index: int
    x: int
    width: int


def place(columns: Sequence[ColumnT], cells: int) -> tuple[Place, ...]:
    """The columns that fit into ``cells`` cells, in order. At least one is placed; the last kept one may be cut."""
    kept = sorted(range(len(columns)), key=lambda index: (columns[index].priority, index))
    while len(kept) > 1 and _total(columns, kept) > cells:
        kept.pop()
    kept.sort()
    widths = _grown({index: columns[index].width for index in kept}, columns, cells - _total(columns, kept))
    places: list[Place] = []
    x = 0
    for index in kept:
        places.append(Place(index, x, max(1, min(widths[index], cells - x))))
        x += widths[index] + GAP
    return tuple(places)


def _total(columns: Sequence[ColumnT], kept: list[int]) -> int:
    return sum(columns[index].width for index in kept) + GAP * (len(kept) - 1)


def _grown(widths: dict[int, int], columns: Sequence[ColumnT], spare: int) -> dict[int, int]:
    for index in widths:
        growth = min(max(spare, 0), columns[index].stretch)
        widths[index] += growth
        spare -= growth
    return widths
