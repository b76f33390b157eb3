"""The protocol as pygls speaks it, with this room's own documents in place of those of pygls.

pygls cuts texts into lines with ``str.splitlines``, which knows line ends that editors do not, so after a form feed or a
U+2028 its text would no longer be the editor's; and it bounds nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol, lsp_method

from tui.language_server.documents import Documents

Handled = Generator[Any, Any, None]


class DocumentProtocol(LanguageServerProtocol):
    """Keeps ``documents`` in step with the editor, then calls the features that are registered for it."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self.documents = Documents()
        super().__init__(*arguments, **settings)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Handled:
        """A document was opened."""
        self.documents.encoding = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
        self.documents.open(params.text_document)
        yield from self._tell(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Handled:
        """A document was changed."""
        document = params.text_document
        self.documents.change(document.uri, document.version, list(params.content_changes))
        yield from self._tell(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Handled:
        """A document was closed."""
        self.documents.close(params.text_document.uri)
        yield from self._tell(types.TEXT_DOCUMENT_DID_CLOSE, params)

    def _tell(self, method: str, params: Any) -> Handled:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None
