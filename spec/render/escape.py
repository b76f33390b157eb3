"""Makes text from files safe to show, and knows how wide it is on a terminal."""

from __future__ import annotations

import unicodedata

TAB_WIDTH = 4

# Characters that reorder or hide text (bidirectional controls, zero-width ones): shown as escapes, so that what a person sees
# is what the file says.
_DECEPTIVE = frozenset(
    "\u061c\u200b\u200c\u200e\u200f\u2028\u2029\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def safe(text: str) -> str:
    """``text`` on one line with control and deceptive characters as visible escapes."""
    return text if text.isascii() and text.isprintable() else "".join(safe_character(character) for character in text)


def safe_character(character: str) -> str:
    """One character, or its escape when it must not reach a terminal."""
    if character == "\t":
        return " "
    if character.isascii():
        return character if character.isprintable() else f"\\x{ord(character):02x}"
    if character in _DECEPTIVE or unicodedata.category(character) in ("Cc", "Cs", "Co"):
        return f"\\u{ord(character):04x}"
    return character


def character_width(character: str) -> int:
    """Columns that a safe character takes: 2 for East Asian wide ones and emoji, 0 for combining marks."""
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def text_width(text: str) -> int:
    """Columns that safe text takes."""
    return len(text) if text.isascii() else sum(character_width(character) for character in text)


def cells(line: str) -> tuple[list[str], list[int]]:
    """A line of source for display: the safe text of each character, and the column each begins at, with one more entry for
    the end. Tabs go to the next multiple of :data:`TAB_WIDTH`."""
    shown: list[str] = []
    columns = [0]
    for character in line:
        text = " " * (TAB_WIDTH - columns[-1] % TAB_WIDTH) if character == "\t" else safe_character(character)
        shown.append(text)
        columns.append(columns[-1] + text_width(text))
    return shown, columns
