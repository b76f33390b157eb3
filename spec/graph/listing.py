"""A graph as a list, for when a drawing would be too wide: a line for each plugin with what it reads and makes."""

from __future__ import annotations

from spec.graph.canvas import Charset
from spec.graph.drawing import mark_text, shortened
from spec.graph.model import JobGraph, VertexKind
from spec.render.escape import text_width

_LONGEST = 32


def listed(graph: JobGraph, width: int, charset: Charset) -> list[str]:
    """One line for each plugin, at most ``width`` columns wide."""
    titles = [shortened(vertex.title, _LONGEST, charset) + mark_text(vertex, charset) for vertex in graph.vertices]
    widest = max(map(text_width, titles), default=0)
    arrow = "->" if charset is Charset.ASCII else "→"
    inputs: dict[int, list[str]] = {}
    for start, end in graph.edges:
        inputs.setdefault(end, []).append(_made(graph, start))
    lines = []
    for number, vertex in enumerate(graph.vertices):
        if vertex.kind is VertexKind.UNKNOWN:
            continue
        reads = ", ".join(inputs.get(number, ()))
        makes = f"{arrow} {vertex.output}" if vertex.output else ""
        flow = " ".join(part for part in (reads, makes) if part)
        padded = titles[number] + " " * (widest - text_width(titles[number]))
        lines.append(shortened(f"{vertex.kind:<9}  {padded}  {flow}".rstrip(), width, charset))
    return lines


def _made(graph: JobGraph, number: int) -> str:
    vertex = graph.vertices[number]
    return vertex.output or (f"{vertex.title}?" if vertex.kind is VertexKind.UNKNOWN else f"({vertex.title})")
