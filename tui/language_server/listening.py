"""What the editor tells: that it is there, and what becomes of documents. By the time these run, the texts are up to date."""

from __future__ import annotations

from lsprotocol import types

from tui.language_server.server import FlowdeckLanguageServer


def initialize(ls: FlowdeckLanguageServer, params: types.InitializeParams) -> None:
    """The editor says hello."""
    ls.initialize(params)


async def opened(ls: FlowdeckLanguageServer, params: types.DidOpenTextDocumentParams) -> None:
    """A document was opened."""
    ls.changed(params.text_document.uri)


async def changed(ls: FlowdeckLanguageServer, params: types.DidChangeTextDocumentParams) -> None:
    """A document was changed."""
    ls.changed(params.text_document.uri)


async def saved(ls: FlowdeckLanguageServer, _params: types.DidSaveTextDocumentParams) -> None:
    """A document was saved; others may include it."""
    for uri in ls.documents.addresses():
        ls.changed(uri)


async def closed(ls: FlowdeckLanguageServer, params: types.DidCloseTextDocumentParams) -> None:
    """A document was closed."""
    ls.closed(params.text_document.uri)
