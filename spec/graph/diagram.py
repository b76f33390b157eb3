"""A graph in the languages of other tools: Mermaid and Graphviz's dot. Names are escaped: they come from a job file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from spec.graph.model import JobGraph, Mark, Vertex, VertexKind
from spec.render.escape import safe

_MERMAID_SHAPES: Final = {
    VertexKind.SOURCE: ("([", "])"),
    VertexKind.TRANSFORM: ("[", "]"),
    VertexKind.SINK: ("[(", ")]"),
    VertexKind.UNKNOWN: ("{{", "}}"),
}
_DOT_SHAPES: Final = {
    VertexKind.SOURCE: "ellipse",
    VertexKind.TRANSFORM: "box",
    VertexKind.SINK: "cylinder",
    VertexKind.UNKNOWN: "hexagon",
}
_MERMAID_SPECIAL: Final = re.compile(r"[^\w .,:/+()-]")
_COLOURS: Final = {Mark.ERROR: "#c62828", Mark.WARNING: "#b26a00"}


def mermaid(graph: JobGraph) -> str:
    """A Mermaid flowchart."""
    return "".join(f"{line}\n" for line in _mermaid_lines(graph))


def dot(graph: JobGraph) -> str:
    """A directed graph in dot."""
    return "".join(f"{line}\n" for line in _dot_lines(graph))


def _mermaid_lines(graph: JobGraph) -> Iterator[str]:
    yield "flowchart TD"
    for number, vertex in enumerate(graph.vertices):
        opening, closing = _MERMAID_SHAPES[vertex.kind]
        yield f'    n{number}{opening}"{_mermaid_text(vertex.title)}"{closing}'
    for start, end in graph.edges:
        label = _mermaid_text(graph.vertices[start].output)
        yield f'    n{start} -->|"{label}"| n{end}' if label else f"    n{start} --> n{end}"
    for number, vertex in enumerate(graph.vertices):
        if vertex.mark in _COLOURS:
            yield f"    style n{number} stroke:{_COLOURS[vertex.mark]},stroke-width:3px"


def _mermaid_text(text: str) -> str:
    """Text inside quotes; whatever may mean something to Mermaid or to HTML becomes an entity code."""
    return _MERMAID_SPECIAL.sub(lambda match: f"#{ord(match[0])};", safe(text))


def _dot_lines(graph: JobGraph) -> Iterator[str]:
    yield f"digraph {_dot_text(graph.name)} {{"
    yield "    node [fontname=sans]"
    for number, vertex in enumerate(graph.vertices):
        yield f"    n{number} [{_dot_attributes(vertex)}]"
    for start, end in graph.edges:
        output = graph.vertices[start].output
        yield f"    n{start} -> n{end} [label={_dot_text(output)}]" if output else f"    n{start} -> n{end}"
    yield "}"


def _dot_attributes(vertex: Vertex) -> str:
    attributes = [f"label={_dot_text(vertex.title)}", f"shape={_DOT_SHAPES[vertex.kind]}"]
    if vertex.mark in _COLOURS:
        attributes.append(f'color="{_COLOURS[vertex.mark]}"')
    return ", ".join(attributes)


def _dot_text(text: str) -> str:
    escaped = safe(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
