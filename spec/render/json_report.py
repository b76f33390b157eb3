"""Diagnostics for programs: the JSON of ``check --output json``, also what the API sends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from spec.checks.concealment import reveals_secret
from spec.diagnostic import Diagnostic, Edit, Fix
from spec.position import Span

FORMAT_VERSION = 1


def render_json(diagnostics: Iterable[Diagnostic], files: int) -> str:
    """The report of a check of ``files`` files: ``format_version``, ``files`` and ``diagnostics``, ending in a line break."""
    report = {
        "format_version": FORMAT_VERSION,
        "files": files,
        "diagnostics": [diagnostic_to_dict(diagnostic) for diagnostic in diagnostics],
    }
    return json.dumps(report, indent=2) + "\n"


def diagnostic_to_dict(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain data. Lines and columns are 1-based and in characters; ``start`` and ``end`` are None for a
    problem of a whole file; ``fix`` is None where none is certain, or where its text would show a secret. Text is as in the
    file: escape it before showing it."""
    span = diagnostic.primary.span if diagnostic.primary else None
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "file": diagnostic.file,
        "start": _position(span.start_position()) if span else None,
        "end": _position(span.end_position()) if span else None,
        "label": diagnostic.primary.message if diagnostic.primary else "",
        "related": [{**_range(label.span), "message": label.message} for label in diagnostic.secondary],
        "pointer": diagnostic.pointer,
        "notes": list(diagnostic.notes),
        "fix": _fix(diagnostic.fix) if diagnostic.fix and not reveals_secret(diagnostic.fix) else None,
    }


def _position(line_column: tuple[int, int]) -> dict[str, int]:
    return {"line": line_column[0], "column": line_column[1]}


def _range(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "start": _position(span.start_position()),
        "end": _position(span.end_position()),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {"title": fix.title, "applicability": str(fix.applicability), "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_range(edit.span), "text": edit.text}
