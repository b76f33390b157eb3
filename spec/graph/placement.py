"""Where the places of each row stand from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spec.graph.layers import Layers, Place

GAP = 2
_PASSES = 3


def placed(layers: Layers, widths: Mapping[Place, int], anchors: Mapping[Place, int]) -> dict[Place, int]:
    """The left column of every place. ``anchors`` is where, from its left, a place's line leaves it: places are put so that
    lines are straight, as far as the order of the rows and ``widths`` allow."""
    left: dict[Place, int] = {}
    for row in layers.rows:
        at = 0
        for place in row:
            left[place] = at
            at += widths[place] + GAP
    for number in range(_PASSES):
        down = number % 2 == 0
        for row in layers.rows[1:] if down else layers.rows[-2::-1]:
            _align(row, left, widths, anchors, down=down)
    start = min(left.values(), default=0)
    return {place: column - start for place, column in left.items()}


def extent(left: Mapping[Place, int], widths: Mapping[Place, int]) -> int:
    """How many columns all places together take."""
    return max((column + widths[place] for place, column in left.items()), default=0)


def _align(
    row: Sequence[Place], left: dict[Place, int], widths: Mapping[Place, int], anchors: Mapping[Place, int], *, down: bool
) -> None:
    """Move the places of a row towards the neighbours in the row before, without changing their order."""
    wanted = [_wanted(place, left, anchors, down=down) for place in row]
    pushed_right: list[int] = []
    edge = min(wanted)
    for place, column in zip(row, wanted, strict=True):
        pushed_right.append(max(column, edge))
        edge = pushed_right[-1] + widths[place] + GAP
    pushed_left: list[int] = []
    edge = max(column + widths[place] for place, column in zip(row, wanted, strict=True)) + GAP
    for place, column in zip(reversed(row), reversed(wanted), strict=True):
        pushed_left.append(min(column, edge - GAP - widths[place]))
        edge = pushed_left[-1]
    # Both keep the order and the gaps, so what lies halfway does too, and drifts to neither side.
    for place, one, other in zip(row, pushed_right, reversed(pushed_left), strict=True):
        left[place] = (one + other) // 2


def _wanted(place: Place, left: Mapping[Place, int], anchors: Mapping[Place, int], *, down: bool) -> int:
    neighbours = place.above if down else place.below
    if not neighbours:
        return left[place]
    return sum(left[other] + anchors[other] for other in neighbours) // len(neighbours) - anchors[place]
