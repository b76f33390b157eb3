"""Job specs for tests, without the boilerplate."""

from __future__ import annotations

from typing import Any

from spec.job import CheckpointSettings, EnvSpec, JobMode, JobSpec, PluginKind, PluginSpec


def source(name: str, output: str, options: dict[str, Any], *, parallelism: int = 1) -> PluginSpec:
    """A source whose id and dataset are ``output``."""
    return PluginSpec(
        id=output, kind=PluginKind.SOURCE, name=name, index=0, options=options, output=output, parallelism=parallelism
    )


def transform(name: str, inputs: str | tuple[str, ...], output: str, options: dict[str, Any]) -> PluginSpec:
    """A transform whose id and dataset are ``output``."""
    datasets = (inputs,) if isinstance(inputs, str) else inputs
    return PluginSpec(id=output, kind=PluginKind.TRANSFORM, name=name, index=0, options=options, inputs=datasets, output=output)


def sink(name: str, inputs: str | tuple[str, ...], options: dict[str, Any], *, name_as: str = "sink") -> PluginSpec:
    """A sink."""
    datasets = (inputs,) if isinstance(inputs, str) else inputs
    return PluginSpec(id=name_as, kind=PluginKind.SINK, name=name, index=0, options=options, inputs=datasets)


def job(*plugins: PluginSpec, mode: JobMode = JobMode.BATCH, interval: float | None = None, **env: Any) -> JobSpec:
    """A job of these plugins."""
    return JobSpec(
        name="test",
        env=EnvSpec(mode=mode, checkpoint=CheckpointSettings(interval=interval), **env),
        sources=tuple(plugin for plugin in plugins if plugin.kind is PluginKind.SOURCE),
        transforms=tuple(plugin for plugin in plugins if plugin.kind is PluginKind.TRANSFORM),
        sinks=tuple(plugin for plugin in plugins if plugin.kind is PluginKind.SINK),
    )
