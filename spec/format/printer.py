"""Write a syntax tree without problems in the canonical layout."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, NamedTuple

from spec.format.flat import FlatWriter, values_of, with_value
from spec.format.held_lines import held_lines
from spec.format.sheet import Sheet
from spec.resolver.steps import Step, run
from spec.syntax import kinds
from spec.syntax.tree import (
    ArraySyntax,
    Atom,
    ConcatenationSyntax,
    FieldSyntax,
    IncludeSyntax,
    Node,
    ObjectMember,
    ObjectSyntax,
    SyntaxTree,
    ValueSyntax,
)

WIDTH: Final = 100
_ANY_WIDTH: Final = 1 << 16


class _Gap(NamedTuple):
    """What stood between two members: whether a line break, and whether an empty line before what comes next."""

    broken: bool
    blank: bool


def print_tree(tree: SyntaxTree, *, json: bool) -> str:
    """The text of ``tree`` in the canonical layout, as JSON or as HOCON."""
    return _Printer(tree, json=json).run()


class _Printer:
    def __init__(self, tree: SyntaxTree, *, json: bool) -> None:
        self._tree = tree
        self._tokens = tree.tokens
        self._json = json
        self._flat = FlatWriter(tree, json)
        self._held = held_lines(tree)
        self._sheet = Sheet()

    def run(self) -> str:
        run(self._document())
        return self._sheet.text()

    def _document(self) -> Step[None]:
        root = self._tree.root
        if isinstance(root, ObjectSyntax) and not root.braced:
            yield self._members(root, 0, len(self._tokens.kinds) - 1, root=True)
            return
        gap = self._comments(0, root.first, follows=False)
        self._sheet.start_line(blank=gap.blank)
        yield self._object(root, root=True) if isinstance(root, ObjectSyntax) else self._array(root)
        self._comments(root.end, len(self._tokens.kinds) - 1)

    # --- blocks ---------------------------------------------------------------------------------------------------------

    def _object(self, node: ObjectSyntax, *, root: bool = False) -> Step[None]:
        if self._is_empty(node):
            self._sheet.write("{}")
            return
        self._sheet.write("{")
        self._sheet.depth += 1
        yield self._members(node, node.first + 1, node.end - 1, root=root)
        self._sheet.depth -= 1
        self._sheet.start_line()
        self._sheet.write("}")

    def _members(self, node: ObjectSyntax, at: int, end: int, *, root: bool) -> Step[None]:
        """The members of a block, whose inner tokens are ``[at, end)``, a line each. In the root of a HOCON text an empty line
        follows each block of several lines."""
        apart = False
        for index, member in enumerate(node.members):
            first = index == 0
            gap = self._comments(at, member.first, follows=not first or node.braced, first=first, apart=apart)
            gap = self._comments_inside(member, gap)
            if not first and self._held.holds(node.members[index - 1].first, member.end):
                self._sheet.write(", ")
            else:
                self._sheet.start_line(blank=gap.blank)
            before = self._sheet.lines
            yield self._member(member)
            if self._json and member is not node.members[-1]:
                self._sheet.write(",")
            apart = root and not self._json and self._sheet.lines > before
            at = member.end
        self._comments(at, end, follows=bool(node.members) or node.braced, first=not node.members, apart=apart)

    def _member(self, member: ObjectMember) -> Step[None]:
        if isinstance(member, IncludeSyntax):
            self._sheet.write(self._flat.include(member))
            return
        field, value = with_value(self._tree, member)
        self._sheet.write(self._flat.head(field))
        yield self._value(value)

    def _array(self, node: ArraySyntax) -> Step[None]:
        """A list: lines end where its author ended them; a list that was one line and is too long gets full lines of texts,
        or a line for each block."""
        if self._is_empty(node):
            self._sheet.write("[]")
            return
        self._sheet.write("[")
        self._sheet.depth += 1
        yield self._elements(node, values_of(node))
        self._sheet.depth -= 1
        self._sheet.start_line()
        self._sheet.write("]")

    def _elements(self, node: ArraySyntax, members: list[ValueSyntax]) -> Step[None]:
        alone = not self._is_broken(node, members) and not all(isinstance(member, Atom) for member in members)
        at, must_break = node.first + 1, True
        for index, member in enumerate(members):
            gap = self._comments(at, member.first, first=index == 0)
            must_break = must_break or alone or gap.broken
            if must_break or self._flat.fitting(member, self._room_for(member) - 1) is None:
                self._sheet.start_line(blank=gap.blank)
            else:
                self._sheet.write(" ")
            must_break = yield self._value(member)
            if index < len(members) - 1:
                self._sheet.write(",")
            at = member.end
        self._comments(at, node.end - 1)

    def _is_broken(self, node: ArraySyntax, members: list[ValueSyntax]) -> bool:
        """Whether a line break stands between two elements, or around them."""
        ends = [node.first + 1, *(member.end for member in members)]
        starts = [*(member.first for member in members), node.end - 1]
        return any(kinds.NEWLINE in self._tokens.kinds[end:start] for end, start in zip(ends, starts, strict=True))

    def _is_empty(self, node: ObjectSyntax | ArraySyntax) -> bool:
        return not node.members and kinds.COMMENT not in self._tokens.kinds[node.first : node.end]

    # --- values ---------------------------------------------------------------------------------------------------------

    def _room_for(self, node: ValueSyntax) -> int:
        """Columns that are left on the current line, with one kept for a comma."""
        width = _ANY_WIDTH if self._held.holds(node.first, node.end) else WIDTH
        return width - 1 - self._sheet.column

    def _value(self, node: ValueSyntax) -> Step[Any]:
        """Write a value; the result says whether it takes more than one line."""
        flat = self._flat.fitting(node, self._room_for(node))
        if flat is not None:
            self._sheet.write(flat)
            return False
        if isinstance(node, Atom):
            text = self._flat.atom(node)
            self._sheet.write(text)
            return "\n" in text
        if isinstance(node, ConcatenationSyntax):
            return (yield self._concatenation(node))
        yield self._object(node) if isinstance(node, ObjectSyntax) else self._array(node)
        return True

    def _concatenation(self, node: ConcatenationSyntax) -> Step[Any]:
        broken = yield self._value(node.parts[0])
        for previous, part in pairwise(node.parts):
            self._sheet.write(self._flat.gap(previous, part))
            broken = (yield self._value(part)) or broken
        return broken

    # --- comments -------------------------------------------------------------------------------------------------------

    def _comments(self, at: int, end: int, *, follows: bool = True, first: bool = False, apart: bool = False) -> _Gap:
        """Write the comments among the tokens ``[at, end)``: on the current line if one stands on it (and ``follows``, which
        says whether there is a current line), else on lines of their own. ``first``: no empty line at the beginning of a block;
        ``apart``: an empty line in any case. The result is about what comes next."""
        breaks, broken = 0, False
        for index in range(at, end):
            kind = self._tokens.kinds[index]
            if kind == kinds.NEWLINE:
                breaks += 1
                broken = True
            elif kind == kinds.COMMENT and follows and not broken:
                self._sheet.comment(self._comment(index))
            elif kind == kinds.COMMENT:
                self._sheet.start_line(blank=apart or (breaks > 1 and not first))
                self._sheet.write(self._comment(index))
                breaks, broken, first, apart = 0, True, False, False
        return _Gap(broken, apart or (breaks > 1 and not first))

    def _comments_inside(self, member: ObjectMember, gap: _Gap) -> _Gap:
        """Comments between a key and its value have no place there; they come to stand above the field."""
        for index in range(member.first, _end_of_head(member)):
            if self._tokens.kinds[index] == kinds.COMMENT:
                self._sheet.start_line(blank=gap.blank)
                self._sheet.write(self._comment(index))
                gap = _Gap(broken=True, blank=False)
        return gap

    def _comment(self, index: int) -> str:
        return self._tokens.text(index).rstrip()


def _end_of_head(member: Node) -> int:
    if isinstance(member, FieldSyntax) and member.value is not None:
        return member.value.first
    return member.end
