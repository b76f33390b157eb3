"""What a generation runs, as a client sees it: plugins, edges, parallelism."""

from __future__ import annotations

from collections.abc import Iterator

from runner.dataflow import Dataflow, Edge, PlannedPlugin
from runner.model import Generation, Job
from runner.supervisor.public_spec import public_spec
from schemas.loader import plugin_schema
from spec.job import JobSpec, PluginKind, PluginSpec


def dataflow_of(job: Job, generation: Generation, spec: JobSpec) -> Dataflow:
    """The dataflow of a generation; secrets come masked, as the generation has them."""
    execution = job.execution
    running = execution is not None and not execution.state.is_terminal and execution.generation == generation.number
    wanted = execution.workers_wanted if running and execution is not None else None
    return Dataflow(
        job_id=job.id,
        generation=generation.number,
        running=running,
        mode=str(spec.env.mode),
        workers=spec.env.workers if wanted is None else wanted,
        plugins=planned_plugins(spec),
        edges=tuple(_edges(spec)),
    )


def planned_plugins(spec: JobSpec) -> tuple[PlannedPlugin, ...]:
    """The plugins of a job: sources, transforms, sinks."""
    shown = public_spec(spec)
    options = [plugin["options"] for section in ("sources", "transforms", "sinks") for plugin in shown[section]]
    return tuple(
        PlannedPlugin(
            id=plugin.id,
            kind=plugin.kind,
            name=plugin.name,
            parallelism=plugin.parallelism,
            inputs=plugin.inputs,
            output=plugin.output,
            delivery=delivery_of(plugin),
            options=masked,
        )
        for plugin, masked in zip(spec.plugins(), options, strict=True)
    )


def delivery_of(plugin: PluginSpec) -> str | None:
    """``exactly-once`` or ``at-least-once`` of a sink; None of another plugin, and where no schema says it."""
    schema = plugin_schema(str(plugin.kind), plugin.name) if plugin.kind is PluginKind.SINK else None
    return schema.delivery_with(plugin.options) if schema is not None else None


def _edges(spec: JobSpec) -> Iterator[Edge]:
    makers = {plugin.output: plugin.id for plugin in spec.plugins() if plugin.output is not None}
    for plugin in spec.plugins():
        for dataset in plugin.inputs:
            if dataset in makers:
                yield Edge(source=makers[dataset], target=plugin.id, dataset=dataset)
