"""Columns of datasets: which a plugin reads, and where a job file names one. What columns there are, a check has found out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from spec.dataflow.schema import Column, Schema
from spec.language.cursor import Cursor, Slot, locate
from spec.language.datasets import Role, mentions
from spec.language.known import Datasets, Known
from spec.language.options import OptionPlace, document_of, place_of
from spec.language.view import DocumentView
from spec.position import Span
from spec.syntax.tree import ObjectSyntax

_NAMES_COLUMNS: Final = re.compile(r"(?:\w+_)?(?:fields?|columns?)(?:_names?)?|partition_by|primary_keys?")
_RENAMES_COLUMNS: Final = frozenset({"field_mapper"})  # old = new: the keys are columns, the values are not
_QUERY: Final = "query"
_WORD: Final = re.compile(r"\w*")


class NamedColumn(NamedTuple):
    """A column that is named somewhere, and where."""

    column: Column
    dataset: str
    span: Span


def type_text(column: Column) -> str:
    """The type of a column as one writes it; a question mark when it is not known."""
    return str(column.type) if column.type is not None else "?"


def names_columns(cursor: Cursor, place: OptionPlace | None) -> bool:
    """Whether what stands at a place is a column of the plugin's input. Only what reads has one."""
    option = place.option if place is not None else None
    if place is None or option is None or cursor.section not in ("transform", "sink"):
        return False
    if option.name in _RENAMES_COLUMNS:
        return cursor.slot is Slot.KEY and not place.is_own
    return cursor.slot is Slot.VALUE and _NAMES_COLUMNS.fullmatch(option.name) is not None


def in_query(cursor: Cursor) -> bool:
    """Whether the cursor is in a transform's query. (What connectors call a query is for another database.)"""
    return cursor.slot is Slot.VALUE and cursor.section == "transform" and cursor.option_words == (_QUERY,)


def input_columns(view: DocumentView, block: ObjectSyntax | None, datasets: Datasets) -> Iterator[tuple[str, Column]]:
    """The columns that the plugin of ``block`` reads, each with its dataset: of several inputs, those of the first known."""
    read = [mention.name for mention in mentions(view) if mention.role is Role.READ and mention.plugin.block is block]
    for name in read or ([next(iter(datasets))] if len(datasets) == 1 else []):
        schema = datasets.get(name)
        if isinstance(schema, Schema):
            return ((name, column) for column in schema.columns)
    return iter(())


def column_at(known: Known, offset: int) -> NamedColumn | None:
    """The column that is named at ``offset``: in an option that names columns, or in a query."""
    cursor = locate(known.view, offset) if known.datasets else None
    if cursor is None or not (in_query(cursor) or _is_column_place(cursor)):
        return None
    # A query may write a column in other capitals.
    word, spelt = (word_around(cursor, offset), str.casefold) if in_query(cursor) else (cursor.word, str)
    for dataset, column in input_columns(known.view, plugin_block(known.view, offset), known.datasets):
        if spelt(column.name) == spelt(word.text):
            return NamedColumn(column, dataset, word)
    return None


def plugin_block(view: DocumentView, offset: int) -> ObjectSyntax | None:
    """The block of the plugin around ``offset``."""
    return next((plugin.block for plugin in view.outline.plugins() if _is_around(view, plugin.block, offset)), None)


def word_around(cursor: Cursor, offset: int) -> Span:
    """The word of a longer text that ``offset`` is in; empty between words."""
    text, at = cursor.word.text, offset - cursor.word.start
    start = at
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    match = _WORD.match(text, at)
    end = match.end() if match else at
    return Span(cursor.word.source, cursor.word.start + start, cursor.word.start + end)


def _is_column_place(cursor: Cursor) -> bool:
    document = document_of(cursor)
    return document is not None and names_columns(cursor, place_of(document.options, cursor.option_words))


def _is_around(view: DocumentView, block: ObjectSyntax, offset: int) -> bool:
    return view.tree.tokens.starts[block.first] < offset <= view.reach(block)
