"""Whether two texts say the same: everything but their layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from spec.syntax import kinds
from spec.syntax.tree import (
    ArraySyntax,
    Atom,
    ConcatenationSyntax,
    ErrorSyntax,
    FieldSyntax,
    IncludeSyntax,
    Node,
    ObjectSyntax,
    SyntaxTree,
)

_Work: TypeAlias = "Node | str"


def says_the_same(one: SyntaxTree, other: SyntaxTree) -> bool:
    """Whether both have the same keys, operators, values, includes and comments in the same order. What such texts mean is the
    same in every dialect, whatever they include and refer to."""
    return list(_statements(one)) == list(_statements(other)) and list(_comments(one)) == list(_comments(other))


def _statements(tree: SyntaxTree) -> Iterator[str]:
    """What the text says, in pieces."""
    stack: list[_Work] = [tree.trailing, tree.root] if tree.trailing else [tree.root]
    while stack:
        work = stack.pop()
        if isinstance(work, str):
            yield work
        else:
            stack.extend(reversed(list(_pieces(tree, work))))


def _pieces(tree: SyntaxTree, node: Node) -> Iterator[_Work]:
    """A node, taken apart one level."""
    tokens = tree.tokens
    if isinstance(node, Atom):
        yield tokens.text(node.first)
    elif isinstance(node, ObjectSyntax):
        yield from ("{" if node.braced else "(", *node.members, "}")
    elif isinstance(node, ArraySyntax):
        yield from ("[", *node.members, "]")
    elif isinstance(node, ConcatenationSyntax):
        yield from _concatenated(tree, node)
    elif isinstance(node, FieldSyntax):
        appends = node.operator >= 0 and tokens.kinds[node.operator] == kinds.PLUS_EQUALS
        yield tokens.source.text[tokens.starts[node.first] : tokens.ends[node.key_end - 1]]
        yield "+=" if appends else "="
        yield node.value if node.value is not None else "nothing"
    elif isinstance(node, IncludeSyntax):
        yield f"include {node.kind} {node.required} {tokens.text(node.name)}"
    elif isinstance(node, ErrorSyntax):
        yield tokens.span(node.first, node.end).text


def _concatenated(tree: SyntaxTree, node: ConcatenationSyntax) -> Iterator[_Work]:
    yield "concatenation"
    previous: Node | None = None
    for part in node.parts:
        if isinstance(previous, Atom) and isinstance(part, Atom):
            yield f"gap {tree.tokens.gap(part.first)}"
        yield part
        previous = part
    yield "end"


def _comments(tree: SyntaxTree) -> Iterator[str]:
    tokens = tree.tokens
    return (tokens.text(index).rstrip() for index, kind in enumerate(tokens.kinds) if kind == kinds.COMMENT)
