"""One plugin of the catalogue as a schema file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schema_generation.catalogue import Option, Plugin, Rule
from schema_generation.options import nested_schema, option_schema
from schema_generation.rules import rule_keywords, variant_keywords
from schema_generation.words import Words

_COMMON_OPTIONS = {
    "source": ("plugin_name", "plugin_output", "parallelism", "metadata_datasource_id"),
    "transform": ("plugin_name", "plugin_input", "plugin_output", "parallelism", "table_match_regex", "table_transform"),
    "sink": ("plugin_name", "plugin_input", "parallelism", "metadata_datasource_id"),
}


def plugin_schema(plugin: Plugin, words: Words) -> dict[str, Any]:
    """The schema of ``plugin``, nothing shared yet."""
    description = words.setting(plugin, "description")
    if not description:
        words.lacks(f"{plugin.kind}.{plugin.name}: the plugin has no words")
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": plugin.name,
        "description": description,
        "type": "object",
        "x-flowdeck-kind": plugin.kind,
        "x-flowdeck-engines": words.setting(plugin, "engines", ["seatunnel"]),
        "x-flowdeck-delivery": words.setting(plugin, "delivery", "at-least-once"),
    }
    properties = _properties(plugin, words)
    settings = words.setting(plugin, "exactly_once_with", {})
    if settings and settings.keys() <= properties.keys():
        document["x-flowdeck-exactly-once-with"] = settings
    document["properties"] = properties
    if patterns := words.merged(plugin, "patterns"):
        document["patternProperties"] = {pattern: {"description": sentence} for pattern, sentence in patterns.items()}
    document["additionalProperties"] = False
    document.update(rule_keywords(_rules(plugin, words), document["properties"]))
    for option in plugin.options:
        if option.variants:
            document.setdefault("allOf", []).extend(variant_keywords(option, document["properties"]))
    if "tables_configs" in document["properties"] and "required" in document:
        _require_without(document, "tables_configs")
    return document


def _require_without(document: dict[str, Any], several: str) -> None:
    """What is required of one table is not where ``several`` have options of their own."""
    condition = {"not": {"required": [several]}}
    document["allOf"] = [{"if": condition, "then": {"required": document.pop("required")}}, *document.get("allOf", ())]


def _rules(plugin: Plugin, words: Words) -> list[Rule]:
    """The catalogue's rules as corrected: ``optional`` names what is not required after all, ``require`` what is."""
    optional = set(words.setting(plugin, "optional", ()))
    rules = [
        Rule(rule.kind, tuple(name for name in rule.options if name not in optional), rule.tested, rule.values)
        for rule in plugin.rules
    ]
    if required := words.setting(plugin, "require", ()):
        rules.append(Rule("required", tuple(required)))
    added = words.setting(plugin, "when", ())
    return rules + [Rule("conditional", tuple(rule["need"]), rule["option"], tuple(rule["in"])) for rule in added]


def _properties(plugin: Plugin, words: Words) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"$ref": f"../common.json#/$defs/{name}"} for name in _COMMON_OPTIONS[plugin.kind]}
    for option in _options(plugin, words):
        properties[option.name] = option_schema(plugin, option, words)
    for path, fields in words.merged(plugin, "nested").items():
        if path in properties:
            _nest(properties[path], nested_schema(plugin, path, fields, words))
    for name in words.setting(plugin, "entries", ()):
        if name in properties:
            _nest(properties[name], _like_the_plugin(properties, name))
    return properties


def _like_the_plugin(properties: Mapping[str, Any], several: str) -> dict[str, Any]:
    """An entry of ``several`` has the options of the plugin itself, for a table of its own."""
    own = [name for name in properties if name != several and name not in ("plugin_name", "parallelism")]
    return {"properties": {name: {"$ref": f"#/properties/{name}"} for name in own}, "additionalProperties": False}


def _options(plugin: Plugin, words: Words) -> list[Option]:
    """The plugin's own options as corrected, without those that are inside others."""
    dropped = set(words.setting(plugin, "drop", ()))
    nested = words.merged(plugin, "nested")
    own = [option for option in plugin.options if option.name not in dropped and not _is_inside(option.name, nested)]
    added = [_added(name, entry) for name, entry in words.merged(plugin, "add").items()]
    known = {option.name for option in own}
    return own + [option for option in added if option.name not in known and option.name not in dropped]


def _added(name: str, entry: Mapping[str, Any]) -> Option:
    return Option(name, entry["type"], entry.get("default"), tuple(entry.get("enum", ())), tuple(entry.get("aliases", ())))


def _is_inside(name: str, nested: Mapping[str, Any]) -> bool:
    return any(name.startswith(f"{path}.") for path in nested)


def _nest(option: dict[str, Any], inner: dict[str, Any]) -> None:
    (option["items"] if option["type"] == "array" else option).update(inner)
