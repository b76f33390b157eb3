"""Lays a page out for a terminal: headings, wrapped paragraphs, indented code."""

from __future__ import annotations

import textwrap

from spec.render.escape import safe
from spec.render.palette import Palette

MAXIMUM_WIDTH = 100
_MINIMUM_WIDTH = 30


class Page:
    """Lines of text, at most ``width`` wide except for code, which stays as it is."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._width = max(_MINIMUM_WIDTH, min(width, MAXIMUM_WIDTH))
        self._palette = Palette(colour)
        self._lines: list[str] = []

    def heading(self, text: str) -> None:
        """A line of its own, after a blank one."""
        self.blank()
        self._lines.append(self._palette.bold(safe(text)))

    def paragraph(self, text: str, indent: int = 0, hanging: int | None = None) -> None:
        """Wrapped text. ``hanging`` is the indent of all lines but the first."""
        rest = indent if hanging is None else hanging
        self._lines += textwrap.wrap(
            safe(text),
            self._width,
            initial_indent=" " * indent,
            subsequent_indent=" " * rest,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def term(self, name: str, words: str, indent: int = 0) -> None:
        """A name to look for, and a few words about it."""
        self._lines.append(f"{' ' * indent}{self._palette.help(safe(name))}  {safe(words)}".rstrip())

    def code(self, text: str, indent: int = 4) -> None:
        """Lines that must not be wrapped."""
        self._lines += [f"{' ' * indent}{safe(line)}".rstrip() for line in text.rstrip("\n").split("\n")]

    def blank(self) -> None:
        """A blank line, but never two and never first."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def text(self) -> str:
        """The page, ending in a line break."""
        return "\n".join(self._lines).rstrip("\n") + "\n"
