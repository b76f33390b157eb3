"""What an included properties file means: dots in keys make objects, every value is text, and an object wins over a text."""

from __future__ import annotations

from typing import Final

from spec.position import Span
from spec.resolver.include import Included
from spec.resolver.nodes import ObjectNode, Slot, Via
from spec.syntax.properties import Property, read_properties
from spec.value import Scalar

_DEPTH: Final = 256


def properties_object(included: Included) -> ObjectNode:
    """The fields of a properties file. A later pair replaces an earlier one of the same key; order of the file otherwise."""
    source, via = included.source, included.via
    root = ObjectNode(Span(source, 0, len(source.text)), via)
    for pair in read_properties(source.text):
        _put(root, pair, included)
    return root


def _put(root: ObjectNode, pair: Property, included: Included) -> None:
    source, via = included.source, included.via
    key_span = Span(source, pair.key_start, pair.key_end)
    *outer, last = pair.key.split(".", _DEPTH)
    target = root
    for key in outer:
        target = _object(target, key, key_span, via)
    slot = target.slots.get(last)
    if slot is None or not isinstance(slot.entries[0][0], ObjectNode):
        value = Scalar(pair.value, Span(source, pair.value_start, pair.value_end), via)
        target.slots[last] = Slot(last, key_span, [(value, ())])


def _object(target: ObjectNode, key: str, key_span: Span, via: Via) -> ObjectNode:
    """The object under ``key``, made when there is none or only a text."""
    slot = target.slots.get(key)
    node = slot.entries[0][0] if slot else None
    if not isinstance(node, ObjectNode):
        node = ObjectNode(key_span, via)
        target.slots[key] = Slot(key, key_span, [(node, ())])
    return node
