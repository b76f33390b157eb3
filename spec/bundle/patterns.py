"""Regular expressions of JSON Schema (ECMA 262): no flags, so that case is spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

WHOLE_NUMBER: Final = r"^\s*[+-]?[0-9]{1,20}\s*$"
NUMBER: Final = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
VARIABLE: Final = r"\$\{"


def any_case(texts: Iterable[str], around: str = "") -> str:
    """Matches one of ``texts`` whatever the case of its letters; ``around`` is what may stand before and after it."""
    return f"^{around}({'|'.join(_any_case(text) for text in texts)}){around}$"


def literal(text: str) -> str:
    """Matches ``text`` as a part of a pattern."""
    return re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)


def _any_case(text: str) -> str:
    return "".join(
        f"[{character.upper()}{character.lower()}]" if character.isascii() and character.isalpha() else literal(character)
        for character in text
    )


BOOLEAN: Final = any_case(("true", "false"), r"\s*")
