"""Join the pieces of a concatenation: text to text, list to list, object over object, and to a list the values of an object
whose keys are numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from spec.diagnostic import Label
from spec.resolver.codes import ResolveCode
from spec.resolver.findings import Findings
from spec.resolver.nodes import (
    Concatenation,
    Entry,
    Head,
    Held,
    ListNode,
    Node,
    ObjectNode,
    Whitespace,
    is_placeholder,
    through,
)
from spec.value import Scalar

_NAMES: Final = {Scalar: "text", ListNode: "a list", ObjectNode: "an object"}
_INDEX: Final = re.compile(r"[0-9]{1,9}")


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
        if Scalar not in kinds and (lists := _as_lists(values, merge)):
            return _join_lists(lists, node)
        _report(values, node, findings)
        return values[0]
    if len(values) == 1:
        return values[0]
    if ObjectNode in kinds:
        return merge(values[::-1])
    return _join_lists(values, node)


def check_literals(node: Concatenation, findings: Findings) -> None:
    """Report pieces that are written out and can never be joined, whatever the references among the pieces stand for."""
    values: list[Head] = [(part, ()) for part in node.parts if isinstance(part, Scalar | ListNode | ObjectNode)]
    kinds = {type(value[0]) for value in values}
    if len(kinds) > 1 and (Scalar in kinds or not any(isinstance(head, ObjectNode) and as_list(head) for head, _ in values)):
        _report(values, node, findings)


def as_list(node: ObjectNode) -> ListNode | None:
    """The values of an object whose keys are numbers, in the order of the numbers; None when no key is a number."""
    indexed = {int(key): slot for key, slot in node.slots.items() if _INDEX.fullmatch(key)}
    return ListNode([(Held(indexed[index]), ()) for index in sorted(indexed)], node.span, node.via) if indexed else None


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


def _as_lists(values: list[Head], merge: Callable[[list[Head]], Head]) -> list[Head]:
    """Lists as they are, objects as lists; empty when one of them is none. Objects before the first list are one object."""
    start = next(index for index, value in enumerate(values) if isinstance(value[0], ListNode))
    heads = [merge(values[:start][::-1])] if start else []
    lists: list[Head] = []
    for head, via in (*heads, *values[start:]):
        converted = as_list(head) if isinstance(head, ObjectNode) else head
        if converted is None:
            return []
        lists.append((converted, via))
    return lists


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
    notes = ("help: these are two values: put a comma or a line break between them, or quotes around the text",)
    findings.add(ResolveCode.MIXED_CONCATENATION, node.span, message, secondary=labels, notes=notes)
