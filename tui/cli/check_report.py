"""The findings of a check in the chosen form, and the line that sums them up."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from spec.diagnostic import Diagnostic, Severity
from spec.render.text import render_text
from spec.syntax.codes import SyntaxCode
from tui.cli.checking import FileReport
from tui.cli.terminal import is_terminal

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_UNREADABLE = 2

_UNREADABLE = frozenset({SyntaxCode.FILE_MISSING, SyntaxCode.NOT_A_FILE, SyntaxCode.UNREADABLE})


def exit_code(diagnostics: Sequence[Diagnostic], *, strict: bool = False) -> int:
    """2 when a file could not be read, else 1 for any error (``strict``: or warning), else 0."""
    if any(diagnostic.code in _UNREADABLE for diagnostic in diagnostics):
        return EXIT_UNREADABLE
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return EXIT_FINDINGS if any(diagnostic.severity in bad for diagnostic in diagnostics) else EXIT_CLEAN


def rendered(diagnostics: Sequence[Diagnostic], files: int, output: str, *, colour: bool) -> str:
    """The findings in ``files`` files as text, lines, JSON, SARIF or GitHub annotations. The forms for programs are imported
    only when asked for."""
    if output == "text":
        wrap = is_terminal(sys.stdout) or "COLUMNS" in os.environ  # in a pipe, a message is one line to search for
        return render_text(diagnostics, colour=colour, width=shutil.get_terminal_size((120, 24)).columns, wrap=wrap)
    if output == "concise":
        from spec.render.concise import render_concise

        return render_concise(diagnostics)
    if output == "json":
        from spec.render.json_report import render_json

        return render_json(diagnostics, files)
    if output == "sarif":
        from importlib.metadata import version

        from spec.render.sarif import render_sarif

        return render_sarif(diagnostics, version("flowdeck"))
    from spec.render.github import render_github

    return render_github(diagnostics)


def summary(reports: Sequence[FileReport], *, fixing: bool = False) -> str:
    """One line: ``Found 3 errors, 1 warning in 2 of 14 files; 2 fixable with --fix``. ``fixing``: the safe fixes are done."""
    found = [diagnostic for report in reports for diagnostic in report.diagnostics]
    parts = [counted(sum(one.severity is severity for one in found), str(severity)) for severity in Severity]
    files = counted(len(reports), "file")
    if not found:
        return f"No problems in {files}"
    concerned = sum(bool(report.diagnostics) for report in reports)
    where = files if concerned == len(reports) else f"{concerned} of {files}"
    counts = ", ".join(part for part in parts if not part.startswith("0 "))
    return f"Found {counts} in {where}{_fixable(reports, fixing=fixing)}"


def _fixable(reports: Sequence[FileReport], *, fixing: bool) -> str:
    safe = 0 if fixing else sum(report.fixable for report in reports)
    unsafe = sum(report.unsafely for report in reports)
    if safe:
        return f"; {safe} fixable with --fix" + (f", {unsafe} more with --unsafe-fixes" if unsafe else "")
    return f"; {unsafe} fixable with --fix --unsafe-fixes" if unsafe else ""


def counted(count: int, word: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
