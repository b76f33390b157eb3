"""The graph as data."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class VertexKind(enum.StrEnum):
    """A plugin's section; UNKNOWN is a dataset that is read and that no plugin makes."""

    SOURCE = "source"
    TRANSFORM = "transform"
    SINK = "sink"
    UNKNOWN = "unknown"


class Mark(enum.StrEnum):
    """The worst that a check has to say about a plugin."""

    NONE = ""
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Vertex:
    """A plugin. ``title`` is its name; ``output`` the name of its dataset, empty when the file gives none."""

    kind: VertexKind
    title: str
    output: str = ""
    mark: Mark = Mark.NONE


@dataclass(frozen=True, slots=True)
class JobGraph:
    """The vertices in the order of the file, and the edges as pairs of indexes: who makes, who reads."""

    name: str
    vertices: tuple[Vertex, ...]
    edges: tuple[tuple[int, int], ...]
