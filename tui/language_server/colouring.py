"""Colours and hints in the protocol's form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lsprotocol import types

from spec.language.highlighting import Coloured, Highlight, highlights
from spec.language.hints import hints
from tui.language_server.documents import OpenDocument
from tui.language_server.server import FlowdeckLanguageServer

_TYPES: Final = {
    Highlight.SECTION: types.SemanticTokenTypes.Keyword,
    Highlight.PLUGIN: types.SemanticTokenTypes.Class,
    Highlight.KEY: types.SemanticTokenTypes.Property,
    Highlight.TEXT: types.SemanticTokenTypes.String,
    Highlight.NUMBER: types.SemanticTokenTypes.Number,
    Highlight.COMMENT: types.SemanticTokenTypes.Comment,
    Highlight.DATASET: types.SemanticTokenTypes.Variable,
    Highlight.SUBSTITUTION: types.SemanticTokenTypes.Macro,
    Highlight.CONSTANT: types.SemanticTokenTypes.EnumMember,
}
LEGEND: Final = types.SemanticTokensLegend(token_types=[_TYPES[each].value for each in Highlight], token_modifiers=[])


async def semantic_tokens(ls: FlowdeckLanguageServer, params: types.SemanticTokensParams) -> types.SemanticTokens:
    """What each word of the document is."""

    def work(document: OpenDocument) -> types.SemanticTokens:
        return types.SemanticTokens(data=list(_encoded(document, highlights(document.view))))

    return await ls.analyse(params.text_document.uri, work, types.SemanticTokens(data=[]))


async def inlay_hints(ls: FlowdeckLanguageServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The columns of datasets, beside the plugins that make them."""

    def work(document: OpenDocument) -> list[types.InlayHint]:
        lines = document.lines
        start, end = lines.offset(params.range.start), lines.offset(params.range.end)
        return [
            types.InlayHint(lines.position(hint.offset), hint.text, types.InlayHintKind.Type, padding_left=True)
            for hint in hints(ls.known(document), start, end)
        ]

    document = ls.documents.get(params.text_document.uri)
    if document is not None and not document.refused:
        await ls.diagnosing.result(document)  # editors ask once after each change, and the columns come from the check
    return await ls.analyse(params.text_document.uri, work, [])


def _encoded(document: OpenDocument, words: Iterable[Coloured]) -> Iterator[int]:
    """Five numbers for each word: lines and characters since the one before, its length, its kind, nothing."""
    line = character = 0
    for word in words:
        for first, last in _line_pieces(document, word):
            begin, end = document.lines.position(first), document.lines.position(last)
            if begin.line != line:
                character = 0
            yield from (begin.line - line, begin.character - character, end.character - begin.character, word.highlight, 0)
            line, character = begin.line, begin.character


def _line_pieces(document: OpenDocument, word: Coloured) -> Iterator[tuple[int, int]]:
    """A word line by line: the protocol has none over several."""
    lines = document.lines
    first, last = lines.position(word.start).line, lines.position(word.end).line
    for number in range(first, last + 1):
        start = max(word.start, lines.line_start(number))
        end = min(word.end, lines.line_start(number) + lines.line_length(number))
        if start < end:
            yield start, end
