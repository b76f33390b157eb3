"""What the submit screen says about a file: how it stands, what it would change, what to press."""

from __future__ import annotations

from pathlib import Path

from spec.diagnostic import Severity
from tui.actions.submission import Prospect
from tui.data.clean import clean
from tui.data.jobfile import Checked
from tui.draw.cells import wrap
from tui.draw.findings import change_lines, finding_lines
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import plural

Key = tuple[str, str]


def short(path: str) -> str:
    """The path as it is shown: from here when it is below, and safe."""
    return clean(nearby(path))


def nearby(path: str) -> str:
    """The path from here when it is below."""
    file, here = Path(path), Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def verdict(checked: Checked | None) -> Span:
    """``✓ checks``, ``✗ 2 errors``, ``✓ checks, 1 warning``."""
    if checked is None:
        return Span("checking…", Tone.MUTED)
    errors = sum(found.severity is Severity.ERROR for found in checked.result.diagnostics)
    if errors:
        return Span(f"✗ {plural(errors, 'error')}; it is checked again when it is saved", Tone.RED)
    warnings = sum(found.severity is Severity.WARNING for found in checked.result.diagnostics)
    return Span(f"✓ checks, {plural(warnings, 'warning')}" if warnings else "✓ checks", Tone.ACCENT)


def file_lines(checked: Checked | None, found: Prospect | None, trouble: str, cells: int) -> list[Line]:
    """How the file stands, what handing it in would do, and what the check has found."""
    lines = [line(Span(" "), verdict(checked))]
    if trouble:
        lines += [line(Span(f" {part}", Tone.RED)) for part in wrap(trouble, cells - 2)]
    if checked is not None and checked.job is not None:
        lines += _prospect_lines(clean(checked.job.name), found, cells)
    if checked is not None and checked.result.diagnostics:
        lines += [Line(), *finding_lines(checked.result.diagnostics, cells)]
    return lines


def _prospect_lines(name: str, found: Prospect | None, cells: int) -> list[Line]:
    if found is None:
        return [line(Span(f" job {name}", Tone.MUTED))]
    tone = Tone.RED if found.refusal else Tone.TEXT
    first, *rest = wrap(clean(found.words), max(cells - len(name) - 8, 20))
    lines = [line(Span(f" job {name}  ", Tone.STRONG), Span(first, tone)), *(line(Span(f"   {part}", tone)) for part in rest)]
    if found.plan is not None and found.plan.changes:
        lines += [Line(), *change_lines(found.plan.changes, cells)]
    return lines


def key_line(keys: list[Key]) -> Line:
    """``enter choose   esc leave``."""
    return line(*(span for key, words in keys for span in (Span(key, Tone.ACCENT_STRONG), Span(f" {words}   ", Tone.MUTED))))
