"""Amounts as people type them: ``5s 3m 2h 1d``, ``182k 1.5M``, ``512MB``."""

from __future__ import annotations

import re
from typing import Final

from tui.query.fields import Kind

_AMOUNT: Final = re.compile(r"(?P<number>\d{1,15}(?:\.\d{1,6})?|\.\d{1,6})(?P<unit>[a-z%]{0,3})")
_SI: Final = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_UNITS: Final[dict[Kind, dict[str, float]]] = {
    Kind.COUNT: _SI | {"%": 1.0},
    Kind.SECONDS: {"": 1.0, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0},
    Kind.BYTES: _SI
    | {f"{prefix}b": factor for prefix, factor in _SI.items()}
    | {"kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30, "tib": 2.0**40},
}
EXAMPLES: Final = {Kind.COUNT: "100 or 1.5k", Kind.SECONDS: "5s, 3m or 2h", Kind.BYTES: "512MB"}


def read_amount(text: str, kind: Kind) -> float | None:
    """The amount that ``text`` is (in rows, seconds or bytes); None when it is none."""
    found = _AMOUNT.fullmatch(text.casefold())
    factor = _UNITS[kind].get(found["unit"]) if found else None
    return None if found is None or factor is None else float(found["number"]) * factor
