"""Rules of the catalogue as JSON Schema: which options need, exclude or belong to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from schema_generation.catalogue import Option, Rule


def rule_keywords(rules: Iterable[Rule], properties: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that say ``rules``; options that are not among ``properties`` are left out of them."""
    result: dict[str, Any] = {}
    exclusive = []
    for rule in rules:
        names = [name for name in rule.options if name in properties]
        if rule.kind == "required":
            result["required"] = list(dict.fromkeys([*result.get("required", ()), *names]))
        elif rule.kind == "exclusive":
            exclusive.append([{"required": [name]} for name in names])
        elif rule.kind == "bundled" and len(names) > 1:
            bundle = {name: [other for other in names if other != name] for name in names}
            result["dependentRequired"] = {**result.get("dependentRequired", {}), **bundle}
        elif rule.kind == "conditional" and names and rule.tested in properties:
            result["allOf"] = [*result.get("allOf", ()), *_conditional(rule, names, properties[rule.tested])]
    for branches in exclusive:
        if "oneOf" in result:
            result.setdefault("allOf", []).append({"oneOf": branches})
        else:
            result["oneOf"] = branches
    return {keyword: rules for keyword, rules in result.items() if rules}


def variant_keywords(option: Option, properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values that ``option`` may have depending on another one."""
    result = []
    for variant in option.variants:
        tested = variant["when"]["option"]
        condition = _condition(tested, variant["when"]["in"], properties[tested])
        if condition:
            values = [_spelt(value, properties[option.name]) for value in variant["enum"]]
            result.append({"if": condition, "then": {"properties": {option.name: {"enum": values}}}})
    return result


def _conditional(rule: Rule, names: list[str], tested: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``names`` are required when the tested option, or its default where it is left out, has one of the values."""
    condition = _condition(rule.tested, rule.values, tested)
    return [{"if": condition, "then": {"required": names}}] if condition else []


def _condition(name: str, among: Iterable[Any], tested: Mapping[str, Any]) -> dict[str, Any]:
    """What holds when the option ``name``, or its default where it is left out, is one of the values; empty when never."""
    values = [_spelt(value, tested) for value in among]
    values = [value for value in values if "enum" not in tested or value in tested["enum"]]
    if not values:
        return {}
    condition: dict[str, Any] = {"properties": {name: {"const": values[0]} if len(values) == 1 else {"enum": values}}}
    if tested.get("default") not in values:
        condition["required"] = [name]
    return condition


def _spelt(value: Any, tested: Mapping[str, Any]) -> Any:
    for allowed in tested.get("enum", ()):
        if isinstance(value, str) and isinstance(allowed, str) and allowed.casefold() == value.casefold():
            return allowed
    return value
