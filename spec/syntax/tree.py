"""The concrete syntax tree: what the text says, token by token, with nothing dropped.

Nodes refer to tokens by index (``[first, end)``); children lie inside their parent, in order, and do not overlap. Trivia
(comments, line breaks, whitespace) belongs to the innermost node around it and is found in the gaps between children.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import Struct

from spec.diagnostic import Diagnostic
from spec.position import SourceText, Span
from spec.syntax.tokens import Tokens


class Atom(Struct, eq=False, gc=False):
    """One token that is a value or a piece of one: a string, unquoted text, a substitution."""

    first: int

    @property
    def end(self) -> int:
        """Just past the token."""
        return self.first + 1


class ConcatenationSyntax(Struct, eq=False, gc=False):
    """Several pieces on one line that make one value."""

    first: int
    end: int
    parts: list[Part]


class ArraySyntax(Struct, eq=False, gc=False):
    """``[ ... ]``. ``closed`` is False when the closing bracket is missing."""

    first: int
    end: int = 0
    members: list[ArrayMember] = []
    closed: bool = False


class ObjectSyntax(Struct, eq=False, gc=False):
    """``{ ... }``, or the whole document when ``braced`` is False."""

    first: int
    end: int = 0
    members: list[ObjectMember] = []
    braced: bool = True
    closed: bool = False


class FieldSyntax(Struct, eq=False, gc=False):
    """``key operator value``. ``operator`` is a token, or -1 for ``key { ... }``; ``value`` is None when it is missing."""

    first: int
    key_end: int
    operator: int
    end: int = 0
    value: ValueSyntax | None = None


class IncludeSyntax(Struct, eq=False, gc=False):
    """``include "name"`` in one of its forms. ``kind`` is ``""``, ``file``, ``url`` or ``classpath``; ``name`` is a token."""

    first: int
    end: int
    name: int
    kind: str
    required: bool


class ErrorSyntax(Struct, eq=False, gc=False):
    """Text that has no place; a diagnostic says why. Blocks inside it are still read, so that their problems show."""

    first: int
    end: int
    parts: list[Part]


Part: TypeAlias = Atom | ArraySyntax | ObjectSyntax
ValueSyntax: TypeAlias = Part | ConcatenationSyntax
ObjectMember: TypeAlias = FieldSyntax | IncludeSyntax | ErrorSyntax
ArrayMember: TypeAlias = ValueSyntax | ErrorSyntax
Node: TypeAlias = ValueSyntax | FieldSyntax | IncludeSyntax | ErrorSyntax


@dataclass(slots=True, eq=False)
class SyntaxTree:
    """One parsed text. ``trailing`` is what follows a complete root, if anything does.

    ``doubtful`` is where blocks may be other than they were read, when one is open at the end of the text: from there on if
    nothing tells where it ends; nothing but the end if the layout agrees with what was read.
    """

    tokens: Tokens
    root: ObjectSyntax | ArraySyntax
    trailing: ErrorSyntax | None
    problems: tuple[Diagnostic, ...]
    doubtful: Span | None = None

    @property
    def source(self) -> SourceText:
        """The text that was parsed."""
        return self.tokens.source

    def span(self, node: Node) -> Span:
        """Where ``node`` stands, without the whitespace around it."""
        return self.tokens.span(node.first, node.end)

    def walk(self) -> Iterator[Node]:
        """Every node, parents before children, in the order of the text."""
        stack: list[Node] = [self.trailing, self.root] if self.trailing else [self.root]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(children(node)))

    def print(self) -> str:
        """The text, put together again from the tree."""
        pieces: list[str] = []
        at = 0
        for first, end in self._leaves():
            pieces.extend(self._print_tokens(at, first))
            pieces.extend(self._print_tokens(first, end))
            at = end
        pieces.extend(self._print_tokens(at, len(self.tokens.kinds)))
        return "".join(pieces)

    def _leaves(self) -> Iterator[tuple[int, int]]:
        return ((node.first, node.end) for node in self.walk() if not children(node))

    def _print_tokens(self, first: int, end: int) -> Iterator[str]:
        for index in range(first, end):
            yield self.tokens.gap(index)
            yield self.tokens.text(index)


def children(node: Node) -> list[Node]:
    """The nodes directly inside ``node``, in order."""
    if isinstance(node, FieldSyntax):
        return [node.value] if node.value is not None else []
    if isinstance(node, ObjectSyntax | ArraySyntax):
        return list(node.members)
    if isinstance(node, ConcatenationSyntax | ErrorSyntax):
        return list(node.parts)
    return []
