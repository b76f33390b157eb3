"""Join the pieces of a concatenation: text to text, list to list, object over object."""

from __future__ import annotations

from collections.abc import Callable

from spec.diagnostic import Label
from spec.resolver.codes import ResolveCode
from spec.resolver.findings import Findings
from spec.resolver.nodes import Concatenation, Entry, Head, ListNode, Node, ObjectNode, Whitespace, is_placeholder, through
from spec.value import Scalar

_NAMES = {Scalar: "text", ListNode: "a list", ObjectNode: "an object"}


def concatenate(
    pieces: list[Head | Whitespace],
    node: Concatenation,
    merge: Callable[[list[Head]], Head],
    findings: Findings,
) -> Head | None:
    """The joined value; a single piece keeps its type; None when every piece was an optional reference without a value.

    ``merge`` merges objects, newest first. Pieces that do not go together are reported, and the first one is the result.
    """
    values = [piece for piece in pieces if not isinstance(piece, Whitespace)]
    if len(values) == len(pieces) and len(values) < 2:
        return values[0] if values else None
    kinds = {type(value[0]) for value in values}
    if kinds <= {Scalar}:
        return Scalar("".join(map(_text, pieces)), node.span, node.via), ()
    if len(kinds) > 1:
        known = [value for value in values if not is_placeholder(value[0])]
        if len(known) < len(values):
            return concatenate([*known], node, merge, findings)
        _report(values, node, findings)
        return values[0]
    if len(values) == 1:
        return values[0]
    if ObjectNode in kinds:
        return merge(values[::-1])
    return _join_lists(values, node)


def literal_text(parts: list[Node | Whitespace]) -> str | None:
    """The joined text of pieces that are all literal; None when a reference, list or object is among them."""
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, Scalar):
            pieces.append(scalar_text(part))
        elif isinstance(part, Whitespace):
            pieces.append(part.text)
        else:
            return None
    return "".join(pieces)


def scalar_text(scalar: Scalar) -> str:
    """A scalar as text; numbers as they were written."""
    return scalar.data if isinstance(scalar.data, str) else scalar.span.text


def _text(piece: Head | Whitespace) -> str:
    if isinstance(piece, Whitespace):
        return piece.text
    return scalar_text(piece[0]) if isinstance(piece[0], Scalar) else ""


def _join_lists(values: list[Head], node: Concatenation) -> Head:
    items: list[Entry] = []
    for value, via in values:
        if isinstance(value, ListNode):
            items.extend((item, through(via, item_via)) for item, item_via in value.items)
    return ListNode(items, node.span, node.via), ()


def _report(values: list[Head], node: Concatenation, findings: Findings) -> None:
    first = values[0]
    other = next(value for value in values if type(value[0]) is not type(first[0]))
    labels = tuple(
        Label(value[1][-1] if value[1] else value[0].span, f"this is {_NAMES[type(value[0])]}") for value in (first, other)
    )
    message = f"{_NAMES[type(first[0])]} and {_NAMES[type(other[0])]} on one line cannot be joined"
    findings.add(ResolveCode.MIXED_CONCATENATION, node.span, message, secondary=labels)
