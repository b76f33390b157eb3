"""What the layout of a text tells about its blocks: where lines start and how far they are indented."""

from __future__ import annotations

import enum
from typing import Final

from spec.syntax import kinds
from spec.syntax.tokens import Tokens

SECTIONS: Final = frozenset({"env", "source", "transform", "sink"})
_LONG_STRING: Final = 2000  # tokens; longer texts are not looked through


class Guide(enum.Enum):
    """What tells where a block ends, besides its closing brace."""

    NONE = enum.auto()
    INDENTATION = enum.auto()  # a line that stands no further in than the line that opens the block
    SECTIONS = enum.auto()  # a line that begins a section of a job file, which are the outermost blocks


class Layout:
    """Answers questions about the lines that tokens stand on."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._text = tokens.source.text

    def starts_line(self, at: int) -> bool:
        """Whether nothing but white space stands before token ``at`` on its line."""
        return at == 0 or self._tokens.kinds[at - 1] == kinds.NEWLINE

    def indent(self, at: int) -> int:
        """How far the line that token ``at`` stands on is indented."""
        start = self._tokens.starts[at]
        line = self._text[self._text.rfind("\n", 0, start) + 1 : start]
        return len(line) - len(line.lstrip())

    def line(self, at: int) -> int:
        """The number of the line that token ``at`` begins on."""
        return self._tokens.source.line_column(self._tokens.starts[at])[0]

    def before_trivia(self, at: int) -> int:
        """The first of the line breaks and comments that stand directly before token ``at``."""
        while at > 0 and self._tokens.kinds[at - 1] in kinds.TRIVIA:
            at -= 1
        return at

    def long_string_end(self, at: int) -> int:
        """The token that ends the text which the open quote at ``at`` begins, when it seems to go on over several lines; else
        -1. It does when the next line is no field and a later quote ends its line."""
        first = at + 2
        if self._tokens.kinds[at + 1] != kinds.NEWLINE or self._looks_like_field(first):
            return -1
        for index in range(first, min(first + _LONG_STRING, len(self._tokens.kinds))):
            kind = self._tokens.kinds[index]
            if kind == kinds.UNTERMINATED_STRING:
                return index if self._tokens.text(index).rstrip(" \t\r,") == '"' else -1
        return -1

    def begins_field(self, at: int) -> bool:
        """Whether token ``at`` starts a line that begins with a key and what follows one."""
        if self._tokens.kinds[at] not in kinds.KEY or not self.starts_line(at):
            return False
        while self._tokens.kinds[at] in kinds.KEY:
            at += 1
        return self._tokens.kinds[at] in kinds.OPERATORS or self._tokens.kinds[at] == kinds.OPEN_BRACE

    def begins_section(self, at: int) -> bool:
        """Whether token ``at`` starts a line that opens the block of a section."""
        opens = self._tokens.kinds[at] == kinds.UNQUOTED and self._tokens.kinds[at + 1] == kinds.OPEN_BRACE
        return opens and self.starts_line(at) and self._tokens.text(at) in SECTIONS

    def _looks_like_field(self, at: int) -> bool:
        while self._tokens.kinds[at] in kinds.TRIVIA:
            at += 1
        first = at
        while self._tokens.kinds[at] in kinds.KEY:
            at += 1
        if at == first:
            return True
        return self._tokens.kinds[at] in kinds.OPERATORS or self._tokens.kinds[at] == kinds.OPEN_BRACE
