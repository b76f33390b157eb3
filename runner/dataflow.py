"""The dataflow of a generation as a record: its plugins, and the edges between them. Pure data; no I/O."""

from __future__ import annotations

from typing import Any

import msgspec

from spec.job import PluginKind


class PlannedPlugin(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin of a generation: ``inputs`` and ``output`` are names of datasets. ``delivery`` of a sink is ``exactly-once``
    or ``at-least-once``, None for other plugins and where it is not known."""

    id: str
    kind: PluginKind
    name: str
    parallelism: int
    inputs: tuple[str, ...] = ()
    output: str | None = None
    delivery: str | None = None
    options: dict[str, Any] = {}


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """The plugin ``target`` reads ``dataset``, which ``source`` makes; both are ids of plugins."""

    source: str
    target: str
    dataset: str


class Dataflow(msgspec.Struct, frozen=True, kw_only=True):
    """What a generation runs, secrets masked. ``running``: whether an execution runs this very generation now."""

    job_id: str
    generation: int
    running: bool
    mode: str
    workers: int
    plugins: tuple[PlannedPlugin, ...]
    edges: tuple[Edge, ...]
