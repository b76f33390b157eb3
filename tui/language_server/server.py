"""The language server: which requests it answers, and by what."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from spec.check import CheckResult, check_text
from spec.document import ReadOptions, dialect_of
from spec.errors import FlowdeckError
from spec.language.known import Known
from spec.language.view import DocumentView
from spec.render.escape import safe
from tui.language_server.diagnosing import Diagnosing
from tui.language_server.documents import Documents, OpenDocument
from tui.language_server.protocol import DocumentProtocol
from tui.language_server.reporting import Report, refusal
from tui.language_server.settings import Settings, include_directory, read_settings

T = TypeVar("T")


class FlowdeckLanguageServer(LanguageServer):
    """One server for one editor. Analysis runs in one thread and checks in another, so that the event loop always listens."""

    protocol: DocumentProtocol

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__("flowdeck", version("flowdeck"), protocol_cls=DocumentProtocol)
        self.settings = Settings()
        self._environment = environment
        self._analysis = ThreadPoolExecutor(1, "analysis")
        self._diagnosing: Diagnosing | None = None

    @property
    def documents(self) -> Documents:
        """The open documents."""
        return self.protocol.documents

    @property
    def diagnosing(self) -> Diagnosing:
        """The checks of open documents."""
        if self._diagnosing is None:
            self._diagnosing = Diagnosing(self.documents, self.check, self._publish, self._check_failed)
        return self._diagnosing

    @property
    def takes_snippets(self) -> bool:
        """Whether the editor can put the caret into the middle of a completion."""
        text_document = self.client_capabilities.text_document
        completion = text_document.completion if text_document else None
        item = completion.completion_item if completion else None
        return bool(item and item.snippet_support)

    def initialize(self, params: types.InitializeParams) -> None:
        """Take the editor's settings; wrong ones are told and left out."""
        try:
            self.settings = read_settings(params.initialization_options)
        except FlowdeckError as error:
            message = f"flowdeck: {safe(error.message)} ({error.hint})"
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    def check(self, document: OpenDocument, text: str | None = None) -> CheckResult:
        """Check a document (or ``text`` in its place) as ``flowdeck check`` would."""
        options = ReadOptions(
            dialect=document.dialect,
            variables=self.settings.variables,
            environment=self._environment,
            include_root=include_directory(document.uri, self._folders()),
        )
        return check_text(document.text if text is None else text, document.name, options, self.settings.engine)

    def known(self, document: OpenDocument) -> Known:
        """The document for analysis, with what the newest check found out about it."""
        result = self.diagnosing.newest(document.uri)
        if result is None:
            return Known(document.view)
        if result.document.source.text == document.text:
            for start, end in result.document.source.hidden():
                document.view.source.hide(start, end)
        options = ReadOptions()
        included = tuple(DocumentView(source, dialect_of(source.name, options)) for source in result.document.sources[1:])
        return Known(document.view, included, self.diagnosing.datasets(document.uri))

    async def analyse(self, uri: str, work: Callable[[OpenDocument], T], otherwise: T) -> T:
        """What ``work`` makes of the open document at ``uri``; ``otherwise`` when it is not open or not looked at."""
        document = self.documents.get(uri)
        if document is None or document.refused:
            return otherwise
        try:
            return await asyncio.get_running_loop().run_in_executor(self._analysis, work, document)
        except FlowdeckError as error:
            hint = f" ({error.hint})" if error.hint else ""
            raise JsonRpcException(safe(error.message) + hint, code=types.LSPErrorCodes.RequestFailed.value) from error

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ARG002 - the signature is pygls'
        """Tell of a message that could not be handled, in the editor's log; the request itself was answered with an error."""
        if isinstance(error, JsonRpcException) and error.code == types.LSPErrorCodes.RequestFailed.value:
            return
        message = f"flowdeck: {type(error).__name__}: {safe(str(error))[:500]}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))
        sys.stderr.write(f"{message}\n")

    def shutdown(self) -> None:
        """Let go of the threads."""
        self._analysis.shutdown(wait=False, cancel_futures=True)
        if self._diagnosing is not None:
            self._diagnosing.shutdown()
        super().shutdown()  # type: ignore[no-untyped-call]  # pygls' own

    def changed(self, uri: str) -> None:
        """The document, or what it depends on, changed."""
        document = self.documents.get(uri)
        if document is None:
            return
        if document.refused:
            self.diagnosing.closed(uri)
            self._tell(document, [refusal(document)])
        else:
            self.diagnosing.changed(uri)

    def closed(self, uri: str) -> None:
        """The document was closed: nothing is said of it any more."""
        self.diagnosing.closed(uri)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _publish(self, document: OpenDocument, result: CheckResult) -> None:
        self._tell(document, Report(document, result).diagnostics())

    def _tell(self, document: OpenDocument, diagnostics: list[types.Diagnostic]) -> None:
        params = types.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
        self.text_document_publish_diagnostics(params)

    def _check_failed(self, error: BaseException) -> None:
        if isinstance(error, Exception):
            self.report_server_error(error, JsonRpcException)

    def _folders(self) -> list[str]:
        workspace = self.workspace
        return [folder.uri for folder in workspace.folders.values()] or ([workspace.root_uri] if workspace.root_uri else [])
