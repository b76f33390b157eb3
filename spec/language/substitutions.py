"""``${x}`` and the fields that define x."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schemas.loader import KINDS
from spec.document import Dialect
from spec.language.outline import field_path, fields_of, objects_in
from spec.language.view import DocumentView
from spec.position import Span
from spec.resolver.paths import PathError, reference_path
from spec.syntax import kinds
from spec.syntax.tree import FieldSyntax, ObjectSyntax

_DEFINITION_LIMIT: Final = 10_000
_PLACEHOLDER: Final = re.compile(r"\$\{([^:{}\n]+)(?::([^}\n]*))?\}")


@dataclass(frozen=True, slots=True)
class Substitution:
    """One ``${path}`` or ``${?path}``. ``name_span`` is what stands inside the braces."""

    path: tuple[str, ...]
    optional: bool
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Definition:
    """A field that gives ``path`` a value; ``key_span`` is the last key of the path, quotes included."""

    path: tuple[str, ...]
    key_span: Span
    field: FieldSyntax


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``${name}`` or ``${name:default}`` inside quoted text: filled in from the variables that are given at the start."""

    name: str
    default: str | None
    span: Span


def substitutions(view: DocumentView) -> Iterator[Substitution]:
    """Every substitution of a text."""
    tokens = view.tree.tokens
    for index, kind in enumerate(tokens.kinds):
        if kind == kinds.SUBSTITUTION and (found := _read(view, tokens.span(index, index + 1))):
            yield found


def substitution_at(view: DocumentView, offset: int) -> Substitution | None:
    """The substitution that ``offset`` lies in."""
    token = view.token_at(offset)
    if token is None or view.tree.tokens.kinds[token] != kinds.SUBSTITUTION:
        return None
    return _read(view, view.tree.tokens.span(token, token + 1))


def placeholder_at(view: DocumentView, offset: int) -> Placeholder | None:
    """The placeholder in quoted text that ``offset`` lies in; the general HOCON dialect has none."""
    token = view.token_at(offset)
    if token is None or view.dialect is Dialect.HOCON or view.tree.tokens.kinds[token] not in kinds.STRINGS:
        return None
    span = view.tree.tokens.span(token, token + 1)
    line_start = max(view.text.rfind("\n", 0, offset) + 1, span.start)
    line_end = view.text.find("\n", offset)
    for match in _PLACEHOLDER.finditer(view.text, line_start, min(span.end, line_end) if line_end >= 0 else span.end):
        if match.start() <= offset <= match.end():
            return Placeholder(match[1], match[2], view.span(match.start(), match.end()))
    return None


def definitions(view: DocumentView) -> Iterator[Definition]:
    """Every field that a substitution can refer to, in the order of the text. Sections hold lists of plugins, into which no
    path leads."""
    root = view.tree.root
    waiting: list[tuple[ObjectSyntax, tuple[str, ...]]] = [(root, ())] if isinstance(root, ObjectSyntax) else []
    count = 0
    while waiting and count < _DEFINITION_LIMIT:
        block, prefix = waiting.pop()
        inner: list[tuple[ObjectSyntax, tuple[str, ...]]] = []
        for field in fields_of(block):
            path = field_path(view.tree.tokens, field, view.separator)
            keys = (*prefix, *(element.key for element in path))
            if view.dialect is not Dialect.HOCON and keys[0] in KINDS:
                continue
            count += 1
            yield Definition(keys, view.span(path[-1].start, path[-1].end), field)
            inner.extend((value, keys) for value in objects_in(field.value))
        waiting.extend(reversed(inner))


def definition_at(view: DocumentView, offset: int) -> Definition | None:
    """The definition whose key ``offset`` lies in."""
    return next((found for found in definitions(view) if found.key_span.start <= offset <= found.key_span.end), None)


def _read(view: DocumentView, span: Span) -> Substitution | None:
    text = span.text
    skipped = 3 if text.startswith("${?") else 2
    path = reference_path(text[skipped:-1], span.start + skipped, view.separator)
    if isinstance(path, PathError):
        return None
    inner = Span(span.source, path[0].start, path[-1].end)
    return Substitution(tuple(element.key for element in path), skipped == 3, span, inner)
