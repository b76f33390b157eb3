"""What the thing at an offset is: an option, a plugin, a dataset, a variable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from schemas.loader import KINDS, environment_document, plugin_document
from spec.dataflow.schema import DatasetSchema, Schema
from spec.language.columns import column_at, type_text
from spec.language.cursor import Cursor, Slot, locate
from spec.language.datasets import Mention, Role, mention_at, mentions
from spec.language.known import Datasets, Known
from spec.language.markdown import code, option_markdown, plugin_markdown
from spec.language.options import document_of, place_of
from spec.language.substitutions import definitions, placeholder_at, substitution_at
from spec.language.view import DocumentView
from spec.position import MASK, Span
from spec.resolver.externals import RESERVED_NAMES

_SECTIONS: Final = {
    "source": "Where the data comes from: one block per source plugin.",
    "transform": "What happens on the way: one block per transform plugin, each reading a dataset and making another.",
    "sink": "Where the data goes: one block per sink plugin.",
}
_MAXIMUM_PLUGINS: Final = 20
_MAXIMUM_COLUMNS: Final = 100


class Hover(NamedTuple):
    """Markdown about the text of ``span``."""

    markdown: str
    span: Span


def hover(known: Known, offset: int) -> Hover | None:
    """What there is to say of ``offset``."""
    views, view = known.views, known.view
    if substitution := substitution_at(view, offset):
        return Hover(_substitution(views, substitution.path, substitution.optional), substitution.span)
    if placeholder := placeholder_at(view, offset):
        return Hover(_placeholder(placeholder.name, placeholder.default), placeholder.span)
    if mention := mention_at(view, offset):
        return Hover(_dataset(views, mention, known.datasets), mention.span)
    if named := column_at(known, offset):
        text = f"column {code(named.column.name)} {code(type_text(named.column))} of dataset {code(named.dataset)}"
        return Hover(text, named.span)
    cursor = locate(view, offset)
    return _at_cursor(cursor) if cursor is not None and cursor.word.start < cursor.word.end else None


def _at_cursor(cursor: Cursor) -> Hover | None:
    if cursor.slot is Slot.KEY:
        return _key(cursor)
    if cursor.in_plugin and cursor.option_words == ("plugin_name",):
        return _plugin(str(cursor.section), cursor.word)
    return _option(cursor, cursor.option_words)


def _key(cursor: Cursor) -> Hover | None:
    name = cursor.word.text
    if not cursor.steps:
        if name == "env":
            return Hover(environment_document().description, cursor.word)
        return Hover(_SECTIONS[name], cursor.word) if name in _SECTIONS else None
    if cursor.section in KINDS and len(cursor.steps) == 1:
        return _plugin(str(cursor.section), cursor.word)
    return _option(cursor, (*cursor.option_words, name))


def _plugin(kind: str, word: Span) -> Hover | None:
    document = plugin_document(kind, word.text)
    return Hover(plugin_markdown(document), word) if document else None


def _option(cursor: Cursor, words: tuple[str, ...]) -> Hover | None:
    document = document_of(cursor)
    place = place_of(document.options, words) if document else None
    if place is None or place.option is None or place.prefix or place.is_own:
        return None
    return Hover(option_markdown(place.option), cursor.word)


def _dataset(views: Sequence[DocumentView], mention: Mention, datasets: Datasets) -> str:
    every = [found for view in views for found in mentions(view) if found.name == mention.name]
    lines = [f"dataset {code(mention.name)}"]
    made = [found for found in every if found.role is Role.MADE]
    read = [found for found in every if found.role is Role.READ]
    lines.append(f"- Made by: {_plugins(made)}" if made else "- Nothing makes it")
    lines.append(f"- Read by: {_plugins(read)}" if read else "- Nothing reads it")
    return "\n".join((lines[0], "", *lines[1:], *_columns(datasets.get(mention.name))))


def _columns(schema: DatasetSchema | None) -> Iterator[str]:
    """A table of the columns, if they are known."""
    if not isinstance(schema, Schema) or not schema.columns:
        return
    yield from ("", "| column | type |", "|---|---|")
    for column in schema.columns[:_MAXIMUM_COLUMNS]:
        yield f"| {_cell(column.name)} | {_cell(type_text(column))} |"
    if len(schema.columns) > _MAXIMUM_COLUMNS or not schema.complete:
        yield "| … | |"


def _cell(text: str) -> str:
    return code(text).replace("|", "\\|")


def _plugins(found: list[Mention]) -> str:
    names = [f"{mention.plugin.kind} {code(mention.plugin.name or '?')}" for mention in found]
    more = f" and {len(names) - _MAXIMUM_PLUGINS} more" if len(names) > _MAXIMUM_PLUGINS else ""
    return ", ".join(names[:_MAXIMUM_PLUGINS]) + more


def _substitution(views: Sequence[DocumentView], path: tuple[str, ...], optional: bool) -> str:  # noqa: FBT001 - a fact, not a switch
    name = code((views[0].separator or ".").join(path))
    for view in views:
        for definition in reversed([found for found in definitions(view) if found.path == path]):
            span = view.tree.span(definition.field)
            line = definition.key_span.start_position()[0]
            return f"{name} is defined in line {line} of {code(_short_name(view))}:\n\n{code(' '.join(_shown(span).split()))}"
    ending = "left out when there is none" if optional else "an error when there is none"
    return f"{name} is not defined in this file: an environment variable or a variable given with `-i`; {ending}"


def _shown(span: Span) -> str:
    """The text of a span, without the secrets that a check found in it."""
    text, at = "", span.start
    for start, end in span.source.hidden():
        if at <= start < span.end:
            text += span.source.text[at:start] + MASK
            at = min(end, span.end)
    return text + span.source.text[at : span.end]


def _placeholder(name: str, default: str | None) -> str:
    if name in RESERVED_NAMES:
        return f"{code(name)} is filled in for each table by the sink"
    known = f"variable {code(name)}, given with `-i {name}=VALUE`" if name.isidentifier() else f"variable {code(name)}"
    return f"{known}; {code(default)} when it is not given" if default is not None else f"{known}; left as it is when not given"


def _short_name(view: DocumentView) -> str:
    return view.source.name.replace("\\", "/").rsplit("/", 1)[-1]
