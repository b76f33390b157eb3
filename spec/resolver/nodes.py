"""The unresolved document: what the builder makes of the syntax tree and the evaluator reads.

A slot keeps every value that was ever assigned to its key, oldest first; which of them count is decided when the slot is
evaluated, because a later one may refer to an earlier one.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

from spec.position import Span
from spec.value import Scalar

Via: TypeAlias = tuple[Span, ...]
VIA_LIMIT: Final = 16


class Reference(Struct, eq=False):
    """``${path}`` or ``${?path}``. In an included file the path is first looked up below ``prefix``, the place of the
    include. ``via`` are the includes it was read through."""

    path: tuple[str, ...]
    optional: bool
    span: Span
    prefix: tuple[str, ...] = ()
    via: Via = ()


class Whitespace(Struct, eq=False):
    """Whitespace between two pieces of a concatenation, kept when the pieces turn out to be text."""

    text: str


class Concatenation(Struct, eq=False):
    """Pieces on one line."""

    parts: list[Node | Whitespace]
    span: Span
    via: Via = ()


class Append(Struct, eq=False):
    """``key += node``: one more element behind what the key held before."""

    node: Node
    span: Span
    via: Via = ()


class Plugin(Struct, eq=False):
    """One block of a section: ``node`` with ``plugin_name`` set to ``name`` unless it says otherwise itself."""

    name: str
    name_span: Span
    node: Node


class ListNode(Struct, eq=False):
    """A list. ``section`` marks the list of blocks that a section stands for."""

    items: list[Entry]
    span: Span
    via: Via = ()
    section: bool = False


class ObjectNode(Struct, eq=False):
    """An object whose fields are slots. ``made_of`` are the written objects that it was merged from, if it was."""

    span: Span
    via: Via = ()
    slots: dict[str, Slot] = {}  # a fresh one each
    made_of: tuple[ObjectNode, ...] = ()


class Held(Struct, eq=False):
    """What a slot of another object holds, as it stands there: merging the copy of a field does not append to it again."""

    slot: Slot

    @property
    def span(self) -> Span:
        """Where the slot's key stands."""
        return self.slot.key_span


Node: TypeAlias = Scalar | ListNode | ObjectNode | Reference | Concatenation | Append | Plugin | Held
Entry: TypeAlias = tuple[Node, Via]  # a node and the references through which it came to this place
Head: TypeAlias = tuple[Scalar | ListNode | ObjectNode, Via]  # what a slot holds: its own shape known, its content not yet


class Slot(Struct, eq=False):
    """A key of an object and everything assigned to it. The fields below ``entries`` are the evaluator's notes."""

    key: str
    key_span: Span
    entries: list[Entry]
    known: dict[int, Head | None] | None = None  # number of entries considered -> what they make
    active: list[int] | None = None  # the entries under evaluation, innermost last
    drawn: dict[int, tuple[ObjectNode | ListNode, int]] | None = None  # what references brought in, and the entry they are in


def through(outer: Via, inner: Via) -> Via:
    """The way to a value that is reached by ``outer`` and, from there, by ``inner``; a long way keeps its outer end."""
    if not outer:
        return inner
    if not inner or len(outer) >= VIA_LIMIT:
        return outer
    return (outer + inner)[:VIA_LIMIT]


def written(node: Scalar | ListNode | ObjectNode) -> tuple[ObjectNode | ListNode, ...]:
    """The blocks or the list of the text that a value consists of; none for a scalar."""
    if isinstance(node, ObjectNode):
        return node.made_of or (node,)
    return (node,) if isinstance(node, ListNode) else ()


def stands_in(reference: Reference, node: ObjectNode | ListNode) -> bool:
    """Whether the reference is written somewhere inside ``node``, in a file that is included there as well as in its text."""
    depth = len(node.via)
    if len(reference.via) < depth or reference.via[:depth] != node.via:
        return False
    here = reference.span if len(reference.via) == depth else reference.via[depth]
    return here.source is node.span.source and node.span.start <= here.start and here.end <= node.span.end


def is_placeholder(node: Node) -> bool:
    """Whether ``node`` is the text that stands for a reference without a value: its problem has been reported already."""
    return (
        isinstance(node, Scalar) and isinstance(node.data, str) and node.data.startswith("${") and node.span.text == node.data
    )
