"""Puts what several plugins say alike into one file per family, so that it is written and reviewed once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, MutableSequence
from typing import Any

from schema_generation.catalogue import Plugin
from schema_generation.words import family

_SMALLEST = 2
_TO_ITSELF = '"$ref": "#/properties/'  # means something only in the plugin's own file
_LARGE = 100  # characters of JSON from which on a rule is worth a name


def share(documents: Mapping[Plugin, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Replace, in ``documents``, every option and rule that another plugin of the family has just so by a reference to the
    family's file, and every option that then still stands in several plugins by one to ``shared``. Returns those files."""
    groups = defaultdict(list)
    for plugin in documents:
        groups[family(plugin)].append(plugin)
    files: dict[str, dict[str, Any]] = {}
    for name, plugins in sorted(groups.items()):
        members = {plugin: documents[plugin] for plugin in plugins}
        definitions = _share_options(members, name) | _share_rules(members, name)
        if definitions:
            files[name] = _document(f"What the {name} connectors share.", definitions)
    files["shared"] = _document("Options that mean the same in many plugins.", _share_options(documents, "shared"))
    return files


def _document(description: str, definitions: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": description,
        "$defs": dict(sorted(definitions.items())),
    }


def _share_options(documents: Mapping[Plugin, dict[str, Any]], file: str) -> dict[str, Any]:
    uses: dict[tuple[str, str], list[Plugin]] = defaultdict(list)
    for plugin, document in documents.items():
        for name, schema in document["properties"].items():
            text = json.dumps(schema, sort_keys=True)
            if not _is_reference(schema) and _TO_ITSELF not in text:
                uses[name, text].append(plugin)
    definitions: dict[str, Any] = {}
    for (name, _), users in sorted(uses.items(), key=lambda use: -len(use[1])):  # the plain name goes to the commonest meaning
        if len(users) >= _SMALLEST:
            key = _free(name, users, definitions)
            definitions[key] = documents[users[0]]["properties"][name]
            for plugin in users:
                documents[plugin]["properties"][name] = {"$ref": f"../families/{file}.json#/$defs/{key}"}
    return definitions


def _is_reference(schema: Mapping[str, Any]) -> bool:
    return set(schema) == {"$ref"}


def _free(name: str, users: list[Plugin], definitions: Mapping[str, Any]) -> str:
    """A name for the definition: the option's; where that is taken, with the plugin's or the section's, or a number."""
    plugins = sorted({plugin.name.lower() for plugin in users})
    kinds = sorted({plugin.kind for plugin in users})
    candidates = [name, f"{plugins[0]}_{name}" if len(plugins) == 1 else f"{kinds[0]}_{name}"]
    candidates += [f"{name}_{number}" for number in range(2, 100)]
    return next(candidate for candidate in candidates if candidate not in definitions)


def _share_rules(documents: Mapping[Plugin, dict[str, Any]], file: str) -> dict[str, Any]:
    uses: dict[str, list[tuple[MutableSequence[Any], int]]] = defaultdict(list)
    for document in documents.values():
        for at, rule in enumerate(document.get("allOf", ())):
            uses[json.dumps(rule)].append((document["allOf"], at))
    definitions: dict[str, Any] = {}
    for text, places in uses.items():
        if len(places) >= _SMALLEST and len(text) > _LARGE:
            name = "_".join(_rule_name(json.loads(text)))
            key = next(key for key in (name, *(f"{name}_{number}" for number in range(2, 100))) if key not in definitions)
            definitions[key] = json.loads(text)
            for rules, at in places:
                rules[at] = {"$ref": f"../families/{file}.json#/$defs/{key}"}
    return definitions


def _rule_name(rule: Mapping[str, Any]) -> Iterator[str]:
    """``rule``, the option that it is about, and the value that asks for it."""
    yield "rule"
    then = rule.get("then", {})
    yield from list(then.get("required", then.get("properties", ())))[:1]
    for tested in rule.get("if", {}).get("properties", {}).values():
        yield from (str(value).lower().rpartition(".")[2] for value in tested.get("enum", [tested.get("const")])[:1])
