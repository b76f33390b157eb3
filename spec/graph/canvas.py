"""A sheet of character cells to draw boxes, lines and words on."""

from __future__ import annotations

import enum
from typing import Final

from spec.render.escape import character_width

UP: Final = 1
DOWN: Final = 2
LEFT: Final = 4
RIGHT: Final = 8
_LINES: Final = " ││││┘┐┤─└┌├─┴┬┼"  # by the sum of the directions that a line leaves a cell in
_ASCII_LINES: Final = " ||||+++-+++-+++"


class Charset(enum.Enum):
    """Which characters the reader's terminal has."""

    UNICODE = "unicode"
    ASCII = "ascii"


class Canvas:
    """Rows of cells that grow as they are drawn on. Words cover lines, lines join lines."""

    def __init__(self, charset: Charset) -> None:
        self._ascii = charset is Charset.ASCII
        self._lines: dict[tuple[int, int], int] = {}
        self._words: dict[tuple[int, int], str] = {}
        self._height = 0

    def line(self, x: int, y: int, directions: int) -> None:
        """Draw lines from the middle of a cell in ``directions``."""
        self._lines[x, y] = self._lines.get((x, y), 0) | directions
        self._height = max(self._height, y + 1)

    def vertical(self, x: int, top: int, bottom: int) -> None:
        """Draw a line through the cells ``top`` to ``bottom`` (exclusive)."""
        for y in range(top, bottom):
            self.line(x, y, UP | DOWN)

    def horizontal(self, y: int, left: int, right: int) -> None:
        """Draw a line from the middle of the cell ``left`` to the middle of the cell ``right``."""
        for x in range(left, right + 1):
            directions = (LEFT if x > left else 0) | (RIGHT if x < right else 0)
            self.line(x, y, directions)

    def words(self, x: int, y: int, text: str) -> None:
        """Write ``text``, which is safe to show, over whatever there is."""
        for character in text:
            width = character_width(character)
            if width == 0:
                self._words[x - 1, y] = self._words.get((x - 1, y), "") + character
                continue
            self._words[x, y] = character
            if width == 2:
                self._words[x + 1, y] = ""
            x += width
        self._height = max(self._height, y + 1)

    def arrow(self, x: int, y: int) -> None:
        """The head of an arrow that points down."""
        self.words(x, y, "v" if self._ascii else "▼")

    def rows(self) -> list[str]:
        """The rows from top to bottom, without spaces at their ends."""
        shapes = _ASCII_LINES if self._ascii else _LINES
        cells = [{} for _ in range(self._height)]  # type: list[dict[int, str]]
        for (x, y), directions in self._lines.items():
            cells[y][x] = shapes[directions]
        for (x, y), word in self._words.items():
            cells[y][x] = word
        return ["".join(row.get(x, " ") for x in range(max(row, default=-1) + 1)).rstrip() for row in cells]
