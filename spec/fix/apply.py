"""Puts the edits of fixes into a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spec.diagnostic import Applicability, Diagnostic, Edit, Fix
from spec.position import SourceText


def applicable_fixes(diagnostics: Iterable[Diagnostic], source: SourceText, *, unsafe: bool) -> list[Fix]:
    """The fixes that change ``source`` alone, in the order of the text; those that a person should look at only if ``unsafe``.
    A fix that several diagnostics have is one."""
    fixes: dict[tuple[tuple[int, int, str], ...], Fix] = {}
    for diagnostic in diagnostics:
        fix = diagnostic.fix
        if fix is not None and is_applicable(fix, source, unsafe=unsafe):
            fixes.setdefault(_identity(fix), fix)
    return [fixes[key] for key in sorted(fixes)]


def is_applicable(fix: Fix, source: SourceText, *, unsafe: bool) -> bool:
    """Whether ``fix`` changes nothing but ``source``, and is safe if only safe ones are wanted."""
    if not fix.edits or any(edit.span.source is not source for edit in fix.edits):
        return False
    return unsafe or fix.applicability is Applicability.SAFE


def apply_fixes(text: str, fixes: Sequence[Fix]) -> tuple[str, list[Fix]]:
    """``text`` with the fixes, and those that are in it. Where two meet, the later one is left out: its place may mean
    something else by then."""
    taken: list[Edit] = []
    applied: list[Fix] = []
    for fix in fixes:
        new = [edit for edit in fix.edits if edit not in taken]
        if not any(_meet(edit, other) for edit in new for other in taken):
            taken.extend(new)
            applied.append(fix)
    return _edited(text, taken), applied


def _edited(text: str, edits: list[Edit]) -> str:
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        pieces += (text[at : edit.span.start], edit.text)
        at = edit.span.end
    return "".join((*pieces, text[at:]))


def _meet(one: Edit, other: Edit) -> bool:
    """Whether two edits overlap, or insert at the same place."""
    if one.span.start == other.span.start:
        return True
    return one.span.start < other.span.end and other.span.start < one.span.end


def _identity(fix: Fix) -> tuple[tuple[int, int, str], ...]:
    return tuple(sorted((edit.span.start, edit.span.end, edit.text) for edit in fix.edits))
