"""Which vertex stands in which row, and in what order: every edge goes one row down, long ones through waypoints."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from spec.graph.model import JobGraph

_SWEEPS = 8


@dataclass(slots=True, eq=False)
class Place:
    """A vertex in its layer, or (``vertex`` None) a waypoint of a long edge, whose ``dataset`` is that of ``origin``."""

    vertex: int | None
    origin: int
    above: list[Place] = field(default_factory=list)
    below: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layers:
    """The rows from top to bottom; ``circular`` are the edges that would close a circle and are not among them."""

    rows: tuple[tuple[Place, ...], ...]
    circular: tuple[tuple[int, int], ...]


def layered(graph: JobGraph) -> Layers:
    """Put the vertices of a graph into rows."""
    circular = _closing_edges(graph)
    edges = [edge for edge in graph.edges if edge not in circular]
    depth = _depths(len(graph.vertices), edges)
    rows: list[list[Place]] = [[] for _ in range(max(depth, default=-1) + 1)]
    places = [Place(index, index) for index in range(len(graph.vertices))]
    for index, place in enumerate(places):
        rows[depth[index]].append(place)
    after: list[list[int]] = [[] for _ in places]
    for start, end in edges:
        after[start].append(end)
    for start, ends in enumerate(after):
        _connect(start, ends, depth, places, rows)
    _arrange(rows)
    return Layers(tuple(tuple(row) for row in rows), tuple(sorted(circular)))


def _connect(start: int, ends: Sequence[int], depth: Sequence[int], places: list[Place], rows: list[list[Place]]) -> None:
    """Join a vertex with those that read it. All long edges of one dataset share their waypoints."""
    line = places[start]
    reach = {depth[end] for end in ends}
    for level in range(depth[start] + 1, max(reach, default=0) + 1):
        for end in ends:
            if depth[end] == level:
                _join(line, places[end])
        if any(other > level for other in reach):
            waypoint = Place(None, start)
            rows[level].append(waypoint)
            _join(line, waypoint)
            line = waypoint


def _join(upper: Place, lower: Place) -> None:
    upper.below.append(lower)
    lower.above.append(upper)


def _closing_edges(graph: JobGraph) -> set[tuple[int, int]]:
    """The edges that lead back to where a walk came from."""
    after: list[list[int]] = [[] for _ in graph.vertices]
    for start, end in graph.edges:
        after[start].append(end)
    closing: set[tuple[int, int]] = set()
    finished: set[int] = set()
    for root in range(len(graph.vertices)):
        trail = {root: iter(after[root])} if root not in finished else {}
        while trail:
            vertex = next(reversed(trail))
            following = next(trail[vertex], None)
            if following is None:
                trail.pop(vertex)
                finished.add(vertex)
            elif following in trail:
                closing.add((vertex, following))
            elif following not in finished:
                trail[following] = iter(after[following])
    return closing


def _depths(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """The longest way from a beginning to each vertex."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for start, end in edges:
        after[start].append(end)
        waiting[end] += 1
    depth = [0] * count
    ready = [vertex for vertex in range(count) if not waiting[vertex]]
    for vertex in ready:
        for following in after[vertex]:
            depth[following] = max(depth[following], depth[vertex] + 1)
            waiting[following] -= 1
            if not waiting[following]:
                ready.append(following)
    return depth


def _arrange(rows: list[list[Place]]) -> None:
    """Order each row so that few edges cross: every place near the middle of its neighbours, and the best of several tries."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS if fewest else 1):
        down = sweep % 2 == 0
        for number in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            other = rows[number - 1 if down else number + 1]
            position = {place: index for index, place in enumerate(other)}
            current = {place: index for index, place in enumerate(rows[number])}
            rows[number].sort(key=lambda place: _middle(place.above if down else place.below, position, current[place]))
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _crossings(rows: list[list[Place]]) -> int:
    """How many pairs of edges cross."""
    count = 0
    for upper, lower in pairwise(rows):
        position = {place: index for index, place in enumerate(lower)}
        passed: list[int] = []
        for place in upper:
            ends = sorted(position[below] for below in place.below)
            for end in ends:
                count += len(passed) - bisect_right(passed, end)
            for end in ends:
                insort(passed, end)
    return count


def _middle(neighbours: list[Place], position: dict[Place, int], own: int) -> float:
    return sum(position[place] for place in neighbours) / len(neighbours) if neighbours else own
