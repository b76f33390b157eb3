"""Lines that must stay lines, because a comment silences findings on them (``# flowdeck: ignore[...]``, see
:mod:`spec.suppression`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from spec.syntax import kinds
from spec.syntax.tokens import Tokens
from spec.syntax.tree import FieldSyntax, IncludeSyntax, SyntaxTree

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


def held_lines(tree: SyntaxTree) -> HeldLines:
    """The lines of a text that comments silence: their own, or the next one for a comment that stands alone.

    A line that opens or closes a block cannot be held, because its block has lines of its own; neither can one that ends
    between a key and its value, or a very long one.
    """
    tokens = tree.tokens
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
    whole = {each for each in silenced if _is_whole(tokens, members.get(each, []))}
    return HeldLines(lines, frozenset(whole.difference(_divided(tree, lines))))


def _divided(tree: SyntaxTree, lines: list[int]) -> Iterator[int]:
    """The lines over which the head of a field, or an include, is spread."""
    for node in tree.walk():
        if isinstance(node, FieldSyntax) and node.value is not None:
            last = lines[node.value.first]
        elif isinstance(node, IncludeSyntax):
            last = lines[node.end - 1]
        else:
            continue
        if last > lines[node.first]:
            yield from range(lines[node.first], last + 1)


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
