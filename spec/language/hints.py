"""What an editor may write beside a text, in grey: the columns of each dataset where it is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from spec.dataflow.schema import Schema
from spec.language.columns import type_text
from spec.language.datasets import Role, mentions
from spec.language.known import Known
from spec.render.escape import safe

_MAXIMUM_LENGTH: Final = 80


class Hint(NamedTuple):
    """``text`` belongs right behind ``offset``."""

    offset: int
    text: str


def hints(known: Known, start: int, end: int) -> Iterator[Hint]:
    """The hints in ``[start, end]``."""
    for mention in mentions(known.view):
        schema = known.datasets.get(mention.name)
        if mention.role is Role.MADE and isinstance(schema, Schema) and start <= mention.span.start <= end:
            yield Hint(mention.span.end + len(mention.quote), _columns(schema))


def _columns(schema: Schema) -> str:
    """As many columns as fit, and how many there are more."""
    words = [f"{safe(column.name)} {safe(type_text(column))}" for column in schema.columns]
    shown = words[:1]
    while len(shown) < len(words) and sum(map(len, shown)) + len(words[len(shown)]) < _MAXIMUM_LENGTH:
        shown.append(words[len(shown)])
    text = ", ".join(shown)[: 2 * _MAXIMUM_LENGTH]
    left = len(words) - len(shown)
    if left:
        return f"{text} and {left} more"
    return text if schema.complete else f"{text} and others"
