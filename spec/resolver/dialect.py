"""How the dialects differ."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class Dialect(enum.StrEnum):
    """The reading rules of a document."""

    SEATUNNEL = "seatunnel"
    HOCON = "hocon"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one dialect.

    ``separator`` splits paths; ``sections`` are the top-level keys whose blocks become a list of plugins;
    ``placeholders`` says whether ``"${name:default}"`` inside quoted text is replaced; ``strict`` is JSON's grammar.
    """

    separator: str
    sections: frozenset[str] = frozenset()
    placeholders: bool = False
    strict: bool = False


PROFILES: Final = {
    Dialect.SEATUNNEL: Profile("->", frozenset({"source", "transform", "sink"}), placeholders=True),
    Dialect.HOCON: Profile("."),
    Dialect.JSON: Profile("", placeholders=True, strict=True),
}
