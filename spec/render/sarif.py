"""Diagnostics as SARIF 2.1.0, for code-scanning services and editors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from spec.checks.concealment import reveals_secret
from spec.codes.registry import find_code
from spec.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from spec.position import Span
from spec.render.escape import safe

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render_sarif(diagnostics: Sequence[Diagnostic], version: str) -> str:
    """One run of flowdeck ``version`` as a SARIF log, ending in a line break. Columns count Unicode code points."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    driver = {"name": "flowdeck", "version": version, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics],
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    entry = find_code(code)
    if entry is None:
        return {"id": code}
    return {"id": code, "name": code, "shortDescription": {"text": entry.title}, "fullDescription": {"text": entry.why}}


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    text = "\n".join(safe(line) for line in (diagnostic.message, *diagnostic.notes))
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": text},
        "locations": [_location(diagnostic.primary) if diagnostic.primary else _whole_file(diagnostic.file)],
    }
    if diagnostic.secondary:
        result["relatedLocations"] = [_location(label) for label in diagnostic.secondary]
    if diagnostic.fix is not None and not reveals_secret(diagnostic.fix):
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _location(label: Label) -> dict[str, Any]:
    physical = {"artifactLocation": _artifact(label.span.source.name), "region": _region(label.span)}
    return {"physicalLocation": physical, **({"message": {"text": safe(label.message)}} if label.message else {})}


def _whole_file(file: str) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(file)}}


def _artifact(file: str) -> dict[str, str]:
    """Relative paths stay relative; absolute ones become file URIs."""
    path = PurePath(file)
    return {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}


def _region(span: Span) -> dict[str, int]:
    start_line, start_column = span.start_position()
    end_line, end_column = span.end_position()
    return {"startLine": start_line, "startColumn": start_column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix) -> dict[str, Any]:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(edit.span.source.name, []).append(edit)
    return {
        "description": {"text": safe(fix.title)},
        "artifactChanges": [_change(file, edits) for file, edits in by_file.items()],
    }


def _change(file: str, edits: list[Edit]) -> dict[str, Any]:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in edits]
    return {"artifactLocation": _artifact(file), "replacements": replacements}
