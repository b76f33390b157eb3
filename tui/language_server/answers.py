"""Answers of the analysis in the protocol's form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lsprotocol import types

from spec.language.completion_item import Completion, Kind
from spec.language.hover import Hover
from spec.language.symbols import Fold, Symbol
from tui.language_server.documents import OpenDocument

_KINDS: Final = {
    Kind.SECTION: types.CompletionItemKind.Module,
    Kind.PLUGIN: types.CompletionItemKind.Class,
    Kind.OPTION: types.CompletionItemKind.Property,
    Kind.VALUE: types.CompletionItemKind.EnumMember,
    Kind.TYPE: types.CompletionItemKind.TypeParameter,
    Kind.DATASET: types.CompletionItemKind.Variable,
    Kind.VARIABLE: types.CompletionItemKind.Constant,
    Kind.COLUMN: types.CompletionItemKind.Field,
}
_SYMBOLS: Final = (types.SymbolKind.Module, types.SymbolKind.Class, types.SymbolKind.Property)
_SNIPPET_SIGNS: Final = re.compile(r"[\\$}]")


def completion_item(document: OpenDocument, completion: Completion, rank: int, *, snippets: bool) -> types.CompletionItem:
    """A completion; with ``snippets`` the caret goes to its place in it."""
    before, after = completion.text[: completion.caret], completion.text[completion.caret :]
    documentation = completion.documentation
    text = f"{_escaped(before)}$0{_escaped(after)}" if snippets else _on_one_line(before, after)
    return types.CompletionItem(
        label=completion.label,
        kind=_KINDS[completion.kind],
        detail=completion.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, documentation) if documentation else None,
        sort_text=f"{rank:04}",
        filter_text=completion.typed,
        insert_text_format=types.InsertTextFormat.Snippet if snippets else types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AdjustIndentation if "\n" in text else None,
        text_edit=types.TextEdit(document.lines.span_range(completion.span), text),
        data={"plugin": [completion.detail, completion.label]} if completion.kind is Kind.PLUGIN else None,
    )


def hover_answer(document: OpenDocument, found: Hover) -> types.Hover:
    """What the editor shows at a place."""
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, found.markdown), document.lines.span_range(found.span))


def document_symbol(document: OpenDocument, symbol: Symbol) -> types.DocumentSymbol:
    """A symbol with those in it; they are three deep at most."""
    return types.DocumentSymbol(
        name=symbol.name,
        detail=symbol.detail or None,
        kind=_SYMBOLS[symbol.depth],
        range=document.lines.span_range(symbol.span),
        selection_range=document.lines.span_range(symbol.name_span),
        children=[document_symbol(document, inner) for inner in symbol.children] or None,
    )


def folding_ranges(found: Iterable[Fold]) -> list[types.FoldingRange]:
    """What can be folded."""
    return [
        types.FoldingRange(
            fold.first_line - 1, fold.last_line - 1, kind=types.FoldingRangeKind.Comment if fold.is_comment else None
        )
        for fold in found
    ]


def _escaped(text: str) -> str:
    return _SNIPPET_SIGNS.sub(r"\\\g<0>", text)


def _on_one_line(before: str, after: str) -> str:
    return before.rstrip(" \n") + after.lstrip() if "\n" in before else before + after
