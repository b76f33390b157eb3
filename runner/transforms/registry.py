"""Transforms by name; a module is imported only when a job uses it."""

from __future__ import annotations

import importlib

from runner.connectors.base import PluginError
from runner.transforms.base import Transform
from spec.job import PluginSpec

_TRANSFORMS = {
    "Copy": "runner.transforms.copy_field:CopyTransform",
    "FieldMapper": "runner.transforms.field_mapper:FieldMapperTransform",
    "Filter": "runner.transforms.filter_field:FilterTransform",
    "Replace": "runner.transforms.replace:ReplaceTransform",
    "Split": "runner.transforms.split:SplitTransform",
    "Sql": "runner.transforms.sql:SqlTransform",
}


def transform_names() -> tuple[str, ...]:
    """The transforms of the local engine."""
    return tuple(_TRANSFORMS)


def transform_class(name: str) -> type[Transform]:
    """The transform called ``name`` (any case). Raises PluginError when the local engine has none."""
    for known, target in _TRANSFORMS.items():
        if known.lower() == name.lower():
            module, _, attribute = target.partition(":")
            found: type[Transform] = getattr(importlib.import_module(module), attribute)
            return found
    raise PluginError(
        f"the local engine has no transform '{name}'", hint=f"it has: {', '.join(sorted(_TRANSFORMS))}", code="unknown-plugin"
    )


def create_transform(plugin: PluginSpec) -> Transform:
    """An instance for one plugin of a job."""
    return transform_class(plugin.name)(plugin)
