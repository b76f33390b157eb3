"""Where datasets are named: made by a ``plugin_output``, read by a ``plugin_input``, mentioned in a query."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from spec.language.literals import Literal, literal_text
from spec.language.outline import PluginBlock, field_path, fields_of
from spec.language.view import DocumentView
from spec.position import Span
from spec.syntax.tree import ArraySyntax, ErrorSyntax, FieldSyntax, ValueSyntax

OUTPUT_KEYS: Final = ("plugin_output", "result_table_name")
INPUT_KEYS: Final = ("plugin_input", "source_table_name")
_WORD: Final = re.compile(r"[^,\s](?:[^,]*[^,\s])?")
# What a query reads: the name after FROM, bare or in quotes.
_FROM: Final = re.compile(r"""\bfrom\s+(?:`([^`\n]+)`|"([^"\n]+)"|([^\W\d][\w$.]*))""", re.IGNORECASE)


class Role(enum.Enum):
    """What a mention of a dataset does."""

    MADE = "made"
    READ = "read"
    QUERIED = "queried"


@dataclass(frozen=True, slots=True)
class Mention:
    """One place that names a dataset. ``span`` covers the name without its quotes; ``quote`` is what stands around it."""

    name: str
    role: Role
    span: Span
    quote: str
    plugin: PluginBlock


def mentions(view: DocumentView) -> Iterator[Mention]:
    """Every mention of a dataset in a text, in the order of its plugins."""
    for plugin in view.outline.plugins():
        inputs: set[str] = set()
        queries: list[Literal] = []
        for field in fields_of(plugin.block):
            key = field_path(view.tree.tokens, field, view.separator)[0].key
            if key in INPUT_KEYS or key in OUTPUT_KEYS:
                for mention in _named(view, field, plugin, Role.MADE if key in OUTPUT_KEYS else Role.READ):
                    if mention.role is Role.READ:
                        inputs.add(mention.name)
                    yield mention
            elif key == "query" and plugin.kind == "transform" and (query := literal_text(view.tree.tokens, field.value)):
                queries.append(query)
        for query in queries:
            yield from _queried(query, inputs, plugin)


def mention_at(view: DocumentView, offset: int) -> Mention | None:
    """The mention that ``offset`` lies in or at the edge of."""
    return next((found for found in mentions(view) if found.span.start <= offset <= found.span.end), None)


def _named(view: DocumentView, field: FieldSyntax, plugin: PluginBlock, role: Role) -> Iterator[Mention]:
    for value in _values(field.value):
        literal = literal_text(view.tree.tokens, value)
        if literal is None:
            continue
        if role is Role.MADE or "\\" in literal.span.text:
            if literal.text and "${" not in literal.text:
                yield Mention(literal.text, role, literal.span, literal.quote, plugin)
            continue
        # One text may name several datasets, with commas between them.
        for word in _WORD.finditer(literal.text):
            start = literal.span.start + word.start()
            if "${" not in word[0]:
                yield Mention(word[0], role, Span(view.source, start, start + len(word[0])), literal.quote, plugin)


def _values(value: ValueSyntax | None) -> list[ValueSyntax]:
    if isinstance(value, ArraySyntax):
        return [member for member in value.members if not isinstance(member, ErrorSyntax)]
    return [value] if value is not None else []


def _queried(query: Literal, inputs: set[str], plugin: PluginBlock) -> Iterator[Mention]:
    """The names after FROM that are inputs of the plugin: any other name there means the input all the same."""
    for match in _FROM.finditer(query.span.text):
        group = match.lastindex or 0
        if match[group] in inputs:
            start = query.span.start + match.start(group)
            yield Mention(match[group], Role.QUERIED, Span(query.span.source, start, start + len(match[group])), "", plugin)
