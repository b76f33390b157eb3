"""Lines that must stay lines, because a comment silences findings on them (``# flowdeck: ignore[...]``, see
:mod:`spec.suppression`)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from spec.syntax import kinds
from spec.syntax.tokens import Tokens

_MARK: Final = "flowdeck:"
_LONGEST: Final = 300
_OPENING: Final = frozenset({kinds.OPEN_BRACE, kinds.OPEN_BRACKET})
_CLOSING: Final = frozenset({kinds.CLOSE_BRACE, kinds.CLOSE_BRACKET})


@dataclass(frozen=True, slots=True)
class HeldLines:
    """The line of every token, and the lines that are held; both empty for a text that silences nothing."""

    lines: list[int] = field(default_factory=list)
    held: frozenset[int] = frozenset()

    def holds(self, first: int, end: int) -> bool:
        """Whether the tokens ``[first, end)`` stand on one line that is held."""
        return bool(self.held) and self.lines[first] == self.lines[end - 1] and self.lines[first] in self.held


def held_lines(tokens: Tokens) -> HeldLines:
    """The lines of a text that comments silence: their own, or the next one for a comment that stands alone.

    A line that opens or closes a block cannot be held, because its block has lines of its own; neither can a very long one.
    """
    if _MARK not in tokens.source.text:
        return HeldLines()
    lines: list[int] = []
    members: defaultdict[int, list[int]] = defaultdict(list)
    silenced: set[int] = set()
    line, waiting = 0, False
    for index, kind in enumerate(tokens.kinds):
        lines.append(line)
        if kind == kinds.NEWLINE:
            line += 1
        elif kind == kinds.COMMENT:
            if _MARK in tokens.text(index):
                silenced.add(line)
                waiting = waiting or line not in members
        elif kind not in kinds.ENDS:
            if waiting:
                silenced.add(line)
            waiting = False
            members[line].append(index)
    return HeldLines(lines, frozenset(each for each in silenced if _is_whole(tokens, members.get(each, []))))


def _is_whole(tokens: Tokens, line: list[int]) -> bool:
    """Whether a line has only whole fields or elements, and not too many."""
    open_blocks = size = 0
    for index in line:
        kind = tokens.kinds[index]
        open_blocks += (kind in _OPENING) - (kind in _CLOSING)
        size += tokens.ends[index] - tokens.starts[index]
        if open_blocks < 0 or size > _LONGEST:
            return False
    return open_blocks == 0
