"""Rules about which options must be there, for options that can be written in several ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from spec.bundle.patterns import literal
from spec.bundle.values import Schema, types_of, written_condition


@dataclass(frozen=True, slots=True)
class Spellings:
    """The ways to write each option of one block."""

    options: Mapping[str, Schema]

    def aliases(self, name: str) -> tuple[str, ...]:
        """Other names of the option."""
        return tuple(self.options.get(name, {}).get("x-flowdeck-aliases", ()))

    def keys(self, name: str) -> list[str]:
        """The keys whose presence means that the option is there, at least in part: the name, its aliases, and for a name with
        dots the blocks that it may be nested in."""
        names = (name, *self.aliases(name))
        return [key for one in names for key in (one, *prefixes(one))]

    def inner(self, name: str) -> str | None:
        """The pattern of the dotted keys that reach into the option; None when there is nothing to reach into."""
        if "object" not in types_of(self.options.get(name, {})):
            return None
        names = (name, *self.aliases(name))
        return f"^({'|'.join(literal(one) for one in names)})\\."

    def present(self, name: str) -> dict[str, Any]:
        """The option is there in one of its spellings."""
        ways: list[dict[str, Any]] = [{"required": [key]} for key in dict.fromkeys(self.keys(name))]
        if inner := self.inner(name):
            ways.append({"not": {"propertyNames": {"not": {"pattern": inner}}}})
        return ways[0] if len(ways) == 1 else {"anyOf": ways}

    def all_present(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """All of the options are there; those with one spelling in a single ``required``, which editors understand best."""
        ways = [(name, self.present(name)) for name in names]
        simple = [name for name, way in ways if "anyOf" not in way]
        rest = [way for _, way in ways if "anyOf" in way]
        return [{"required": simple}, *rest] if simple else rest

    def rule(self, rule: Schema) -> dict[str, Any]:
        """A rule about canonical options as one about what is written."""
        written: dict[str, Any] = {}
        together: list[dict[str, Any]] = []
        for keyword, value in rule.items():
            if keyword == "required":
                together += self.all_present(value)
            elif keyword == "dependentRequired":
                together += [
                    {"if": self.present(name), "then": {"allOf": self.all_present(needed)}} for name, needed in value.items()
                ]
            elif keyword == "properties":
                written[keyword] = {name: written_condition(condition) for name, condition in value.items()}
            elif keyword in ("allOf", "anyOf", "oneOf"):
                together.append({keyword: [self.rule(part) for part in value]})
            elif keyword in ("if", "then", "else", "not"):
                written[keyword] = self.rule(value)
            else:
                written[keyword] = value
        return _joined(written, together)


def prefixes(name: str) -> list[str]:
    """The blocks that a dotted key may be nested in: ``a`` and ``a.b`` for ``a.b.c``."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _joined(written: dict[str, Any], together: list[dict[str, Any]]) -> dict[str, Any]:
    for part in list(together):
        if not written.keys() & part.keys():
            written.update(part)
            together.remove(part)
    return {**written, "allOf": [*written.get("allOf", ()), *together]} if together else written
