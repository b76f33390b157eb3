"""Resolved values that remember where they were written.

What the resolver produces and what every check reads. A tree of these is what a job file *means*; the syntax tree is what
it *says*.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from spec.position import Span

Plain: TypeAlias = "str | int | float | bool | None | list[Plain] | dict[str, Plain]"


class Scalar(Struct, frozen=True, gc=False):
    """A string, number, boolean or null. ``via`` lists the spans it came through (substitution or include), outermost first."""

    data: str | int | float | bool | None
    span: Span
    via: tuple[Span, ...] = ()


class ListValue(Struct, frozen=True, gc=False):
    """A list in source order."""

    items: tuple[Value, ...]
    span: Span
    via: tuple[Span, ...] = ()


class Field(Struct, frozen=True, gc=False):
    """One key of an object; ``key_span`` is where the key that won was written (the plugin's name for a ``plugin_name`` that
    the section rule adds)."""

    key: str
    key_span: Span
    value: Value


class ObjectValue(Struct, frozen=True, gc=False):
    """An object: fields in order, keys unique."""

    fields: tuple[Field, ...]
    span: Span
    via: tuple[Span, ...] = ()

    def get(self, key: str) -> Value | None:
        """The value under ``key``, or None when absent."""
        entry = self.field(key)
        return entry.value if entry else None

    def field(self, key: str) -> Field | None:
        """The field named ``key``, or None when absent."""
        for entry in self.fields:
            if entry.key == key:
                return entry
        return None

    def keys(self) -> Iterator[str]:
        """The keys in order."""
        return (entry.key for entry in self.fields)


Value: TypeAlias = Scalar | ListValue | ObjectValue


def to_plain(value: Value) -> Plain:
    """The value as plain Python data, positions dropped. Depth is bounded by the reader's budget."""
    if isinstance(value, Scalar):
        return value.data
    if isinstance(value, ListValue):
        return [to_plain(item) for item in value.items]
    return {entry.key: to_plain(entry.value) for entry in value.fields}
