"""Older spellings of options: they work, but a job file is easier to move with the current ones."""

from __future__ import annotations

from spec.checks.canonical import Canonical, KeyUse, Schema, path_text
from spec.checks.findings import Findings
from spec.diagnostic import Applicability, Edit, Fix, Severity


def check_old_names(canonical: Canonical, schema: Schema, findings: Findings) -> None:
    """Report aliases (a note: they mean the same) and options that the schema marks as deprecated (a warning)."""
    for use in canonical.aliases:
        _alias(use, findings)
    for name, option in schema["properties"].items():
        if option.get("deprecated") and name in canonical.data:
            _deprecated(name, option["x-flowdeck-replaced-by"], canonical, findings)


def _alias(use: KeyUse, findings: Findings) -> None:
    current = path_text(use.path)
    span = use.origin.span
    quote = '"' if span.text.startswith('"') else ""
    written_alone = span.text.strip('"') == use.written
    findings.add(
        "M701",
        f'"{use.written}" is an older name of "{current}"',
        span,
        label=f'now "{current}"',
        severity=Severity.NOTE,
        fix=Fix(f'rename it to "{current}"', (Edit(span, f"{quote}{use.path[-1]}{quote}"),)) if written_alone else None,
        pointer=use.origin.pointer,
    )


def _deprecated(name: str, replacement: str, canonical: Canonical, findings: Findings) -> None:
    origin = canonical.origin((name,))
    span = origin.span
    quote = '"' if span.text.startswith('"') else ""
    fixable = span.text.strip('"') == name and replacement not in canonical.data
    title = f'rename it to "{replacement}", which then takes effect'
    edits = (Edit(span, f"{quote}{replacement}{quote}"),)
    findings.add(
        "M702",
        f'"{name}" is an older option without effect: use "{replacement}"',
        span,
        label="nothing reads this",
        severity=Severity.WARNING,
        fix=Fix(title, edits, Applicability.UNSAFE) if fixable else None,
        pointer=origin.pointer,
    )
