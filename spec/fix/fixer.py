"""Fix a text until nothing is left to fix, looking after each round whether it got better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from spec.check import CheckResult
from spec.diagnostic import Fix, Severity
from spec.fix.apply import applicable_fixes, apply_fixes

MAXIMUM_ROUNDS: Final = 10
_MAXIMUM_TRIALS: Final = 50

Check: TypeAlias = Callable[[str], CheckResult]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What became of a text: ``text`` after ``applied`` fixes, and what a check of it finds now."""

    text: str
    applied: tuple[Fix, ...]
    result: CheckResult


def fix_text(before: CheckResult, check: Check, *, unsafe: bool) -> Fixed:
    """Apply the fixes of ``before`` and of what they bring to light, in at most :data:`MAXIMUM_ROUNDS` rounds. ``check`` checks
    a text as ``before`` was checked. The result is never worse than ``before``: no round leaves more that cannot be read, or,
    with as much read, more errors, or, with as many, more warnings and notes."""
    current = Fixed(before.document.source.text, (), before)
    for _ in range(MAXIMUM_ROUNDS):
        following = _round(current, check, unsafe=unsafe)
        if following is None:
            break
        current = following
    return current


def _round(current: Fixed, check: Check, *, unsafe: bool) -> Fixed | None:
    """All fixes at once; when that makes the text worse, one after the other, without those that do."""
    fixes = applicable_fixes(current.result.diagnostics, current.result.document.source, unsafe=unsafe)
    following = _attempt(current, fixes, check)
    if following is not None or len(fixes) < 2:
        return following
    good: list[Fix] = []
    for fix in fixes[:_MAXIMUM_TRIALS]:
        attempt = _attempt(current, [*good, fix], check)
        if attempt is not None and len(attempt.applied) > len(current.applied) + len(good):
            good.append(fix)
            following = attempt
    return following


def _attempt(current: Fixed, fixes: list[Fix], check: Check) -> Fixed | None:
    text, applied = apply_fixes(current.text, fixes)
    if text == current.text:
        return None
    result = check(text)
    if _badness(result) > _badness(current.result):
        return None
    return Fixed(text, (*current.applied, *applied), result)


def _badness(result: CheckResult) -> tuple[int, ...]:
    """How bad a text is, worst first: what cannot be read hides everything else, so mending it may bring more to light."""
    errors = [found.code for found in result.diagnostics if found.severity is Severity.ERROR]
    unread = sum(code.startswith("S") for code in errors)
    unresolved = sum(code.startswith(("I", "D")) for code in errors)
    others = len(result.diagnostics) - len(errors)
    return unread, unresolved, len(errors), others
