"""Reads the schema files: what each plugin and the ``env`` block take. Cached, and read only when asked for.

The files are plain JSON Schema (2020-12) with ``x-flowdeck-*`` annotations. References between them are put in place here, so
that readers of a schema see one self-contained document. Validation is not here (``spec.checks``);
:mod:`schemas.documents` has the same for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from schemas.documents import ENGINES, OptionDocument, PluginDocument, read_document
from schemas.files import SchemaFileError, file_stems, load_schema, read_schema

__all__ = [
    "ENGINES",
    "KINDS",
    "OptionDocument",
    "PluginDocument",
    "PluginSchema",
    "SchemaFileError",
    "common_options",
    "environment_document",
    "environment_schema",
    "job_schema",
    "open_schema",
    "place_options",
    "plugin_document",
    "plugin_names",
    "plugin_schema",
    "position_options",
]

KINDS = ("source", "transform", "sink")


@dataclass(frozen=True, slots=True)
class PluginSchema:
    """One plugin's schema: ``name`` is the canonical spelling, ``document`` the whole schema with references put in place."""

    kind: str
    name: str
    document: Mapping[str, Any]

    @property
    def options(self) -> Mapping[str, Mapping[str, Any]]:
        """The schema of each option by its canonical key, the common ones (``plugin_input`` …) included."""
        options: Mapping[str, Mapping[str, Any]] = self.document["properties"]
        return options

    @property
    def description(self) -> str:
        """What the plugin does, in a sentence or two."""
        return str(self.document["description"])

    @property
    def delivery(self) -> str:
        """``exactly-once`` or ``at-least-once``."""
        return str(self.document["x-flowdeck-delivery"])

    @property
    def exactly_once_with(self) -> Mapping[str, list[Any]]:
        """The options, each with its values, that together make an at-least-once plugin exactly-once; may be empty."""
        settings: Mapping[str, list[Any]] = self.document.get("x-flowdeck-exactly-once-with", {})
        return settings

    def delivery_with(self, options: Mapping[str, Any]) -> str:
        """The delivery of the plugin with ``options`` in canonical form."""
        settings = self.exactly_once_with
        if settings and all(options.get(name) in values for name, values in settings.items()):
            return "exactly-once"
        return self.delivery

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that run the plugin."""
        return tuple(self.document["x-flowdeck-engines"])


def plugin_schema(kind: str, name: str) -> PluginSchema | None:
    """The schema of the plugin of that name (case does not matter) in section ``kind``; None when there is none."""
    return _plugin_schema(kind, name.lower())


@cache
def open_schema(kind: str, name: str) -> PluginSchema:
    """A schema for a plugin that has none: the common options of section ``kind``, anything else allowed."""
    definitions = load_schema("common.json")["$defs"]
    foreign = {"source": "plugin_input", "sink": "plugin_output"}.get(kind)
    properties = {option: definitions[option] for option in common_options() if option != foreign}
    document = {
        "title": name,
        "description": "A plugin without a schema.",
        "type": "object",
        "x-flowdeck-engines": ["seatunnel"],
        "x-flowdeck-delivery": "exactly-once",
        "properties": properties,
    }
    return PluginSchema(kind, name, document)


@cache
def plugin_names(kind: str, engine: str | None = None) -> tuple[str, ...]:
    """The canonical names of all plugins of section ``kind``, of those that ``engine`` runs if one is given; sorted without
    regard to case."""
    schemas = (read_schema(f"{kind}/{stem}.json") for stem in file_stems(kind))
    names = (str(schema["title"]) for schema in schemas if engine is None or engine in schema["x-flowdeck-engines"])
    return tuple(sorted(names, key=str.lower))


def plugin_document(kind: str, name: str) -> PluginDocument | None:
    """What to tell people about the plugin of that name (case does not matter); None when there is none."""
    schema = plugin_schema(kind, name)
    return _plugin_document(kind, schema.name) if schema else None


@cache
def environment_document() -> PluginDocument:
    """What to tell people about the ``env`` block."""
    return read_document("env", "env", environment_schema())


@cache
def environment_schema() -> Mapping[str, Any]:
    """The schema of the ``env`` block."""
    return load_schema("env.json")


@cache
def job_schema() -> Mapping[str, Any]:
    """The schema of a whole job file, plugins' own options left open."""
    return load_schema("job.json")


def common_options() -> tuple[str, ...]:
    """The options that every plugin may have and that are not the plugin's own."""
    return ("plugin_name", "plugin_input", "plugin_output", "parallelism")


@cache
def position_options(plugin: str, kind: str = "source") -> tuple[str, ...]:
    """The options that belong to the identity of the plugin's positions: a saved position means nothing once one changes."""
    schema = plugin_schema(kind, plugin)
    if schema is None:
        return ()
    return tuple(name for name, option in schema.options.items() if option.get("x-flowdeck-position"))


def place_options(plugin: str, kind: str = "source") -> tuple[str, ...]:
    """Those of :func:`position_options` that only say where the input is: positions hold for the same input elsewhere."""
    schema = plugin_schema(kind, plugin)
    if schema is None:
        return ()
    return tuple(name for name, option in schema.options.items() if option.get("x-flowdeck-position") == "place")


@cache
def _plugin_document(kind: str, name: str) -> PluginDocument | None:
    schema = plugin_schema(kind, name)
    return read_document(kind, schema.name, schema.document) if schema else None


@cache
def _plugin_schema(kind: str, stem: str) -> PluginSchema | None:
    if kind not in KINDS or stem not in file_stems(kind):
        return None
    document = load_schema(f"{kind}/{stem}.json")
    return PluginSchema(kind, document["title"], document)
