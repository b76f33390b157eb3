"""Filled areas in braille dots: two columns and four rows of dots per cell. Pure Python, a few milliseconds per chart."""

from __future__ import annotations

from collections.abc import Sequence

_LEFT = (0x01, 0x02, 0x04, 0x40)  # dot bits of a cell's left column, top to bottom
_RIGHT = (0x08, 0x10, 0x20, 0x80)
_BLANK = 0x2800
DOTS = 4
_FROM_THE_TOP = tuple(tuple(sum(column[:filled]) for filled in range(DOTS + 1)) for column in (_LEFT, _RIGHT))
_FROM_BELOW = tuple(tuple(sum(column[DOTS - filled :]) for filled in range(DOTS + 1)) for column in (_LEFT, _RIGHT))
"""The bits of a column by how many of its dots are filled."""
_SIGNS = (" ", *(chr(_BLANK + bits) for bits in range(1, 256)))
"""The sign of a cell by its bits; some fonts draw the blank pattern as empty circles."""


def area(values: Sequence[float | None], rows: int, top: float, *, downwards: bool = False) -> list[str]:
    """``rows`` strings of ``len(values) / 2`` cells: one dot column per value, filled from the base to ``value / top``.

    A measured zero shows one dot, a gap (None) shows nothing. With ``downwards`` the base is the upper edge.
    """
    heights = [_height(value, rows * DOTS, top) for value in values]
    if len(heights) % 2:
        heights.append(0)
    drawn = [_row(heights, base, rows * DOTS, downwards=downwards) for base in range(0, rows * DOTS, DOTS)]
    return drawn if downwards else drawn[::-1]


def _height(value: float | None, dots: int, top: float) -> int:
    if value is None:
        return 0
    return min(dots, max(1, round(value / top * dots))) if top > 0 else 1


def _row(heights: list[int], base: int, dots: int, *, downwards: bool) -> str:
    """The row of the dots from ``base`` on, of ``dots`` in all."""
    left, right = (_by_height(filled, base, dots) for filled in (_FROM_THE_TOP if downwards else _FROM_BELOW))
    return "".join([_SIGNS[left[one] | right[other]] for one, other in zip(heights[::2], heights[1::2], strict=True)])


def _by_height(filled: tuple[int, ...], base: int, dots: int) -> tuple[int, ...]:
    """The bits of a column of a row by the height of the whole column."""
    return (filled[0],) * base + filled + (filled[DOTS],) * (dots - base - DOTS)


def spark(values: Sequence[float | None], top: float | None = None) -> str:
    """A one-row area scaled to its own peak (or to ``top``)."""
    known = [value for value in values if value is not None]
    return area(values, 1, top if top is not None else max(known, default=0.0))[0]


def resample(values: Sequence[float | None], count: int) -> list[float | None]:
    """``count`` values over the same range; when several fall together the largest is kept, so that peaks stay visible."""
    if not values or count <= 0:
        return [None] * max(count, 0)
    result: list[float | None] = []
    for index in range(count):
        begin = index * len(values) // count
        end = max(begin + 1, (index + 1) * len(values) // count)
        known = [value for value in values[begin:end] if value is not None]
        result.append(max(known, default=None))
    return result
