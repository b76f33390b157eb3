"""Collects what the checks find, as diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spec.diagnostic import Diagnostic, Fix, Label, Severity
from spec.position import Span
from spec.value import Value

MAXIMUM_FINDINGS = 500
_MAXIMUM_VIA_LABELS = 3


class Findings:
    """The findings of one document, in the order they were added. ``file`` names it where a finding has no span."""

    def __init__(self, file: str, found: Iterable[Diagnostic] = ()) -> None:
        self.file = file
        self._found: list[Diagnostic] = list(found)
        self.secrets: set[str] = set()  # texts that no finding may show

    def add(
        self,
        code: str,
        message: str,
        at: Span | Value | None,
        *,
        label: str = "",
        severity: Severity = Severity.ERROR,
        secondary: Sequence[Label] = (),
        notes: Sequence[str] = (),
        fix: Fix | None = None,
        pointer: str = "",
    ) -> None:
        """Add one finding. ``at`` is a span or a value; a value that came through a substitution or include shows that too."""
        span, came_through = (at, ()) if at is None or isinstance(at, Span) else (at.span, _via_labels(at))
        self._found.append(
            Diagnostic(
                code=code,
                severity=severity,
                message=message,
                file=span.source.name if span else self.file,
                primary=Label(span, label) if span else None,
                secondary=(*secondary, *came_through),
                notes=tuple(notes),
                fix=fix,
                pointer=pointer,
            )
        )

    @property
    def full(self) -> bool:
        """Whether so much was found that looking for more is pointless."""
        return len(self._found) >= MAXIMUM_FINDINGS

    @property
    def has_errors(self) -> bool:
        """Whether any finding stops the job from being submitted."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self._found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All findings: those of the document itself by position, then those of other texts."""
        return tuple(sorted(self._found, key=self._order))

    def _order(self, diagnostic: Diagnostic) -> tuple[bool, str, int]:
        start = diagnostic.primary.span.start if diagnostic.primary else -1
        return diagnostic.file != self.file, diagnostic.file, start


def _via_labels(value: Value) -> tuple[Label, ...]:
    return tuple(Label(span, "the value comes in here") for span in value.via[:_MAXIMUM_VIA_LABELS])
