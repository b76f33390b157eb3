"""The schema of a block of options as it may be written, from that of its canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from spec.bundle.patterns import literal
from spec.bundle.presence import Spellings, prefixes
from spec.bundle.values import Schema, is_annotation, types_of, written_value

_RULES: Final = ("required", "dependentRequired", "allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_NESTED: Final = {"type": ["object", "null"]}


def written(schema: Schema) -> dict[str, Any]:
    """What may be written where the canonical form fulfils ``schema``, which holds no references."""
    if "properties" in schema or "object" in types_of(schema):
        return _written_block(schema)
    items = schema.get("items")
    return written_value(schema, written(items) if isinstance(items, Mapping) else None)


def _written_block(schema: Schema) -> dict[str, Any]:
    spellings = Spellings(schema.get("properties", {}))
    block: dict[str, Any] = {keyword: value for keyword, value in schema.items() if is_annotation(keyword)}
    types = types_of(schema)
    block["type"] = ["object", "null"] if types == ("object",) else sorted({*types, "null"})
    if spellings.options:
        block["properties"] = _properties(spellings)
    if patterns := _patterns(schema, spellings):
        block["patternProperties"] = patterns
    extra = schema.get("additionalProperties")
    if extra is not None:
        block["additionalProperties"] = written(extra) if isinstance(extra, Mapping) else extra
    for keyword in ("minProperties", "maxProperties", "propertyNames", "items"):
        if keyword in schema:
            block[keyword] = schema[keyword]
    rules = spellings.rule({keyword: schema[keyword] for keyword in _RULES if keyword in schema})
    return {**block, **rules}


def _properties(spellings: Spellings) -> dict[str, Any]:
    """Every key with what it may hold: the options first, in their order, then their other spellings."""
    properties = {name: written(option) for name, option in spellings.options.items()}
    for name in spellings.options:
        for alias in spellings.aliases(name):
            older = {**properties[name], "deprecated": True, "description": f"An older name of {name}."}
            properties.setdefault(alias, older)
    for key in [key for name in spellings.options for key in (name, *spellings.aliases(name))]:
        for prefix in prefixes(key):
            properties.setdefault(prefix, {**_NESTED, "description": f"Another way to write {prefix}. and what follows it."})
    return properties


def _patterns(schema: Schema, spellings: Spellings) -> dict[str, Any]:
    """Keys that are not listed by name: those the schema allows, the blocks they may be nested in, and what reaches into an
    option that is a block itself."""
    patterns: dict[str, Any] = {}
    for pattern, option in schema.get("patternProperties", {}).items():
        patterns[pattern] = written(option)
        parts = pattern.removesuffix("\\.").split("\\.") if pattern.endswith("\\.") else ()
        for count in range(1, len(parts) + 1):
            patterns["\\.".join(parts[:count]) + "$"] = dict(_NESTED)
    for name, option in spellings.options.items():
        if "object" in types_of(option):
            for key in (name, *spellings.aliases(name)):
                patterns[f"^{literal(key)}\\."] = {}
    return patterns
