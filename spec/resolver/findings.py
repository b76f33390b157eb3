"""The diagnostics of one reading, across the file and its includes; each problem at each place once."""

from __future__ import annotations

from typing import Final, TypeAlias

from spec.diagnostic import Diagnostic, Fix, Label, Severity
from spec.position import Span
from spec.resolver.codes import ResolveCode
from spec.syntax.codes import SyntaxCode

FINDING_LIMIT: Final = 1000
_SYNTAX: Final = frozenset(map(str, SyntaxCode))
_Key: TypeAlias = tuple[str, str, int, int]


class Findings:
    """Collects diagnostics."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._seen: set[_Key] = set()
        self._counts = dict.fromkeys(Severity, 0)
        self._doubtful: list[Span] = []

    @property
    def full(self) -> bool:
        """Whether further errors are dropped. (Warnings are counted apart: they must never push an error out.)"""
        return self._counts[Severity.ERROR] > FINDING_LIMIT

    @property
    def doubtful(self) -> tuple[Span, ...]:
        """Where blocks may be other than they were read; see :class:`~spec.syntax.tree.SyntaxTree`."""
        return tuple(self._doubtful)

    def doubt(self, place: Span) -> None:
        """What is found there besides the broken syntax may only follow from it, and is left out."""
        self._doubtful.append(place)

    def extend(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Take over what another stage found; a file that is included twice has its problems once."""
        for diagnostic in diagnostics:
            key = _key(diagnostic)
            if key not in self._seen:
                self._seen.add(key)
                self._found.append(diagnostic)

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
        name = span.source.name
        if self._counts[severity] > FINDING_LIMIT or (str(code), name, span.start, span.end) in self._seen:
            return
        self._counts[severity] += 1
        if self._counts[severity] > FINDING_LIMIT:
            code, message = SyntaxCode.TOO_MANY_PROBLEMS, f"more than {FINDING_LIMIT} {severity}s; the rest is not shown"
            label, secondary, notes, fix = "", (), (), None
        self.extend((Diagnostic(str(code), severity, message, name, Label(span, label), secondary, notes, fix),))

    def warn(self, code: ResolveCode | SyntaxCode, span: Span, message: str, **details: object) -> None:
        """Record a finding that does not stop the job."""
        self.add(code, span, message, severity=Severity.WARNING, **details)  # type: ignore[arg-type]

    def all(self) -> tuple[Diagnostic, ...]:
        """Everything found: file by file, in the order of the text."""
        files = {name: number for number, name in enumerate(dict.fromkeys(found.file for found in self._found))}
        reliable = filter(self._is_reliable, self._found) if self._doubtful else self._found
        return tuple(sorted(reliable, key=lambda found: (files[found.file], _key(found)[2])))

    def _is_reliable(self, found: Diagnostic) -> bool:
        """Whether ``found`` holds whatever the blocks are that were left open: also a name may only be defined further on."""
        if found.code in _SYNTAX or found.primary is None:
            return True
        here = found.primary.span
        return found.code != ResolveCode.UNRESOLVED and not any(
            here.source is place.source and here.end > place.start for place in self._doubtful
        )


def _key(diagnostic: Diagnostic) -> _Key:
    span = diagnostic.primary.span if diagnostic.primary else None
    return diagnostic.code, diagnostic.file, span.start if span else 0, span.end if span else 0
