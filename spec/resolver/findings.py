"""The diagnostics of one reading, across the file and its includes; each problem at each place once."""

from __future__ import annotations

from typing import Final

from spec.diagnostic import Diagnostic, Fix, Label, Severity
from spec.position import Span
from spec.resolver.codes import ResolveCode
from spec.syntax.codes import SyntaxCode

FINDING_LIMIT: Final = 1000


class Findings:
    """Collects diagnostics."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._seen: set[tuple[str, int, int, int]] = set()

    def extend(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Take over what another stage found."""
        self._found.extend(diagnostics)

    def add(
        self,
        code: ResolveCode | SyntaxCode,
        span: Span,
        message: str,
        *,
        severity: Severity = Severity.ERROR,
        label: str = "",
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        """Record one finding; a bounded number, each code at each place once."""
        key = (code, id(span.source), span.start, span.end)
        if key in self._seen or len(self._seen) >= FINDING_LIMIT:
            return
        self._seen.add(key)
        self._found.append(Diagnostic(code, severity, message, span.source.name, Label(span, label), secondary, notes, fix))

    def warn(self, code: ResolveCode, span: Span, message: str, **details: object) -> None:
        """Record a finding that does not stop the job."""
        self.add(code, span, message, severity=Severity.WARNING, **details)  # type: ignore[arg-type]

    def all(self) -> tuple[Diagnostic, ...]:
        """Everything found, in the order it was found."""
        return tuple(self._found)
