"""Diagnostics and their fixes in the protocol's form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lsprotocol import types
from pygls.uris import from_fs_path

from spec.check import CheckResult
from spec.diagnostic import Applicability, Diagnostic, Edit, Label, Severity
from spec.fix.apply import is_applicable
from spec.position import SourceText
from spec.render.escape import safe
from tui.language_server.documents import OpenDocument
from tui.language_server.lines import Lines

SOURCE: Final = "flowdeck"
_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_DEPRECATED: Final = frozenset({"M701", "M702"})
_UNNECESSARY: Final = frozenset({"J215"})


class Report:
    """The result of a check, told to an editor that has the document open."""

    def __init__(self, document: OpenDocument, result: CheckResult) -> None:
        self._document = document
        self._result = result
        self._source = result.document.source
        self._lines: dict[int, Lines] = {}

    def diagnostics(self) -> list[types.Diagnostic]:
        """All findings, each at a place in the open document."""
        return [self._diagnostic(found) for found in self._result.diagnostics]

    def quick_fixes(self, range_: types.Range) -> Iterator[types.CodeAction]:
        """The fixes of the findings that touch ``range_``; the safe ones are preferred."""
        for found in self._result.diagnostics:
            if found.fix is None or not is_applicable(found.fix, self._source, unsafe=True):
                continue
            told = self._diagnostic(found)
            if not _meet(told.range, range_):
                continue
            yield types.CodeAction(
                title=_sentence(safe(found.fix.title)),
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[told],
                is_preferred=found.fix.applicability is Applicability.SAFE,
                edit=workspace_edit(self._document, found.fix.edits),
            )

    def _diagnostic(self, found: Diagnostic) -> types.Diagnostic:
        here, elsewhere = self._place(found)
        related = [self._related(label) for label in (*elsewhere, *found.secondary) if label.span.source.text]
        return types.Diagnostic(
            range=here,
            message="\n".join(safe(line) for line in (found.message, *found.notes)),
            severity=_SEVERITIES[found.severity],
            code=found.code,
            source=SOURCE,
            tags=_tags(found.code),
            related_information=[information for information in related if information is not None] or None,
        )

    def _place(self, found: Diagnostic) -> tuple[types.Range, tuple[Label, ...]]:
        """Where a finding is shown, and its own place if that is in another text: then it is shown where that is included."""
        nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
        if found.primary is None:
            return nowhere, ()
        if found.primary.span.source is self._source:
            return self._lines_of(self._source).span_range(found.primary.span), ()
        shown = next((label for label in found.secondary if label.span.source is self._source), None)
        place = self._lines_of(self._source).span_range(shown.span) if shown else nowhere
        return place, (Label(found.primary.span, found.message),)

    def _related(self, label: Label) -> types.DiagnosticRelatedInformation | None:
        source = label.span.source
        address = self._document.uri if source is self._source else address_of(source)
        if address is None:
            return None
        location = types.Location(address, self._lines_of(source).span_range(label.span))
        return types.DiagnosticRelatedInformation(location, safe(label.message) or "see here")

    def _lines_of(self, source: SourceText) -> Lines:
        if source is self._source:
            return self._document.lines
        return self._lines.setdefault(id(source), Lines(source.text, self._document.encoding))


def refusal(document: OpenDocument) -> types.Diagnostic:
    """The finding about a document that is not looked at."""
    start = types.Position(0, 0)
    return types.Diagnostic(types.Range(start, start), document.refused, types.DiagnosticSeverity.Warning, source=SOURCE)


def address_of(source: SourceText) -> str | None:
    """The address of an included file; None for what is no file (``<-i>``)."""
    return from_fs_path(source.name) if source.name.startswith("/") or source.name[1:2] == ":" else None


def workspace_edit(document: OpenDocument, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    """Edits of the open document."""
    return types.WorkspaceEdit(changes={document.uri: text_edits(document, edits)})


def text_edits(document: OpenDocument, edits: Iterable[Edit]) -> list[types.TextEdit]:
    """Edits in the protocol's form, in the order of the text."""
    ordered = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
    return [types.TextEdit(document.lines.span_range(edit.span), edit.text) for edit in ordered]


def _tags(code: str) -> list[types.DiagnosticTag] | None:
    if code in _DEPRECATED:
        return [types.DiagnosticTag.Deprecated]
    return [types.DiagnosticTag.Unnecessary] if code in _UNNECESSARY else None


def _sentence(title: str) -> str:
    return title[:1].upper() + title[1:]


def _meet(one: types.Range, other: types.Range) -> bool:
    return _at(one.start) <= _at(other.end) and _at(other.start) <= _at(one.end)


def _at(position: types.Position) -> tuple[int, int]:
    return position.line, position.character
