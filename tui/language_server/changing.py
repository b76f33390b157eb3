"""Requests whose answer is an edit: rename, formatting, fixes. The editor applies it; no file is written here."""

from __future__ import annotations

from functools import partial
from typing import Final

from lsprotocol import types

from spec.check import CheckResult
from spec.fix.fixer import fix_text
from spec.format.format import format_text
from spec.language.navigation import rename, renameable
from tui.language_server.difference import line_edits
from tui.language_server.documents import OpenDocument
from tui.language_server.reporting import Report, text_edits, workspace_edit
from tui.language_server.server import FlowdeckLanguageServer

FIX_ALL: Final = "source.fixAll.flowdeck"


async def prepare_rename(ls: FlowdeckLanguageServer, params: types.PrepareRenameParams) -> types.Range | None:
    """The name here, if it can be changed."""

    def work(document: OpenDocument) -> types.Range | None:
        span = renameable(document.view, document.lines.offset(params.position))
        return document.lines.span_range(span) if span else None

    return await ls.analyse(params.text_document.uri, work, None)


async def rename_here(ls: FlowdeckLanguageServer, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """Change the name here, everywhere in this document."""

    def work(document: OpenDocument) -> types.WorkspaceEdit | None:
        edits = rename(document.view, document.lines.offset(params.position), params.new_name)
        return workspace_edit(document, edits)

    return await ls.analyse(params.text_document.uri, work, None)


async def formatting(ls: FlowdeckLanguageServer, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    """The canonical layout. A document that cannot be read has none, and the diagnostics say why."""

    def work(document: OpenDocument) -> list[types.TextEdit]:
        formatted = format_text(document.text, document.name, document.dialect)
        return text_edits(document, line_edits(formatted.source, formatted.text)) if formatted.text is not None else []

    return await ls.analyse(params.text_document.uri, work, [])


async def code_actions(ls: FlowdeckLanguageServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The fixes of the findings here; when asked for by kind, also one action for all safe fixes of the document."""
    document = ls.documents.get(params.text_document.uri)
    if document is None or document.refused:
        return []
    result = await ls.diagnosing.result(document)
    actions: list[types.CodeAction] = []
    if _is_wanted(types.CodeActionKind.QuickFix.value, params.context):
        actions.extend(Report(document, result).quick_fixes(params.range))
    if params.context.only and _is_wanted(FIX_ALL, params.context):
        actions.extend(await ls.analyse(document.uri, partial(_fix_all, ls, result), []))
    return actions


def _fix_all(ls: FlowdeckLanguageServer, result: CheckResult, document: OpenDocument) -> list[types.CodeAction]:
    if result.document.source.text != document.text:
        return []  # it changed in the meantime; the editor will ask again
    fixed = fix_text(result, partial(ls.check, document), unsafe=False)
    edits = line_edits(result.document.source, fixed.text)
    if not edits:
        return []
    return [types.CodeAction("Fix all that can be fixed safely", FIX_ALL, edit=workspace_edit(document, edits))]


def _is_wanted(kind: str, context: types.CodeActionContext) -> bool:
    """Whether the editor asked for actions of ``kind``: for all, or for it or a kind above it."""
    if context.only is None:
        return True
    wanted = [only.value if isinstance(only, types.CodeActionKind) else only for only in context.only]
    return any(kind == only or kind.startswith(f"{only}.") for only in wanted)
