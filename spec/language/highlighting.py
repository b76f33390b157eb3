"""What each word of a text is, for colours: editors know no HOCON, and none knows which words are plugins and datasets."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final, NamedTuple

from spec.language.datasets import mentions
from spec.language.view import DocumentView
from spec.syntax import kinds
from spec.syntax.strings import decode_word
from spec.syntax.tree import FieldSyntax, IncludeSyntax

LIMIT: Final = 50_000


class Highlight(enum.IntEnum):
    """The kinds of word."""

    SECTION = 0
    PLUGIN = 1
    KEY = 2
    TEXT = 3
    NUMBER = 4
    COMMENT = 5
    DATASET = 6
    SUBSTITUTION = 7
    CONSTANT = 8


class Coloured(NamedTuple):
    """One word and what it is; a text in triple quotes may go over several lines."""

    start: int
    end: int
    highlight: Highlight


_BY_KIND: Final = {
    kinds.COMMENT: Highlight.COMMENT,
    kinds.SUBSTITUTION: Highlight.SUBSTITUTION,
    kinds.BROKEN_SUBSTITUTION: Highlight.SUBSTITUTION,
    **dict.fromkeys(kinds.STRINGS, Highlight.TEXT),
}
_SIGNS: Final = frozenset({kinds.OPEN_BRACE, kinds.OPEN_BRACKET, kinds.NEWLINE})  # where a plugin without a name begins


def highlights(view: DocumentView) -> Iterator[Coloured]:
    """Every word that has a colour, in the order of the text. At most LIMIT."""
    tokens = view.tree.tokens
    known = {**_keys(view), **_names(view)}
    count = 0
    for index, kind in enumerate(tokens.kinds):
        highlight = known.get(tokens.starts[index], _BY_KIND.get(kind)) if kind not in _SIGNS else None
        if highlight is None and kind == kinds.UNQUOTED:
            highlight = _word(tokens.text(index))
        if highlight is not None and count < LIMIT:
            count += 1
            yield Coloured(tokens.starts[index], tokens.ends[index], highlight)


def _word(text: str) -> Highlight:
    """What an unquoted word in a value is."""
    value = decode_word(text)
    if value is None or isinstance(value, bool):
        return Highlight.CONSTANT
    return Highlight.TEXT if isinstance(value, str) else Highlight.NUMBER


def _keys(view: DocumentView) -> dict[int, Highlight]:
    """The tokens of keys, and the word ``include``, by where they start."""
    starts = view.tree.tokens.starts
    found: dict[int, Highlight] = {}
    for node in view.tree.walk():
        if isinstance(node, FieldSyntax):
            found.update((starts[index], Highlight.KEY) for index in range(node.first, node.key_end))
        elif isinstance(node, IncludeSyntax):
            found[starts[node.first]] = Highlight.SECTION
    return found


def _names(view: DocumentView) -> dict[int, Highlight]:
    """Sections, plugins and datasets, by where their token starts. A text that names several datasets stays a text."""
    found: dict[int, Highlight] = {}
    for section in view.outline.sections:
        found[section.name_span.start] = Highlight.SECTION
        for plugin in section.plugins:
            found[_token_start(view, plugin.name_span.start)] = Highlight.PLUGIN
    for mention in mentions(view):
        token = view.token_at(mention.span.start)
        if token is not None and mention.span.end - mention.span.start + 2 * len(mention.quote) == _length(view, token):
            found[view.tree.tokens.starts[token]] = Highlight.DATASET
    return found


def _token_start(view: DocumentView, offset: int) -> int:
    token = view.token_at(offset)
    return view.tree.tokens.starts[token] if token is not None else offset


def _length(view: DocumentView, token: int) -> int:
    return view.tree.tokens.ends[token] - view.tree.tokens.starts[token]
