"""The text of a node on one line."""

from __future__ import annotations

from dataclasses import dataclass

from spec.format.refusal import FormatRefused
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


@dataclass(frozen=True, slots=True)
class FlatWriter:
    """Writes nodes of ``tree`` on one line; ``json``: with colons instead of equals signs."""

    tree: SyntaxTree
    json: bool

    def fitting(self, node: ValueSyntax, room: int) -> str | None:
        """``node`` on one line, when its author wrote it on one line and it takes at most ``room`` columns; else None."""
        tokens = self.tree.tokens
        size = 0
        for index in range(node.first, node.end):
            size += tokens.ends[index] - tokens.starts[index]
            if size > room:
                return None
        if "\n" in tokens.source.text[tokens.starts[node.first] : tokens.ends[node.end - 1]]:
            return None
        text = self._value(node)  # the size bounds the depth too, so that recursion is harmless from here on
        return text if len(text) <= room else None

    def atom(self, node: Atom) -> str:
        """A single token as it was written."""
        return self.tree.tokens.text(node.first)

    def head(self, field: FieldSyntax) -> str:
        """The key of a field and what stands between it and the value."""
        tokens = self.tree.tokens
        key = tokens.source.text[tokens.starts[field.first] : tokens.ends[field.key_end - 1]]
        if self.json:
            return f"{key}: "
        if field.operator >= 0 and tokens.kinds[field.operator] == kinds.PLUS_EQUALS:
            return f"{key} += "
        return f"{key} " if isinstance(field.value, ObjectSyntax) else f"{key} = "

    def include(self, node: IncludeSyntax) -> str:
        """An include statement."""
        name = self.tree.tokens.text(node.name)
        target = f"{node.kind}({name})" if node.kind else name
        return f"include required({target})" if node.required else f"include {target}"

    def gap(self, previous: ValueSyntax | None, part: ValueSyntax) -> str:
        """What stands before a piece of a concatenation. Between two texts white space is part of the value."""
        if previous is None:
            return ""
        both_text = isinstance(previous, Atom) and isinstance(part, Atom)
        return self.tree.tokens.gap(part.first) if both_text else " "

    def _value(self, node: ValueSyntax) -> str:
        if isinstance(node, Atom):
            return self.atom(node)
        if isinstance(node, ObjectSyntax):
            return self._object(node)
        if isinstance(node, ArraySyntax):
            return f"[{', '.join(self._value(member) for member in values_of(node))}]"
        return self._concatenation(node)

    def _object(self, node: ObjectSyntax) -> str:
        if not node.members:
            return "{}"
        inner = ", ".join(self._member(member) for member in node.members)
        return f"{{{inner}}}" if self.json else f"{{ {inner} }}"

    def _member(self, member: ObjectMember) -> str:
        if isinstance(member, IncludeSyntax):
            return self.include(member)
        field, value = with_value(self.tree, member)
        return self.head(field) + self._value(value)

    def _concatenation(self, node: ConcatenationSyntax) -> str:
        pieces: list[str] = []
        previous: ValueSyntax | None = None
        for part in node.parts:
            pieces += self.gap(previous, part), self._value(part)
            previous = part
        return "".join(pieces)


def with_value(tree: SyntaxTree, member: Node) -> tuple[FieldSyntax, ValueSyntax]:
    """A field of a text without problems, which has a value. Raises FormatRefused for anything else."""
    if not isinstance(member, FieldSyntax) or member.value is None:
        raise FormatRefused(tree.source.name)
    return member, member.value


def values_of(node: ArraySyntax) -> list[ValueSyntax]:
    """The elements of a list of a text without problems."""
    return [member for member in node.members if isinstance(member, Atom | ArraySyntax | ObjectSyntax | ConcatenationSyntax)]
