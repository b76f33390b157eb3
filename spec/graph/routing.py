"""The lines between two rows: where they leave and enter, and at which height they go sideways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spec.graph.layers import Place


@dataclass(slots=True)
class Net:
    """The line from one place down to all that read it: it leaves at column ``start`` and enters at ``ends``. ``track`` is the
    height of its sideways part, None when it goes straight down."""

    upper: Place
    start: int
    ends: list[tuple[int, Place]]
    track: int | None = None

    @property
    def columns(self) -> tuple[int, int]:
        """The leftmost and the rightmost column."""
        columns = [self.start, *(column for column, _ in self.ends)]
        return min(columns), max(columns)


@dataclass(frozen=True, slots=True)
class Box:
    """The columns of a place, both borders included."""

    left: int
    right: int


def routed(upper: Sequence[Place], lower: Sequence[Place], boxes: Mapping[Place, Box]) -> tuple[list[Net], int]:
    """The lines from one row to the next, and how many tracks they need. No two lines share a column, where the boxes have room
    for that: lines that cross can then be told apart."""
    taken: dict[int, Place] = {boxes[place].left: place.above[0] for place in lower if place.vertex is None}
    nets: dict[Place, Net] = {}
    for place in upper:
        if place.below:
            start = _free(boxes[place], _centre(boxes[place]), taken, place)
            taken[start] = place
            nets[place] = Net(place, start, [])
    for place in lower:
        _enter(place, boxes[place], nets, taken)
    return list(nets.values()), _assign_tracks(nets.values())


def _enter(place: Place, box: Box, nets: Mapping[Place, Net], taken: dict[int, Place]) -> None:
    """Lead the lines that a place reads into its upper border, from left to right as they come."""
    incoming = sorted((nets[above] for above in place.above), key=lambda net: net.start)
    room = box.right - box.left
    for number, net in enumerate(incoming):
        wanted = box.left + room * (number + 1) // (len(incoming) + 1)
        if len(incoming) == 1 and box.left < net.start < box.right:
            wanted = net.start
        column = box.left if place.vertex is None else _free(box, wanted, taken, net.upper)
        taken.setdefault(column, net.upper)
        net.ends.append((column, place))


def _centre(box: Box) -> int:
    return (box.left + box.right) // 2


def _free(box: Box, wanted: int, taken: Mapping[int, Place], own: Place) -> int:
    """The column inside of the borders of ``box`` nearest to ``wanted`` that no other line has; ``wanted`` if all are taken."""
    inside = range(box.left + 1, box.right) if box.right > box.left else range(box.left, box.left + 1)
    free = [column for column in inside if taken.get(column, own) is own]
    return min(free, key=lambda column: abs(column - wanted), default=wanted)


def _assign_tracks(nets: Iterable[Net]) -> int:
    """Give every line that goes sideways a track on which it meets no other; returns their number."""
    ends: list[int] = []
    for net in sorted(nets, key=lambda net: net.columns):
        left, right = net.columns
        if left == right:
            continue
        free = next((track for track, end in enumerate(ends) if end + 1 < left), len(ends))
        ends[free : free + 1] = [right]
        net.track = free
    return len(ends)
