"""Draw a graph with lines, from top to bottom: a box for each plugin, the names of datasets beside the lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from spec.graph.canvas import DOWN, UP, Canvas, Charset
from spec.graph.layers import Layers, Place, layered
from spec.graph.model import JobGraph, Mark, Vertex
from spec.graph.placement import extent, placed
from spec.graph.routing import Box, Net, routed
from spec.render.escape import safe, text_width

_LARGEST: Final = 200
_LONGEST_NAMES: Final = (32, 16)
_BOX_HEIGHT: Final = 3
_MARKS: Final = {
    Charset.UNICODE: {Mark.NONE: "", Mark.WARNING: " !", Mark.ERROR: " ✗"},
    Charset.ASCII: {Mark.NONE: "", Mark.WARNING: " !", Mark.ERROR: " x"},
}


def draw(graph: JobGraph, width: int, charset: Charset) -> list[str] | None:
    """The lines of the drawing, at most ``width`` columns wide; None when it does not fit, even with names cut short."""
    if len(graph.vertices) > _LARGEST:
        return None
    layers = layered(graph)
    if sum(map(len, layers.rows)) > 2 * _LARGEST:
        return None
    for longest in _LONGEST_NAMES:
        drawing = _Drawing(graph, layers, longest, charset)
        if drawing.width <= width:
            return drawing.lines()
    return None


def shortened(text: str, longest: int, charset: Charset) -> str:
    """``text`` made safe, and cut to so many columns."""
    shown = safe(text)
    if text_width(shown) <= longest:
        return shown
    dots = "..." if charset is Charset.ASCII else "…"
    while text_width(shown) > longest - len(dots):
        shown = shown[:-1]
    return shown + dots


def mark_text(vertex: Vertex, charset: Charset) -> str:
    """What stands behind the name of a plugin with problems."""
    return _MARKS[charset][vertex.mark]


@dataclass(frozen=True, slots=True)
class _Face:
    """What is written into and below a box."""

    kind: str
    title: str
    label: str

    @property
    def box_width(self) -> int:
        return max(text_width(self.title), text_width(self.kind)) + 4


class _Drawing:
    def __init__(self, graph: JobGraph, layers: Layers, longest: int, charset: Charset) -> None:
        self._layers = layers
        self._charset = charset
        self._graph = graph
        self._longest = longest
        places = [place for row in layers.rows for place in row]
        self._faces = {place: self._face(place) for place in places}
        widths = {place: self._slot(place) for place in places}
        anchors = {place: self._anchor(place) for place in places}
        self._left = placed(layers, widths, anchors)
        self.width = extent(self._left, widths)
        self._canvas = Canvas(charset)

    def lines(self) -> list[str]:
        """The finished drawing, and the edges that it leaves out."""
        top = 0
        boxes = {place: self._box(place) for row in self._layers.rows for place in row}
        for number, row in enumerate(self._layers.rows):
            for place in row:
                self._draw_place(place, boxes[place], top)
            top += _BOX_HEIGHT
            if number + 1 < len(self._layers.rows):
                top = self._draw_lines(number, boxes, top)
        return [*self._canvas.rows(), *self._circles()]

    def _face(self, place: Place) -> _Face | None:
        if place.vertex is None:
            return None
        vertex = self._graph.vertices[place.vertex]
        title = shortened(vertex.title, self._longest, self._charset) + mark_text(vertex, self._charset)
        label = shortened(vertex.output, self._longest, self._charset) if place.below else ""
        return _Face(str(vertex.kind), title, label)

    def _anchor(self, place: Place) -> int:
        face = self._faces[place]
        return (face.box_width - 1) // 2 if face else 0

    def _slot(self, place: Place) -> int:
        """The columns of a box and of the name below it."""
        face = self._faces[place]
        return max(face.box_width, self._anchor(place) + 2 + text_width(face.label)) if face else 1

    def _box(self, place: Place) -> Box:
        face, left = self._faces[place], self._left[place]
        return Box(left, left + face.box_width - 1) if face else Box(left, left)

    def _draw_place(self, place: Place, box: Box, top: int) -> None:
        canvas, face = self._canvas, self._faces[place]
        if face is None:
            canvas.vertical(box.left, top, top + _BOX_HEIGHT)
            return
        for y, side in ((top, DOWN), (top + 2, UP)):
            canvas.horizontal(y, box.left, box.right)
            canvas.line(box.left, y, side)
            canvas.line(box.right, y, side)
        canvas.vertical(box.left, top + 1, top + 2)
        canvas.vertical(box.right, top + 1, top + 2)
        canvas.words(box.left + 1, top, f" {face.kind} " if text_width(face.kind) + 4 <= face.box_width else face.kind)
        canvas.words(box.left + 2, top + 1, face.title)

    def _draw_lines(self, number: int, boxes: Mapping[Place, Box], top: int) -> int:
        """The lines below row ``number``, and the row of cells where the next row of boxes begins."""
        nets, tracks = routed(self._layers.rows[number], self._layers.rows[number + 1], boxes)
        bottom = top + 1 + tracks + 1
        for net in nets:
            self._draw_net(net, top, bottom)
        for net in nets:
            face = self._faces[net.upper]
            if face is not None:
                self._canvas.words(net.start + 2, top, face.label)
        return bottom

    def _draw_net(self, net: Net, top: int, bottom: int) -> None:
        canvas = self._canvas
        if self._faces[net.upper] is not None:
            canvas.line(net.start, top - 1, DOWN)
        turn = bottom - 1 if net.track is None else top + 1 + net.track
        canvas.vertical(net.start, top, turn)
        if net.track is not None:
            left, right = net.columns
            canvas.horizontal(turn, left, right)
            canvas.line(net.start, turn, UP)
        for column, place in net.ends:
            if net.track is not None:
                canvas.line(column, turn, DOWN)
                canvas.vertical(column, turn + 1, bottom)
            if place.vertex is None:
                canvas.vertical(column, bottom - 1, bottom)
            else:
                canvas.arrow(column, bottom - 1)

    def _circles(self) -> list[str]:
        """The edges that a drawing from top to bottom cannot have."""
        arrow = "->" if self._charset is Charset.ASCII else "→"
        titles = [safe(vertex.output or vertex.title) for vertex in self._graph.vertices]
        return [
            f"not drawn, because it closes a circle: {titles[one]} {arrow} {titles[other]}"
            for one, other in self._layers.circular
        ]
