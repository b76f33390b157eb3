"""The documents that the editor has open: their text as it is there, kept in step by incremental changes, and bounded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from lsprotocol.types import (
    PositionEncodingKind,
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
    TextDocumentItem,
)
from pygls.uris import to_fs_path

from spec.document import Dialect, ReadOptions, dialect_of
from spec.language.view import DocumentView
from spec.position import SourceText
from tui.language_server.lines import Lines

MAXIMUM_CHARACTERS: Final = 1024 * 1024
MAXIMUM_DOCUMENTS: Final = 256


@dataclass(frozen=True)
class OpenDocument:
    """One version of an open document. ``refused`` says why it is not looked at: then ``text`` is empty and stays so."""

    uri: str
    language: str
    version: int
    text: str
    encoding: PositionEncodingKind | str
    refused: str = ""

    @cached_property
    def lines(self) -> Lines:
        """Positions in the text."""
        return Lines(self.text, self.encoding)

    @cached_property
    def name(self) -> str:
        """The file's path, or for what is not a file its address."""
        return to_fs_path(self.uri) or self.uri

    @property
    def dialect(self) -> Dialect:
        """By the file's name, or for what has no file yet by the editor's language."""
        if self.language in ("json", "jsonc") and "." not in self.name.rsplit("/", 1)[-1]:
            return Dialect.JSON
        return dialect_of(self.name, ReadOptions())

    @cached_property
    def view(self) -> DocumentView:
        """The text for analysis."""
        return DocumentView(SourceText(self.name, self.text), self.dialect)


class Documents:
    """The open documents by their address."""

    def __init__(self) -> None:
        self.encoding: PositionEncodingKind | str = PositionEncodingKind.Utf16
        self._open: dict[str, OpenDocument] = {}

    def get(self, uri: str) -> OpenDocument | None:
        """The newest version of an open document; None when it is not open."""
        return self._open.get(uri)

    def addresses(self) -> list[str]:
        """The addresses of all open documents."""
        return list(self._open)

    def open(self, item: TextDocumentItem) -> None:
        """Take a document up. One too many is refused, as is one that is too large."""
        document = OpenDocument(item.uri, str(item.language_id), item.version, item.text, self.encoding)
        others = len(self._open) - (item.uri in self._open)
        if others >= 2 * MAXIMUM_DOCUMENTS:
            return
        if others >= MAXIMUM_DOCUMENTS:
            document = replace(document, text="", refused=f"more than {MAXIMUM_DOCUMENTS} documents are open")
        self._open[item.uri] = _bounded(document)

    def change(self, uri: str, version: int, changes: list[TextDocumentContentChangeEvent]) -> None:
        """Apply changes, one after the other. A document that is not open is left alone."""
        document = self._open.get(uri)
        if document is None:
            return
        for change in changes:
            document = _changed(document, change)
        self._open[uri] = replace(document, version=version)

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._open.pop(uri, None)


def _changed(document: OpenDocument, change: TextDocumentContentChangeEvent) -> OpenDocument:
    if not isinstance(change, TextDocumentContentChangePartial):
        return _bounded(replace(document, text=change.text, refused=""))
    if document.refused:
        return document
    start, end = document.lines.offset(change.range.start), document.lines.offset(change.range.end)
    text = document.text[:start] + change.text + document.text[max(start, end) :]
    return _bounded(replace(document, text=text))


def _bounded(document: OpenDocument) -> OpenDocument:
    if len(document.text) <= MAXIMUM_CHARACTERS:
        return document
    reason = (
        f"the document has more than {MAXIMUM_CHARACTERS:,} characters, which is too much while typing; "
        "`flowdeck check` checks it, and closing and opening it brings it back once it is smaller"
    )
    return replace(document, text="", refused=reason)
