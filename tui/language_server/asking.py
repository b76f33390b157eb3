"""Requests that only ask: completion, hover, definition, references, symbols, folds. Each finds the place, asks the analysis
and converts what it says."""

from __future__ import annotations

from functools import partial
from typing import Final

from lsprotocol import types

from schemas.loader import plugin_document
from spec.language.completion import complete
from spec.language.cursor import Slot, locate
from spec.language.hover import hover
from spec.language.known import Known
from spec.language.markdown import plugin_markdown
from spec.language.navigation import find_definition, find_references
from spec.language.symbols import folds, symbols
from spec.position import Span
from tui.language_server.answers import completion_item, document_symbol, folding_ranges, hover_answer
from tui.language_server.documents import OpenDocument
from tui.language_server.lines import Lines
from tui.language_server.reporting import address_of
from tui.language_server.server import FlowdeckLanguageServer

TRIGGERS: Final = ('"', " ", "$", "{", ".")
_NOTHING: Final = types.CompletionList(is_incomplete=False, items=[])


async def completion(ls: FlowdeckLanguageServer, params: types.CompletionParams) -> types.CompletionList:
    """What may be written here."""
    return await ls.analyse(params.text_document.uri, partial(_completion, ls, params), _NOTHING)


def _completion(ls: FlowdeckLanguageServer, params: types.CompletionParams, document: OpenDocument) -> types.CompletionList:
    offset = document.lines.offset(params.position)
    if _is_indentation(params, document, offset):
        return _NOTHING
    found = complete(ls.known(document), offset)
    items = [completion_item(document, item, rank, snippets=ls.takes_snippets) for rank, item in enumerate(found)]
    return types.CompletionList(is_incomplete=False, items=items)


def _is_indentation(params: types.CompletionParams, document: OpenDocument, offset: int) -> bool:
    """Whether a space was typed where a key is due: that is no question."""
    if params.context is None or params.context.trigger_character != " ":
        return False
    cursor = locate(document.view, offset)
    return cursor is None or cursor.slot is Slot.KEY


def resolve_completion(item: types.CompletionItem) -> types.CompletionItem:
    """The documentation of a plugin, which is fetched only when someone looks at it."""
    names = item.data.get("plugin") if isinstance(item.data, dict) else None
    if isinstance(names, list) and len(names) == 2 and (plugin := plugin_document(str(names[0]), str(names[1]))):
        item.documentation = types.MarkupContent(types.MarkupKind.Markdown, plugin_markdown(plugin))
    return item


async def hover_here(ls: FlowdeckLanguageServer, params: types.HoverParams) -> types.Hover | None:
    """What this is."""

    def work(document: OpenDocument) -> types.Hover | None:
        found = hover(ls.known(document), document.lines.offset(params.position))
        return hover_answer(document, found) if found else None

    return await ls.analyse(params.text_document.uri, work, None)


async def definition(ls: FlowdeckLanguageServer, params: types.DefinitionParams) -> list[types.Location]:
    """Where this name comes from."""

    def work(document: OpenDocument) -> list[types.Location]:
        return _locations(document, find_definition(ls.known(document), document.lines.offset(params.position)))

    return await ls.analyse(params.text_document.uri, work, [])


async def references(ls: FlowdeckLanguageServer, params: types.ReferenceParams) -> list[types.Location]:
    """Everywhere this name is used."""

    def work(document: OpenDocument) -> list[types.Location]:
        found = find_references(ls.known(document), document.lines.offset(params.position))
        wanted = [each.span for each in found if params.context.include_declaration or not each.is_definition]
        return _locations(document, wanted)

    return await ls.analyse(params.text_document.uri, work, [])


async def highlights(ls: FlowdeckLanguageServer, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
    """The same name elsewhere in this document."""

    def work(document: OpenDocument) -> list[types.DocumentHighlight]:
        kinds = {True: types.DocumentHighlightKind.Write, False: types.DocumentHighlightKind.Read}
        found = find_references(Known(document.view), document.lines.offset(params.position))
        return [types.DocumentHighlight(document.lines.span_range(each.span), kinds[each.is_definition]) for each in found]

    return await ls.analyse(params.text_document.uri, work, [])


async def outline(ls: FlowdeckLanguageServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    """The document's sections, plugins and options."""

    def work(document: OpenDocument) -> list[types.DocumentSymbol]:
        return [document_symbol(document, symbol) for symbol in symbols(document.view)]

    return await ls.analyse(params.text_document.uri, work, [])


async def folding(ls: FlowdeckLanguageServer, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    """What can be folded."""

    def work(document: OpenDocument) -> list[types.FoldingRange]:
        return folding_ranges(folds(document.view))

    return await ls.analyse(params.text_document.uri, work, [])


def _locations(document: OpenDocument, spans: list[Span]) -> list[types.Location]:
    """Spans of the document and of the files it includes."""
    lines: dict[int, Lines] = {}
    found: list[types.Location] = []
    for span in spans:
        source = span.source
        if source is document.view.source:
            found.append(types.Location(document.uri, document.lines.span_range(span)))
        elif address := address_of(source):
            other = lines.setdefault(id(source), Lines(source.text, document.encoding))
            found.append(types.Location(address, other.span_range(span)))
    return found
