"""Reads the schema files: what each plugin and the ``env`` block take. Cached, and read only when asked for.

The files are plain JSON Schema (2020-12) with ``x-flowdeck-*`` annotations. References between them are put in place here, so
that readers of a schema see one self-contained document. Validation is not here (``spec.checks``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

KINDS = ("source", "transform", "sink")
ENGINES = ("local", "flink", "seatunnel")


class SchemaFileError(LookupError):
    """A schema file refers to something that is not there: a mistake in ``schemas/``, not in a job file."""


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
    def engines(self) -> tuple[str, ...]:
        """The engines that run the plugin."""
        return tuple(self.document["x-flowdeck-engines"])


def plugin_schema(kind: str, name: str) -> PluginSchema | None:
    """The schema of the plugin of that name (case does not matter) in section ``kind``; None when there is none."""
    return _plugin_schema(kind, name.lower())


@cache
def open_schema(kind: str, name: str) -> PluginSchema:
    """A schema for a plugin that has none: the common options of section ``kind``, anything else allowed."""
    definitions = _load("common.json")["$defs"]
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
def plugin_names(kind: str) -> tuple[str, ...]:
    """The canonical names of all plugins of section ``kind`` that have a schema, sorted."""
    stems = (
        entry.name.removesuffix(".json") for entry in (files(__package__) / kind).iterdir() if entry.name.endswith(".json")
    )
    schemas = (_plugin_schema(kind, stem) for stem in stems)
    return tuple(sorted(schema.name for schema in schemas if schema is not None))


@cache
def seatunnel_names(kind: str) -> tuple[str, ...]:
    """The names of SeaTunnel's plugins of section ``kind`` that have no schema here."""
    return tuple(_read("seatunnel.json")[kind])


@cache
def environment_schema() -> Mapping[str, Any]:
    """The schema of the ``env`` block."""
    return _load("env.json")


@cache
def job_schema() -> Mapping[str, Any]:
    """The schema of a whole job file, plugins' own options left open."""
    return _load("job.json")


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


@cache
def _plugin_schema(kind: str, stem: str) -> PluginSchema | None:
    if kind not in KINDS or not stem.isidentifier():
        return None
    if not (files(__package__) / kind / f"{stem}.json").is_file():
        return None
    document = _load(f"{kind}/{stem}.json")
    return PluginSchema(kind, document["title"], document)


def _load(path: str) -> dict[str, Any]:
    document: dict[str, Any] = _inlined(_read(path), path)
    return document


@cache
def _read(path: str) -> dict[str, Any]:
    data = (files(__package__) / path).read_bytes()
    return msgspec.json.decode(data, type=dict[str, Any])


def _inlined(node: Any, path: str) -> Any:
    """``node`` with every ``$ref`` replaced by what it names; keys beside the ``$ref`` win."""
    if isinstance(node, list):
        return [_inlined(item, path) for item in node]
    if not isinstance(node, dict):
        return node
    own = {key: _inlined(value, path) for key, value in node.items() if key != "$ref"}
    if "$ref" not in node:
        return own
    return {**_referred(node["$ref"], path), **own}


def _referred(reference: str, path: str) -> dict[str, Any]:
    name, _, pointer = reference.partition("#")
    target: Any = _read(name.removeprefix("../") or path)
    for step in pointer.split("/")[1:]:
        if step not in target:
            raise SchemaFileError(f"{path}: {reference} names nothing")
        target = target[step]
    inlined: dict[str, Any] = _inlined(target, name.removeprefix("../") or path)
    return inlined
