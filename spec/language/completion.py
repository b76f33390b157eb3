"""What may be written at a place: sections, plugins, options, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from schemas.documents import OptionDocument
from schemas.loader import KINDS, plugin_names
from spec.dataflow.schema import Column
from spec.document import Dialect
from spec.language.columns import (
    in_query,
    input_columns,
    names_columns,
    plugin_block,
    type_text,
    word_around,
)
from spec.language.completion_item import Completion, Kind
from spec.language.cursor import Cursor, Slot, locate
from spec.language.datasets import INPUT_KEYS, OUTPUT_KEYS, Role, mentions
from spec.language.insertion import Insertion, insertion
from spec.language.known import Known
from spec.language.markdown import option_detail, option_markdown
from spec.language.options import OptionPlace, document_of, place_of
from spec.language.outline import SECTIONS, field_path, fields_of
from spec.language.substitutions import definitions
from spec.language.view import DocumentView
from spec.position import Span
from spec.syntax.tree import ObjectSyntax
from spec.types import type_names

Columns: TypeAlias = Iterator[tuple[str, Column]]

LIMIT: Final = 500
_SECTION_WORDS: Final = {
    "env": "settings of the whole job",
    "source": "where the data comes from",
    "transform": "what happens on the way",
    "sink": "where the data goes",
}
_SWITCH: Final = "true or false"


def complete(known: Known, offset: int) -> list[Completion]:
    """What may be written at ``offset``. At most LIMIT, the most likely first."""
    views, view = known.views, known.view
    cursor = locate(view, offset)
    if cursor is None:
        return []
    columns = input_columns(view, plugin_block(view, offset), known.datasets) if cursor.in_plugin else iter(())
    if cursor.slot is Slot.KEY:
        found = _keys(view, cursor, columns)
    elif cursor.quote and in_query(cursor):
        found = _query_words(view, cursor, offset, columns)
    else:
        found = _values(views, cursor, offset, columns)
    return [completion for _, completion in zip(range(LIMIT), found, strict=False)]


# --- keys ---------------------------------------------------------------------------------------------------------------


def _keys(view: DocumentView, cursor: Cursor, columns: Columns) -> Iterator[Completion]:
    place = _insertion(view, cursor)
    if not cursor.steps:
        present = set(_present(view, cursor))
        for name in SECTIONS:
            if name not in present:
                yield place.block(
                    name, Kind.SECTION, _SECTION_WORDS[name], is_list=view.dialect is Dialect.JSON and name != "env"
                )
    elif cursor.section in KINDS and len(cursor.steps) == 1:
        for name in plugin_names(cursor.section):
            yield place.block(name, Kind.PLUGIN, cursor.section)
    else:
        yield from _options(view, cursor, place, columns)


def _options(view: DocumentView, cursor: Cursor, place: Insertion, columns: Columns) -> Iterator[Completion]:
    document = document_of(cursor)
    if document is None:
        if cursor.in_plugin and isinstance(cursor.steps[1], int):
            yield place.scalar("plugin_name", Kind.OPTION, "which plugin it is", "", quoted=True)
        return
    here = place_of(document.options, cursor.option_words)
    if here is None:
        return
    present = _present_options(view, cursor, here)
    if names_columns(cursor, here):
        for _, column in columns:
            if column.name not in present:
                yield place.scalar(column.name, Kind.COLUMN, type_text(column), "", quoted=False)
    offered = [
        (name, option)
        for name, option in here.names()
        if not option.deprecated and name not in present and not (name == "plugin_name" and isinstance(cursor.steps[1], str))
    ]
    for name, option in sorted(offered, key=lambda pair: not pair[1].required):
        yield _option(place, name, option)


def _option(place: Insertion, name: str, option: OptionDocument) -> Completion:
    detail, documentation = option_detail(option), option_markdown(option)
    if option.is_list:
        return place.list(name, Kind.OPTION, detail, documentation)
    if option.type_words.startswith("object"):
        return place.block(name, Kind.OPTION, detail, documentation)
    return place.scalar(name, Kind.OPTION, detail, documentation, quoted=option.type_words == "text")


def _present_options(view: DocumentView, cursor: Cursor, here: OptionPlace) -> set[str]:
    """The names, as they would be offered, that the block has already, whichever way they are spelt there."""
    present: set[str] = set()
    for key in _present(view, cursor):
        written = here.prefix + key
        present.add(key)
        for option in here.options:
            if written in option.aliases:
                present.add(option.name.removeprefix(here.prefix))
    return present


def _present(view: DocumentView, cursor: Cursor) -> Iterator[str]:
    """The keys of the block around the cursor, but not the one it is in."""
    block: ObjectSyntax | None = cursor.block
    for field in fields_of(block) if block is not None else ():
        key = view.tree.tokens.span(field.first, field.key_end)
        if not (key.start <= cursor.word.start <= key.end):
            yield field_path(view.tree.tokens, field, view.separator)[0].key


# --- values -------------------------------------------------------------------------------------------------------------


def _query_words(view: DocumentView, cursor: Cursor, offset: int, columns: Columns) -> Iterator[Completion]:
    """In a query: the columns it can read, and the dataset it reads them from."""
    place = Insertion(view, word_around(cursor, offset), cursor.quote)
    dataset = ""
    for name, column in columns:
        dataset = name
        yield place.value(column.name, Kind.COLUMN, type_text(column))
    if dataset:
        yield place.value(dataset, Kind.DATASET, "dataset")


def _values(views: Sequence[DocumentView], cursor: Cursor, offset: int, columns: Columns) -> Iterator[Completion]:
    view = views[0]
    if not cursor.quote and cursor.word.text.startswith("$"):
        yield from _substitutions(views, cursor, offset)
        return
    key = next((step for step in reversed(cursor.steps) if isinstance(step, str)), "")
    place = _insertion(view, cursor)
    if cursor.in_plugin and len(cursor.option_words) == 1 and key == "plugin_name":
        for name in plugin_names(str(cursor.section)):
            yield place.value(name, Kind.PLUGIN, str(cursor.section))
    elif cursor.in_plugin and len(cursor.option_words) == 1 and key in INPUT_KEYS:
        yield from _datasets(views, cursor, offset)
    else:
        yield from _option_values(cursor, place, columns)


def _datasets(views: Sequence[DocumentView], cursor: Cursor, offset: int) -> Iterator[Completion]:
    place = Insertion(views[0], _after_comma(cursor, offset), cursor.quote)
    for name in _readable(views, cursor):
        yield place.value(name, Kind.DATASET, "dataset")


def _readable(views: Sequence[DocumentView], cursor: Cursor) -> Iterator[str]:
    """The datasets that the plugin around the cursor may read: all but its own."""
    made = [mention for view in views for mention in mentions(view) if mention.role is Role.MADE]
    own = {mention.name for mention in made if mention.plugin.block is cursor.block}
    return (name for name in dict.fromkeys(mention.name for mention in made) if name not in own)


def _after_comma(cursor: Cursor, offset: int) -> Span:
    """The one of several names in one text that the offset is in."""
    text, at = cursor.word.text, offset - cursor.word.start
    start = text.rfind(",", 0, at) + 1
    end = text.find(",", at)
    word = text[start : end if end >= 0 else len(text)]
    begin = cursor.word.start + start + len(word) - len(word.lstrip())
    return Span(cursor.word.source, min(begin, offset), max(cursor.word.start + start + len(word.rstrip()), offset))


def _option_values(cursor: Cursor, place: Insertion, columns: Columns) -> Iterator[Completion]:
    document = document_of(cursor)
    here = place_of(document.options, cursor.option_words) if document else None
    option = here.option if here and not here.prefix else None
    if here is None or option is None or option.name in OUTPUT_KEYS:
        return
    if _is_column_type(option, is_own=here.is_own):
        for name in type_names():
            yield place.value(name, Kind.TYPE, "type of a column", bare=True)
    elif names_columns(cursor, here):
        for _, column in columns:
            yield place.value(column.name, Kind.COLUMN, type_text(column), bare=True)
    elif option.enum_values or option.type_words == _SWITCH:
        for value in option.enum_values or (True, False):
            yield place.value(value, Kind.VALUE, "default" if value == option.default else "", option_markdown(option))
    elif not here.is_own:
        yield from _suggested(option, place)


def _suggested(option: OptionDocument, place: Insertion) -> Iterator[Completion]:
    """The default and the examples, where any value of the type would do."""
    if isinstance(option.default, str | int | float):
        yield place.value(option.default, Kind.VALUE, "default", option_markdown(option))
    for example in option.examples:
        if isinstance(example, str | int | float) and example != option.default:
            yield place.value(example, Kind.VALUE, "example", option_markdown(option))


def _is_column_type(option: OptionDocument, *, is_own: bool) -> bool:
    """Whether the value is the type of a column: in ``schema.fields`` or the ``type`` of one of ``schema.columns``."""
    return (is_own and option.path.endswith("schema.fields")) or option.path.endswith("schema.columns.type")


def _substitutions(views: Sequence[DocumentView], cursor: Cursor, offset: int) -> Iterator[Completion]:
    view = views[0]
    closed = cursor.word.text.endswith("}") and "\n" not in cursor.word.text
    end = cursor.word.end if closed else max(offset, cursor.word.start + 1)
    place = Insertion(view, view.span(cursor.word.start, end), "")
    joined = view.separator or "."
    paths = dict.fromkeys(definition.path for each in views for definition in definitions(each))
    for path in paths:
        if path[0] not in SECTIONS:
            yield place.text(f"${{{joined.join(path)}}}", Kind.VARIABLE, "defined in this file")


def _insertion(view: DocumentView, cursor: Cursor) -> Insertion:
    has_operator = cursor.slot is Slot.KEY and cursor.field is not None and _is_key_of_field(view, cursor)
    return insertion(view, cursor, name_only=has_operator)


def _is_key_of_field(view: DocumentView, cursor: Cursor) -> bool:
    field = cursor.field
    if field is None:
        return False
    key = view.tree.tokens.span(field.first, field.key_end)
    return key.start <= cursor.word.start <= cursor.word.end <= key.end
