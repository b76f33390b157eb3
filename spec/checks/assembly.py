"""Makes the :class:`~spec.job.JobSpec` of a job in which no check found an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.loader import common_options
from spec.checks.options import with_defaults
from spec.checks.wiring import Graph, Node
from spec.job import EnvSpec, JobSpec, PluginKind, PluginSpec


def assemble(name: str, environment: EnvSpec, graph: Graph, engine: str) -> JobSpec:
    """The job that ``engine`` can run: canonical names and options, defaults applied, every input resolved."""
    return JobSpec(
        name=name,
        env=environment,
        sources=tuple(_plugin(node, environment, engine) for node in graph.sources),
        transforms=tuple(_plugin(node, environment, engine) for node in graph.transforms),
        sinks=tuple(_plugin(node, environment, engine) for node in graph.sinks),
    )


def _plugin(node: Node, environment: EnvSpec, engine: str) -> PluginSpec:
    given: Mapping[str, Any] = node.canonical.data
    options = with_defaults(given, node.plugin.schema.document, engine)
    return PluginSpec(
        id=node.id,
        kind=PluginKind(node.kind),
        name=node.plugin.name,
        index=node.plugin.element.index,
        options={key: value for key, value in options.items() if key not in common_options()},
        inputs=tuple(str(before.output) for before in node.inputs),
        output=node.output,
        parallelism=int(given.get("parallelism", environment.parallelism)),
    )
