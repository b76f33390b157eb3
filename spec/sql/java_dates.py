"""Java date patterns (``yyyy-MM-dd HH:mm:ss.SSS``) as DuckDB's format directives."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RUN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'")

_DIRECTIVES = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "yy": "%y",
    "MM": "%m",
    "M": "%-m",
    "MMM": "%b",
    "MMMM": "%B",
    "dd": "%d",
    "d": "%-d",
    "DDD": "%j",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "a": "%p",
    "E": "%a",
    "EEE": "%a",
    "EEEE": "%A",
    "SSS": "%g",
    "SSSSSS": "%f",
}


class UnknownPattern(ValueError):
    """A letter of a pattern that has no counterpart."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a pattern: directives to format with, or ``fraction`` leading digits of the second's fraction."""

    directives: str = ""
    fraction: int = 0


def pieces(pattern: str) -> list[Piece]:
    """``pattern`` cut at the fractions that no directive makes. Raises UnknownPattern."""
    made: list[Piece] = []
    text = ""
    for found in _RUN.finditer(pattern):
        token = found[0]
        if set(token) == {"S"} and token not in _DIRECTIVES:
            made.extend([Piece(directives=text), Piece(fraction=len(token))] if text else [Piece(fraction=len(token))])
            text = ""
        else:
            text += _directive(token, pattern)
    return [*made, Piece(directives=text)] if text or not made else made


def directives(pattern: str) -> str:
    """``pattern`` as one string of directives, for parsing. Raises UnknownPattern."""
    text = ""
    for piece in pieces(pattern):
        text += "%f" if piece.fraction else piece.directives
    return text


def _directive(token: str, pattern: str) -> str:
    if token in _DIRECTIVES:
        return _DIRECTIVES[token]
    if token[0].isalpha():
        raise UnknownPattern(f"'{token}' in the date pattern '{pattern}' is not known")
    if not token.startswith("'"):
        return token.replace("%", "%%")
    quoted = token[1:-1].replace("''", "'")
    return quoted.replace("%", "%%") or "'"
