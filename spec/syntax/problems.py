"""Collect what is wrong with one text: at most a bounded number of findings, each once."""

from __future__ import annotations

from typing import Final

from spec.diagnostic import Diagnostic, Fix, Label, Severity
from spec.position import SourceText, Span
from spec.syntax.codes import SyntaxCode

PROBLEM_LIMIT: Final = 100


class Problems:
    """The findings about one source text, in the order they were made."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self._found: list[Diagnostic] = []
        self._seen: set[tuple[str, int, int]] = set()
        self._full = False

    @property
    def full(self) -> bool:
        """Whether the bound is reached: further findings are dropped."""
        return self._full

    def add(
        self,
        code: SyntaxCode,
        span: Span,
        message: str,
        *,
        label: str = "",
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        """Record an error at ``span``; the same code at the same span is recorded once."""
        key = (code, span.start, span.end)
        if self._full or key in self._seen:
            return
        self._seen.add(key)
        if len(self._found) >= PROBLEM_LIMIT:
            self._full = True
            code, message = SyntaxCode.TOO_MANY_PROBLEMS, f"more than {PROBLEM_LIMIT} syntax problems; the rest is not shown"
            label, secondary, notes, fix = "", (), (), None
        self._found.append(
            Diagnostic(str(code), Severity.ERROR, message, self.source.name, Label(span, label), secondary, notes, fix)
        )

    def found(self) -> tuple[Diagnostic, ...]:
        """Everything recorded, in the order of the text."""
        return tuple(sorted(self._found, key=_position))


def _position(diagnostic: Diagnostic) -> int:
    return diagnostic.primary.span.start if diagnostic.primary else 0
