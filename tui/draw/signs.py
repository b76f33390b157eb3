"""The signs of the screens in ASCII, for terminals and fonts that have no others. One cell becomes one cell.

Meant for the program's own signs; what people have written stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_SIGNS: Final = {
    "●": "*", "○": "o", "◔": "~", "◐": "~", "∥": "=", "↻": "@", "✓": "+", "✗": "x", "■": "#", "□": "-", "◆": "$",
    "▌": ">", "▸": ">", "▲": "^", "▼": "v", "↑": "^", "↓": "v", "←": "<", "→": ">", "·": ".", "•": "*", "…": ".",
    "\N{EN DASH}": "-",
    "│": "|", "┤": "+", "├": "+", "╰": "+", "╭": "+", "╮": "+", "╯": "+", "─": "-", "┌": "+", "┐": "+", "└": "+", "┘": "+",
    "┬": "+", "┴": "+", "┼": "+", "║": "|", "═": "=", "“": '"', "”": '"', "█": "#", "▓": "%", "▒": "+", "░": ".",
}  # fmt: skip
_SHADES: Final = ".:-=+*%#"
_BRAILLE: Final = range(0x2801, 0x2900)
_BLOCKS: Final = range(0x2581, 0x2589)

ASCII: Final[Mapping[int, str]] = MappingProxyType(
    {ord(sign): plain for sign, plain in _SIGNS.items()}
    | {code: _SHADES[(code & 0xFF).bit_count() - 1] for code in _BRAILLE}
    | {code: _SHADES[code - _BLOCKS.start] for code in _BLOCKS}
)
"""For :meth:`str.translate`: a braille cell becomes darker with its dots."""


def likely_braille(encoding: str, terminal: str) -> bool:
    """Whether a terminal of that locale and ``TERM`` is likely to show braille dots."""
    return "utf" in encoding.casefold() and terminal not in {"", "dumb", "linux", "vt100", "vt220"}
