"""The catalogue of SeaTunnel's plugins, typed: options and rules as its source code declares them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("source", "transform", "sink")
# What is described by its own schema, or lives inside another option.
_NOT_OPTIONS = {"schema.fields", "schema.columns"}


@dataclass(frozen=True)
class Option:
    """One option as declared. ``default`` is None when there is none."""

    name: str
    type: str
    default: Any = None
    enum: tuple[Any, ...] = ()
    aliases: tuple[str, ...] = ()
    variants: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Rule:
    """Options that are ``required``, ``exclusive``, ``bundled``, or ``conditional``: when ``tested`` is one of ``values``."""

    kind: str
    options: tuple[str, ...]
    tested: str = ""
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Plugin:
    """One plugin; ``module`` is the connector it is built in."""

    kind: str
    name: str
    module: str
    options: tuple[Option, ...]
    rules: tuple[Rule, ...]


def read_catalogue(path: Path) -> list[Plugin]:
    """All plugins of the catalogue, those of its ``newer`` section included."""
    data = json.loads(path.read_text(encoding="utf-8"))
    plugins = [_plugin(kind, name, entry) for kind in KINDS for name, entry in data[kind].items()]
    newer = data["newer"]
    for name, options in newer["transform"].items():
        entry = {"module": "seatunnel-transforms-v2", "options": options, "rules": newer["rules"].get(name, [])}
        required = [option["name"] for option in options if option["required"] == "yes" and "." not in option["name"]]
        entry["rules"] = [*entry["rules"], {"kind": "required", "options": required, "when": None}]
        plugins.append(_plugin("transform", name, entry))
    return plugins


def _plugin(kind: str, name: str, entry: Mapping[str, Any]) -> Plugin:
    module = str(entry.get("module") or "").rpartition("/")[2]
    listed = [option for option in entry["options"] if _is_real(option)]
    options = {option["name"]: _option(option) for option in listed}
    rules = tuple(_rules(entry, options))
    return Plugin(kind, name, module, tuple(options.values()), rules)


def _is_real(option: Mapping[str, Any]) -> bool:
    """Whether the option exists in the code; documents alone are wrong about names too often."""
    return not option.get("not_found_in_java") and option["name"] not in _NOT_OPTIONS


def _option(data: Mapping[str, Any]) -> Option:
    return Option(
        name=data["name"],
        type=data["type"],
        default=data.get("default"),
        enum=tuple(data.get("enum") or ()),
        aliases=tuple(data.get("aliases") or ()),
        variants=tuple(_widened(variant) for variant in data.get("variants") or ()),
    )


def _widened(variant: Mapping[str, Any]) -> Mapping[str, Any]:
    """The catalogue names only the first of the formats that are compressed alike."""
    tested = variant["when"]
    return {**variant, "when": {**tested, "in": ["TEXT", "CSV", "JSON"]}} if tested["in"] == ["TEXT"] else variant


def _rules(entry: Mapping[str, Any], options: Mapping[str, Option]) -> Iterator[Rule]:
    for rule in entry["rules"]:
        when = rule["when"] or {}
        names = tuple(rule["options"])
        if rule["kind"] in ("required", "conditional"):  # an option with a default is never missing
            names = tuple(name for name in names if name in options and options[name].default is None)
        if names:
            yield Rule(rule["kind"], names, when.get("option", ""), tuple(_value(value) for value in when.get("in", ())))
    required = [option["name"] for option in entry["options"] if option["required"] == "yes" and option["default"] is None]
    if required and not entry["rules"]:
        yield Rule("required", tuple(required))  # a plugin of the older kind, which looks for its options itself


def _value(value: Any) -> Any:
    """A value of a condition; an enum's may stand there as Java has it."""
    return value["java"].removesuffix(".name()") if isinstance(value, Mapping) else value
