"""Shows of every finding in an included text how that text came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from spec.diagnostic import Diagnostic, Label
from spec.position import SourceText, Span

_WORDS = "included from here"
_NEAREST = 3  # of a long chain, the includes nearest to the finding are enough to follow it


def show_inclusions(
    diagnostics: Iterable[Diagnostic], inclusions: Mapping[SourceText, tuple[Span, ...]]
) -> tuple[Diagnostic, ...]:
    """The diagnostics, those in an included text with a label at the include statements that led to it."""
    return tuple(_shown(diagnostic, inclusions) for diagnostic in diagnostics)


def _shown(diagnostic: Diagnostic, inclusions: Mapping[SourceText, tuple[Span, ...]]) -> Diagnostic:
    steps = inclusions.get(diagnostic.primary.span.source, ()) if diagnostic.primary else ()
    if not steps:
        return diagnostic
    others = (label for label in diagnostic.secondary if label.span not in steps)
    return replace(diagnostic, secondary=(*others, *(Label(step, _WORDS) for step in steps[-_NEAREST:])))
