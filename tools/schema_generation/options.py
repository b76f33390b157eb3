"""One option of the catalogue as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from schema_generation.catalogue import Option, Plugin
from schema_generation.words import Words

_SCALARS = {
    "string": "string",
    "int": "integer",
    "long": "integer",
    "double": "number",
    "float": "number",
    "bigdecimal": "number",
    "number": "number",
    "boolean": "boolean",
    "enum": "string",
}
_REFERENCES = {"schema": "../common.json#/$defs/table_schema"}
_COMMON = {
    "multi_table_sink_replica": "../common.json#/$defs/multi_table_sink_replica",
    "date_format": "../common.json#/$defs/date_format",
    "datetime_format": "../common.json#/$defs/datetime_format",
    "time_format": "../common.json#/$defs/time_format",
}
_UNITS = {r"[._-]ms$|millis$|time\.ms$|interval_ms$|_in_ms$": "milliseconds", r"_sec$|_seconds$|timeout\.s$": "seconds"}
_MAXIMUM_PORT = 65535


def option_schema(plugin: Plugin, option: Option, words: Words) -> dict[str, Any]:
    """The schema of ``option`` as it goes under ``properties``."""
    sentence, example = words.sentence(plugin, option.name)
    if option.name in _REFERENCES and "map" in option.type.lower() + "map" * (option.type == "Config"):
        return {"$ref": _REFERENCES[option.name], "description": sentence}
    if option.name in words.setting(plugin, "lower", ()):
        option = _in_lower_case(option)
    schema = _typed(option)
    schema["description"] = sentence
    if option.default is not None and option.default not in ({}, ""):
        schema["default"] = _default(option, schema)
    if option.aliases:
        schema["x-flowdeck-aliases"] = list(option.aliases)
    for pattern, unit in _UNITS.items():
        if re.search(pattern, option.name) and schema["type"] in ("integer", "number"):
            schema["x-flowdeck-unit"] = unit
    if option.name in words.setting(plugin, "secrets", ()) or option.name in words.tables["any"]["secrets"]:
        schema["writeOnly"] = True
    schema.update(words.merged(plugin, "change").get(option.name, {}))
    schema["examples"] = [example if example is not None else _example(plugin, option, schema, words)]
    if option.name in _COMMON:
        return {"$ref": _COMMON[option.name], **{key: schema[key] for key in ("description", "examples")}}
    return _ordered(schema)


def _in_lower_case(option: Option) -> Option:
    """Case does not matter to SeaTunnel; some values everybody writes in lower case."""
    default = option.default.lower() if isinstance(option.default, str) else option.default
    return replace(option, default=default, enum=tuple(value.lower() for value in option.enum))


def nested_schema(plugin: Plugin, path: str, fields: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """The options inside the option at ``path``, from a table of ``name = { type = ..., ... }``."""
    properties: dict[str, Any] = {}
    for name, entry in fields.items():
        option = Option(f"{path}.{name}", entry.get("type", "string"), entry.get("default"), tuple(entry.get("enum", ())))
        properties[name] = option_schema(plugin, option, words)
    required = [name for name, entry in fields.items() if entry.get("required")]
    return {"properties": properties, **({"required": required} if required else {})}


def _typed(option: Option) -> dict[str, Any]:
    if option.type in _SCALARS:
        schema: dict[str, Any] = {"type": _SCALARS[option.type]}
        if option.enum:
            schema["enum"] = list(option.enum)
        if re.search(r"(^|[._-])port$", option.name) and option.type == "int":
            schema |= {"minimum": 1, "maximum": _MAXIMUM_PORT}
        return schema
    if found := re.fullmatch(r"list<(.*)>", option.type):
        items = found[1]
        kind = {"type": _SCALARS.get(items, "object")}
        if items == "enum" and option.enum:
            kind["enum"] = list(option.enum)
        return {"type": "array", "items": kind}
    return {"type": "object"}  # maps of any kind are passed on: what is in them is not known here


def _default(option: Option, schema: Mapping[str, Any]) -> Any:
    value = option.default
    if schema["type"] == "integer" and isinstance(value, str):
        return int(value)
    if schema["type"] == "number" and isinstance(value, str):
        return float(value)
    if schema["type"] == "array" and isinstance(value, str):
        return [value]
    for allowed in schema.get("enum", ()):
        if isinstance(value, str) and isinstance(allowed, str) and allowed.casefold() == value.casefold():
            return allowed
    return value


def _example(plugin: Plugin, option: Option, schema: Mapping[str, Any], words: Words) -> Any:
    """An example that follows from the type; texts and objects need one of their own."""
    kind, default = schema["type"], schema.get("default")
    if "enum" in schema:
        return next((value for value in schema["enum"] if value != default), default)
    if kind == "boolean":
        return default is not True
    if kind in ("integer", "number") and isinstance(default, int | float) and default > 0:
        return default * 2 if default < 2**30 else default // 2
    if kind == "array" and "enum" in schema["items"]:
        return [schema["items"]["enum"][0]]
    words.lacks(f"{plugin.kind}.{plugin.name}: {option.name} ({option.type}) has no example")
    return default if default is not None else 1


def _ordered(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Type and description first, as in the hand-written files."""
    first = ("type", "description", "enum", "default")
    return {key: schema[key] for key in first if key in schema} | {key: v for key, v in schema.items() if key not in first}
