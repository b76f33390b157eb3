"""Makes text from files safe to show, and knows how wide it is on a terminal."""

from __future__ import annotations

import unicodedata

from spec.position import MASK, SourceText

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


def cells(source: SourceText, number: int) -> tuple[list[str], list[int]]:
    """Line ``number`` of a source text for display: the safe text of each character, and the column each begins at, with one
    more entry for the end. Tabs go to the next multiple of :data:`TAB_WIDTH`; of a secret only :data:`MASK` is shown, at its
    first character."""
    shown: list[str] = []
    columns = [0]
    masks = _masks(source, source.line_starts()[number - 1]) if source.hidden() else {}
    for index, character in enumerate(source.line(number)):
        if index in masks:
            text = masks[index]
        elif character == "\t":
            text = " " * (TAB_WIDTH - columns[-1] % TAB_WIDTH)
        else:
            text = safe_character(character)
        shown.append(text)
        columns.append(columns[-1] + text_width(text))
    return shown, columns


def _masks(source: SourceText, line_start: int) -> dict[int, str]:
    """What is shown in place of the characters of secrets, by their index in the line that begins at ``line_start``."""
    line_end = source.text.find("\n", line_start)
    limit = len(source.text) if line_end < 0 else line_end
    masks: dict[int, str] = {}
    for start, end in source.hidden():
        for at in range(max(start, line_start), min(end, limit)):
            masks.setdefault(at - line_start, MASK if at in (start, line_start) else "")
    return masks
