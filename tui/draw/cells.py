"""Text measured in terminal cells: width, truncation, padding and wrapping that never split a wide character."""

from __future__ import annotations

from rich.cells import cell_len, split_graphemes

ELLIPSIS = "…"


def width(text: str) -> int:
    """The cells that ``text`` takes."""
    return cell_len(text)


def take(text: str, cells: int) -> str:
    """The longest start of ``text`` that fits into ``cells`` cells, in whole characters."""
    if width(text) <= cells:
        return text
    used = 0
    for start, _, size in split_graphemes(text)[0]:
        if used + size > cells:
            return text[:start]
        used += size
    return text


def truncate(text: str, cells: int) -> str:
    """``text`` in at most ``cells`` cells; what is cut off is marked by an ellipsis."""
    if width(text) <= cells:
        return text
    return take(text, cells - 1) + ELLIPSIS if cells > 0 else ""


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """``text`` in exactly ``cells`` cells: truncated, or padded on the right (on the left with ``right``)."""
    short = truncate(text, cells)
    padding = " " * (max(cells, 0) - width(short))
    return padding + short if right else short + padding


def wrap(text: str, cells: int) -> list[str]:
    """``text`` broken into lines of at most ``cells`` cells, at spaces where there are any; its own line breaks and the
    indentation of its lines are kept."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        body = paragraph.lstrip(" ")
        indent = paragraph[: min(len(paragraph) - len(body), max(cells - 2, 0) // 2)]
        lines.extend(indent + part for part in _wrap_paragraph(body, max(cells - len(indent), 1)))
    return lines


def _wrap_paragraph(paragraph: str, cells: int) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in paragraph.split(" "):
        joined = f"{current} {word}" if current else word
        if width(joined) <= cells:
            current = joined
            continue
        if current:
            lines.append(current)
        *full, current = _chop(word, cells)
        lines.extend(full)
    return [*lines, current]


def _chop(word: str, cells: int) -> list[str]:
    pieces: list[str] = []
    while width(word) > cells:
        head = take(word, cells) or word[:1]  # a wide character in a one-cell column still has to go somewhere
        pieces.append(head)
        word = word[len(head) :]
    return [*pieces, word]
