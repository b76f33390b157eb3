"""Words that several checks share: how a value and a type are named to a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_MAXIMUM_SHOWN = 60
_ENDLESS = re.compile(r"[+-]?\d{19,}(\.0*)?|[+-]?\d(\.\d+)?[eE]\+?\d{2,}")  # beyond 64 bits, where HOCON reads text
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object { ... }",
    "null": "null",
}


def shown(value: Any) -> str:
    """A value as JSON, cut when it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAXIMUM_SHOWN else text[: _MAXIMUM_SHOWN - 3] + "..."


def described(value: Any) -> str:
    """A value with its type: ``the text "abc"``, ``the number 1.5``, ``a list``."""
    if isinstance(value, bool) or value is None:
        return shown(value)
    if isinstance(value, str) and _ENDLESS.fullmatch(value):
        return f"{value if len(value) <= _MAXIMUM_SHOWN else shown(value)}, a number that is too large"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    return "a list" if isinstance(value, list) else "an object { ... }"


def expected(types: str | Iterable[str]) -> str:
    """The types that a schema allows, in words."""
    names = (types,) if isinstance(types, str) else tuple(types)
    return any_of([_TYPES[name] for name in names])


def any_of(words: Iterable[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"


def all_of(words: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def quoted(names: Iterable[str]) -> list[str]:
    """Each name in double quotes."""
    return [f'"{name}"' for name in names]


def example(name: str, option: Mapping[str, Any]) -> tuple[str, ...]:
    """A help line with the schema's own example of an option and its unit, or nothing."""
    examples, unit = option.get("examples", ()), option.get("x-flowdeck-unit")
    return (f"help: for example {name} = {shown(examples[0])}{f' ({unit})' if unit else ''}",) if examples else ()
