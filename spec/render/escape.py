"""Makes text from files safe to show, and knows how wide it is on a terminal."""

from __future__ import annotations

import unicodedata

TAB_WIDTH = 4


def safe(text: str) -> str:
    """``text`` on one line with everything that is not printable as a visible escape: control characters, line breaks,
    characters that reorder or hide text, odd white space. What a person sees is what the file says."""
    return text if text.isprintable() else "".join(safe_character(character) for character in text)


def safe_character(character: str) -> str:
    """One character, or its escape when it is not printable. A tab is a space."""
    if character.isprintable():
        return character
    if character == "\t":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def character_width(character: str) -> int:
    """Columns that a safe character takes: 2 for East Asian wide ones and emoji, 0 for combining marks."""
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
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
