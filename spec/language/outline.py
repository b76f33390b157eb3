"""The sections and plugins of a text by its syntax alone, as far as they can be made out while it is being written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schemas.loader import KINDS
from spec.language.literals import literal_text
from spec.position import Span
from spec.resolver.paths import PathElement, PathError, key_path
from spec.syntax.tokens import Tokens
from spec.syntax.tree import (
    ArraySyntax,
    ConcatenationSyntax,
    FieldSyntax,
    ObjectSyntax,
    SyntaxTree,
    ValueSyntax,
)

SECTIONS: Final = ("env", *KINDS)


@dataclass(frozen=True, slots=True)
class PluginBlock:
    """One plugin: its section, its name as written ("" when it has none yet), and where both stand."""

    kind: str
    name: str
    name_span: Span
    span: Span
    block: ObjectSyntax


@dataclass(frozen=True, slots=True)
class Section:
    """One section; ``blocks`` are the objects that hold its plugins or, for ``env``, its options."""

    name: str
    name_span: Span
    span: Span
    blocks: tuple[ObjectSyntax, ...]
    plugins: tuple[PluginBlock, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The sections in the order of the text."""

    sections: tuple[Section, ...]

    def plugins(self) -> Iterator[PluginBlock]:
        """All plugins, in the order of the text."""
        for section in self.sections:
            yield from section.plugins


def read_outline(tree: SyntaxTree, separator: str) -> Outline:
    """The outline of a tree; nothing is reported."""
    return Outline(tuple(_Reading(tree, separator).sections()))


def field_path(tokens: Tokens, field: FieldSyntax, separator: str) -> list[PathElement]:
    """The keys of a field; its text as one key when it is no path."""
    path = key_path(tokens, field.first, field.key_end, separator)
    if isinstance(path, PathError):
        span = tokens.span(field.first, field.key_end)
        return [PathElement(span.text, span.start, span.end)]
    return path


def objects_in(value: ValueSyntax | None) -> list[ObjectSyntax]:
    """The blocks that a value is made of: one, or the pieces of a concatenation such as ``${base} { ... }``."""
    parts = value.parts if isinstance(value, ConcatenationSyntax) else [value]
    return [part for part in parts if isinstance(part, ObjectSyntax)]


def fields_of(block: ObjectSyntax) -> Iterator[FieldSyntax]:
    """The fields directly in a block."""
    return (member for member in block.members if isinstance(member, FieldSyntax))


def begins_section(tokens: Tokens, field: FieldSyntax) -> bool:
    """Whether a field looks like a section of the document wherever it stands: its name is one and begins its line. Inside
    another block it got there because a brace above is still missing."""
    if not isinstance(field.value, ObjectSyntax) or field.key_end - field.first != 1:
        return False
    start = tokens.starts[field.first]
    return tokens.text(field.first) in SECTIONS and (start == 0 or tokens.source.text[start - 1] == "\n")


class _Reading:
    def __init__(self, tree: SyntaxTree, separator: str) -> None:
        self._tree = tree
        self._tokens = tree.tokens
        self._separator = separator

    def sections(self) -> Iterator[Section]:
        root = self._tree.root
        top = list(fields_of(root)) if isinstance(root, ObjectSyntax) else []
        if self._tree.problems:
            top = sorted({*top, *self._strays()}, key=lambda field: field.first)
        for field in top:
            section = self._section(field)
            if section is not None:
                yield section

    def _strays(self) -> Iterator[FieldSyntax]:
        """Sections that ended up inside other blocks because a brace is missing above them."""
        for node in self._tree.walk():
            if isinstance(node, FieldSyntax) and begins_section(self._tokens, node):
                yield node

    def _section(self, field: FieldSyntax) -> Section | None:
        path = field_path(self._tokens, field, self._separator)
        name = path[0].key
        if name not in SECTIONS:
            return None
        name_span = Span(self._tokens.source, path[0].start, path[0].end)
        plugins: tuple[PluginBlock, ...] = ()
        if name != "env":
            plugins = tuple(self._plugins(name, field, path))
        return Section(name, name_span, self._tree.span(field), tuple(objects_in(field.value)), plugins)

    def _plugins(self, kind: str, section: FieldSyntax, path: list[PathElement]) -> Iterator[PluginBlock]:
        if isinstance(section.value, ArraySyntax):
            for member in section.value.members:
                if isinstance(member, ObjectSyntax):
                    yield self._block(kind, None, member, self._tree.span(member))
            return
        if len(path) > 1:
            for block in objects_in(section.value):
                yield self._block(kind, path[1], block, self._tree.span(section))
            return
        for outer in objects_in(section.value):
            for field in fields_of(outer):
                if not begins_section(self._tokens, field):
                    yield from self._field_plugins(kind, field)

    def _field_plugins(self, kind: str, field: FieldSyntax) -> Iterator[PluginBlock]:
        name = field_path(self._tokens, field, self._separator)[0]
        for block in objects_in(field.value):
            yield self._block(kind, name, block, self._tree.span(field))

    def _block(self, kind: str, key: PathElement | None, block: ObjectSyntax, span: Span) -> PluginBlock:
        for field in fields_of(block):
            if field_path(self._tokens, field, self._separator)[0].key == "plugin_name":
                name = literal_text(self._tokens, field.value)
                if name is not None:
                    return PluginBlock(kind, name.text, name.span, span, block)
        if key is not None:
            return PluginBlock(kind, key.key, Span(self._tokens.source, key.start, key.end), span, block)
        start = self._tokens.starts[block.first]
        return PluginBlock(kind, "", Span(self._tokens.source, start, start), span, block)
