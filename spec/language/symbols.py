"""The outline an editor shows beside a text, and the blocks that it can fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from spec.language.datasets import Mention, Role, mentions
from spec.language.outline import PluginBlock, Section, field_path, fields_of
from spec.language.view import DocumentView
from spec.position import Span
from spec.syntax import kinds
from spec.syntax.tree import ArraySyntax, ObjectSyntax

LIMIT: Final = 5000


@dataclass(frozen=True, slots=True)
class Symbol:
    """A section, plugin or option; ``name_span`` lies inside ``span``. ``depth`` is 0 for a section."""

    name: str
    detail: str
    span: Span
    name_span: Span
    depth: int
    children: tuple[Symbol, ...] = ()


class Fold(NamedTuple):
    """The lines of a block that can be hidden, 1-based."""

    first_line: int
    last_line: int
    is_comment: bool = False


def symbols(view: DocumentView) -> tuple[Symbol, ...]:
    """The sections with their plugins, and their options. At most LIMIT."""
    return tuple(_Reading(view).sections())


def folds(view: DocumentView) -> tuple[Fold, ...]:
    """The blocks, lists and runs of comments that take more than one line. At most LIMIT."""
    found = [*_blocks(view), *_comments(view)]
    return tuple(sorted(found)[:LIMIT])


class _Reading:
    def __init__(self, view: DocumentView) -> None:
        self._view = view
        self._room = LIMIT
        self._mentions: dict[int, list[Mention]] = {}
        for mention in mentions(view):
            self._mentions.setdefault(mention.plugin.block.first, []).append(mention)

    def sections(self) -> Iterator[Symbol]:
        for section in self._view.outline.sections:
            inner = tuple(self._options(section)) if section.name == "env" else tuple(self._plugins(section))
            yield Symbol(section.name, "", section.span, section.name_span, 0, inner)

    def _plugins(self, section: Section) -> Iterator[Symbol]:
        for plugin in section.plugins:
            if self._room <= 0:
                return
            self._room -= 1
            options = tuple(self._fields(plugin.block, 2))
            yield Symbol(plugin.name or "?", self._wiring(plugin), plugin.span, _inside(plugin), 1, options)

    def _options(self, section: Section) -> Iterator[Symbol]:
        for block in section.blocks:
            yield from self._fields(block, 1)

    def _fields(self, block: ObjectSyntax, depth: int) -> Iterator[Symbol]:
        for field in fields_of(block):
            if self._room <= 0:
                return
            self._room -= 1
            path = field_path(self._view.tree.tokens, field, self._view.separator)
            name = ".".join(element.key for element in path)
            yield Symbol(name or '""', "", self._view.tree.span(field), self._view.span(path[0].start, path[-1].end), depth)

    def _wiring(self, plugin: PluginBlock) -> str:
        """``rows -> clean``: what it reads and what it makes."""
        found = self._mentions.get(plugin.block.first, ())
        read = ", ".join(mention.name for mention in found if mention.role is Role.READ)
        made = ", ".join(mention.name for mention in found if mention.role is Role.MADE)
        return " ".join(part for part in (read, "→" if read or made else "", made) if part)


def _inside(plugin: PluginBlock) -> Span:
    """The plugin's name if it lies in its block's text, as editors insist, else the start of the block."""
    name, span = plugin.name_span, plugin.span
    return name if span.start <= name.start and name.end <= span.end else Span(span.source, span.start, span.start)


def _blocks(view: DocumentView) -> Iterator[Fold]:
    for node in view.tree.walk():
        if not isinstance(node, ObjectSyntax | ArraySyntax) or (isinstance(node, ObjectSyntax) and not node.braced):
            continue
        span = view.tree.span(node)
        first, last = span.start_position()[0], span.end_position()[0]
        if last - first > 1:
            yield Fold(first, last - 1 if node.closed else last)


def _comments(view: DocumentView) -> Iterator[Fold]:
    """Runs of lines that hold nothing but a comment."""
    tokens = view.tree.tokens
    first = last = -1
    for index, kind in enumerate(tokens.kinds):
        if kind != kinds.COMMENT or (index and tokens.kinds[index - 1] != kinds.NEWLINE):
            continue
        line = view.source.line_column(tokens.starts[index])[0]
        if line != last + 1:
            if last > first:
                yield Fold(first, last, is_comment=True)
            first = line
        last = line
    if last > first:
        yield Fold(first, last, is_comment=True)
