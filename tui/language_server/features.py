"""The table of what the server does: each message of the protocol and the function that handles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lsprotocol import types

from tui.language_server import asking, changing, colouring, listening
from tui.language_server.server import FlowdeckLanguageServer

_COMPLETION: Final = types.CompletionOptions(trigger_characters=list(asking.TRIGGERS), resolve_provider=True)
_ACTIONS: Final = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, changing.FIX_ALL])

_FEATURES: Final[dict[str, tuple[Callable[..., Any], Any]]] = {
    types.INITIALIZE: (listening.initialize, None),
    types.TEXT_DOCUMENT_DID_OPEN: (listening.opened, None),
    types.TEXT_DOCUMENT_DID_CHANGE: (listening.changed, None),
    types.TEXT_DOCUMENT_DID_SAVE: (listening.saved, None),
    types.TEXT_DOCUMENT_DID_CLOSE: (listening.closed, None),
    types.TEXT_DOCUMENT_COMPLETION: (asking.completion, _COMPLETION),
    types.COMPLETION_ITEM_RESOLVE: (asking.resolve_completion, None),
    types.TEXT_DOCUMENT_HOVER: (asking.hover_here, None),
    types.TEXT_DOCUMENT_DEFINITION: (asking.definition, None),
    types.TEXT_DOCUMENT_REFERENCES: (asking.references, None),
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (asking.highlights, None),
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (asking.outline, None),
    types.TEXT_DOCUMENT_FOLDING_RANGE: (asking.folding, None),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (colouring.semantic_tokens, colouring.LEGEND),
    types.TEXT_DOCUMENT_INLAY_HINT: (colouring.inlay_hints, None),
    types.TEXT_DOCUMENT_PREPARE_RENAME: (changing.prepare_rename, None),
    types.TEXT_DOCUMENT_RENAME: (changing.rename_here, None),
    types.TEXT_DOCUMENT_FORMATTING: (changing.formatting, None),
    types.TEXT_DOCUMENT_CODE_ACTION: (changing.code_actions, _ACTIONS),
}


def create_server(environment: dict[str, str]) -> FlowdeckLanguageServer:
    """A server with all its features. ``environment`` is what ``${x}`` may fall back to."""
    server = FlowdeckLanguageServer(environment)
    for method, (function, options) in _FEATURES.items():
        server.feature(method, options)(function)
    return server
