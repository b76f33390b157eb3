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


def find_code(code: str) -> Code | None:
    """The entry of ``code`` (case does not matter), or None."""
    return all_codes().get(code.upper())
