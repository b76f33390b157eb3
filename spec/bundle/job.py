"""The bundle: one document for job files in JSON, with a definition for every plugin."""

from __future__ import annotations

from typing import Any, Final

from schemas.loader import KINDS, environment_schema, job_schema, plugin_names, plugin_schema
from spec.bundle.blocks import written
from spec.bundle.patterns import VARIABLE, any_case
from spec.bundle.sharing import shared_options

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER: Final = "urn:flowdeck:job"


def job_bundle() -> dict[str, Any]:
    """A JSON Schema (2020-12) of job files in JSON that needs no other document. The plugin's name decides which definition a
    plugin must fulfil."""
    job = job_schema()
    properties: dict[str, Any] = {"env": {"$ref": "#/$defs/env"}}
    definitions: dict[str, Any] = {"env": _definition(environment_schema())}
    for kind in KINDS:
        section = {keyword: value for keyword, value in job["properties"][kind].items() if keyword != "items"}
        properties[kind] = {**section, "items": {"$ref": f"#/$defs/{kind}"}}
        definitions[kind] = _choice(kind)
    plugins = {f"{kind}.{name}": _plugin(kind, name) for kind in KINDS for name in plugin_names(kind)}
    definitions |= shared_options(plugins)
    definitions |= plugins
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        "title": "flowdeck job",
        "description": job["description"],
        "type": "object",
        "properties": properties,
        "required": list(job["required"]),
        "$defs": definitions,
    }


def _choice(kind: str) -> dict[str, Any]:
    """A plugin of a section: its name, and by that what else it takes."""
    names = plugin_names(kind)
    return {
        "type": "object",
        "required": ["plugin_name"],
        "properties": {
            "plugin_name": {
                "description": f"Which {kind} this is; case does not matter.",
                "anyOf": [{"enum": list(names)}, {"type": "string", "pattern": f"{VARIABLE}|{any_case(names)}"}],
            }
        },
        "allOf": [
            {
                "if": {"properties": {"plugin_name": {"type": "string", "pattern": any_case((name,))}}},
                "then": {"$ref": f"#/$defs/{kind}.{name}"},
            }
            for name in names
        ],
    }


def _plugin(kind: str, name: str) -> dict[str, Any]:
    schema = plugin_schema(kind, name)
    if schema is None:
        raise AssertionError(f"{kind} {name} is listed and has no schema")
    definition = _definition(schema.document)
    definition["type"] = "object"
    definition["properties"]["plugin_name"] = {"type": "string"}  # the choice has looked at it
    return definition


def _definition(schema: Any) -> dict[str, Any]:
    return {keyword: value for keyword, value in written(schema).items() if keyword not in ("$schema", "$id", "title")}
