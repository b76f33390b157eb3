"""All diagnostic codes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from spec.codes import (
    deprecated,
    dialect,
    engine,
    recovery,
    resolution,
    schema,
    secrets,
    suppression,
    syntax,
    types,
    wiring,
)
from spec.codes.entry import Code

# What the letter of a code stands for, in the order in which a file is checked.
FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "S": "Syntax: the file and its text",
        "I": "Includes, references and variables",
        "D": "Dialect: what SeaTunnel would silently do",
        "J": "Schema: sections, plugins and options",
        "G": "Wiring: how plugins are connected",
        "T": "Types of fields and columns",
        "X": "Secrets",
        "M": "Older names",
        "E": "Engine support and delivery",
        "C": "Checkpoints and restarts",
        "F": "Comments that silence findings",
    }
)

_FAMILIES = (
    syntax.CODES,
    resolution.CODES,
    dialect.CODES,
    schema.CODES,
    wiring.CODES,
    types.CODES,
    secrets.CODES,
    deprecated.CODES,
    engine.CODES,
    recovery.CODES,
    suppression.CODES,
)


@cache
def all_codes() -> Mapping[str, Code]:
    """Every code that flowdeck reports, by its name, in order."""
    entries = [entry for family in _FAMILIES for entry in family]
    return MappingProxyType({entry.code: entry for entry in sorted(entries, key=lambda entry: entry.code)})


def family(letter: str) -> tuple[Code, ...]:
    """The codes that begin with ``letter``, in order."""
    return tuple(entry for entry in all_codes().values() if entry.code.startswith(letter))


def find_code(code: str) -> Code | None:
    """The entry of ``code`` (case does not matter), or None."""
    return all_codes().get(code.upper())
